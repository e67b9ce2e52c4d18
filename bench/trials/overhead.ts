/** What TypeScript adds to native code: a call that does nothing, and the loop of train() beside the same steps in C++. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Dataset, Population, train } from 'eigenstudent';
import { addon } from '../../dist/native/load.js';
import { operationsPerStep } from '../arithmetic.js';
import { type PeerProcess, Peers } from '../peer-process.js';
import {
  checkedAgainstReference,
  paperBatch,
  paperData,
  paperSamples,
  paperStepsPerEpoch,
  paperStudent,
  paperWidths,
} from '../students.js';
import { type Contender, interleaved } from '../timing.js';
import type { Measurement, Trial, TrialContext } from './kind.js';

/** Epochs between two reports of train(): its own default, and for a population as many as take about as long. */
const everyOf = (students: number) => (students === 1 ? 50 : 5);

const callTrial: Trial = {
  name: 'overhead/call',
  threads: 1,
  quick: true,
  unit: 'call',
  programs: [],
  measure: measureCall,
};

export const overheadTrials: readonly Trial[] = [
  callTrial,
  loopTrial(1, 20),
  loopTrial(1, 200),
  loopTrial(64, 20),
];

function loopTrial(students: number, width: number): Trial {
  return {
    name: `overhead/loop/${students}xh${width}`,
    threads: 1,
    quick: width === 200,
    unit: "student's step",
    operations: operationsPerStep(paperWidths(width), paperSamples, paperBatch),
    programs: ['steps'],
    measure: (context) => measureLoop(students, width, context),
  };
}

/** The addon's `noop`, through the object that the package itself calls; `getter` reads Population.busy. */
async function measureCall({ seconds }: TrialContext): Promise<Measurement> {
  const native = addon();
  const population = Population.create([paperStudent('spectral', 20, (await paperData(10)).train)]);
  let busy = 0;
  const calls = loopOf('noop', () => native.noop());
  const getter = loopOf('getter', () => {
    if (population.busy) ++busy;
  });
  const timing = await interleaved(calls, [getter], { seconds });
  if (busy > 0) throw new Error('an idle population said that it was busy');
  const { engine } = population;
  population.dispose();
  return { engine, ...timing };
}

/** A thousand calls a repeat, so that the loop of the timing does not show. */
function loopOf(name: string, call: () => void): Contender {
  const run = async (repeats: number) => {
    const start = performance.now();
    for (let i = 0; i < 1000 * repeats; ++i) call();
    return performance.now() - start;
  };
  return { name, unitsPerRepeat: 1000, run };
}

async function measureLoop(students: number, width: number, context: TrialContext): Promise<Measurement> {
  const members = (data: Dataset) =>
    Array.from({ length: students }, (_, seed) => paperStudent('spectral', width, data, seed));
  const difference = await checkedAgainstReference(members((await paperData(400)).train), 1);
  const data = (await paperData()).train;
  const population = Population.create(members(data), { device: 'cpu', threads: 1 });
  const every = everyOf(students);
  const unitsPerRepeat = every * paperStepsPerEpoch * students;
  const ours: Contender = {
    name: 'train',
    unitsPerRepeat,
    run: (repeats) => trainOn(population, every, repeats),
  };
  const peers = new Peers(context);
  const details = await withStart(population, data, async (file) => {
    const options = [file, '--width', width, '--students', students, '--epochs'];
    const request = { name: 'c++', program: 'steps' as const, unitsPerRepeat };
    const program = await peers.open({ ...request, options: [...options, every] });
    const longer = await peers.start({ ...request, options: [...options, 3 * every] });
    if (!program || !longer) return undefined;
    await checkSameSteps(program, population, ours);
    return { allocationsPerStep: (await extraAllocations(program, longer)) / (2 * unitsPerRepeat) };
  });
  const timing = await interleaved(ours, peers.contenders, context);
  peers.close();
  const { engine } = population;
  population.dispose();
  return { engine, ...timing, difference, details, missing: peers.missing };
}

/** `reports` turns of the loop, each `every` epochs. */
async function trainOn(population: Population, every: number, reports: number): Promise<number> {
  const target = (population.progress()[0]?.epoch ?? 0) + reports * every;
  const start = performance.now();
  for await (const { epoch, divergences } of train(population, { every, evaluateTrain: false })) {
    if (divergences.some((one) => one !== null)) throw new Error('a student diverged; its time says nothing');
    if (epoch >= target) break;
  }
  return performance.now() - start;
}

/** Hands the C++ program the data and first parameters in a file that is gone once it has read them. */
async function withStart<Result>(
  population: Population,
  data: Dataset,
  use: (file: string) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'eigenstudent-bench-'));
  const file = join(folder, 'start.f32');
  const { inputs, targets } = data;
  const parameters = population.students().flatMap((student) => [...student.network().parameters]);
  writeFileSync(file, Float32Array.from([...inputs, ...(targets ?? []), ...parameters]));
  try {
    return await use(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One repeat on both sides must end with the same last batch loss, bit for bit: the same steps, and not like ones. */
async function checkSameSteps(program: PeerProcess, population: Population, ours: Contender): Promise<void> {
  await ours.run(1);
  const { batchLoss } = await program.run(1);
  const expected = population.at(0).progress().batchLoss;
  if (batchLoss !== expected)
    throw new Error(
      `the C++ program ended at loss ${batchLoss}, train() at ${expected}: not the same steps, not timed`,
    );
}

/** What a call of run() over three times the epochs allocates beyond a short one: a call's own allocations cancel. */
async function extraAllocations(program: PeerProcess, longer: PeerProcess): Promise<number> {
  // the first call makes the buffers
  await longer.run(1);
  const [long, short] = [await longer.run(1), await program.run(1)];
  return (long.allocations ?? NaN) - (short.allocations ?? NaN);
}
