/**
 * One trial in a process of its own: `node trial.js NAME SECONDS`. Checks the results against the reference backend,
 * times them, prints one JSON object. Nothing is timed that was not checked.
 */
import { Population } from 'eigenstudent';
import { Bench } from 'tinybench';
import { stepsPerEpoch, studentOf, type Trial, trialData, trials } from './trials.js';

export interface TrialResult {
  readonly name: string;
  readonly engine: string;
  readonly threads: 1;
  /** Median over the samples of one step. */
  readonly microseconds: number;
  /** Half the spread that covers half the samples, in percent of the median. */
  readonly spreadPercent: number;
  readonly samples: number;
  /** Largest relative difference of a tensor from the reference backend's after an epoch. */
  readonly difference: number;
}

/**
 * After one epoch (27 Adam steps) in float32 the tensors of two correct backends differ by rounding. Measured: 5e-8 to
 * 1.1e-7 at widths 20 to 1000; a wrong term shows as 1e-2 or more. A hundred times the measured leaves room for other
 * instruction sets.
 */
const tolerance = 1e-5;

/** A call must dwarf the way through the event loop and back (tens of microseconds). */
const secondsPerCall = 0.02;

async function main(): Promise<void> {
  const [name, seconds] = process.argv.slice(2);
  const trial = trials.find((candidate) => candidate.name === name);
  if (!trial)
    throw new Error(`no trial is called ${name}; there are ${trials.map((one) => one.name).join(', ')}`);
  process.stdout.write(`${JSON.stringify(await measure(trial, Number(seconds ?? 2)))}\n`);
}

async function measure(trial: Trial, seconds: number): Promise<TrialResult> {
  const student = studentOf(trial, await trialData());
  const population = Population.create([student], { device: 'cpu', dtype: 'float32', threads: 1 });
  const reference = Population.create([student], { device: 'reference', dtype: 'float32' });
  await Promise.all([population.run(1), reference.run(1)]);
  const difference = largestDifference(population, reference);
  if (!(difference <= tolerance))
    throw new Error(
      `${trial.name}: the cpu backend differs from the reference by ${difference} after an epoch, allowed ${tolerance}; not timed`,
    );
  reference.dispose();

  let epoch = 1;
  const run = (epochs: number) => {
    epoch += epochs;
    return population.run(epoch);
  };
  const epochsPerCall = await epochsThatTake(secondsPerCall, run);
  const bench = new Bench({ time: seconds * 1000, warmupTime: 500, throws: true, retainSamples: false });
  bench.add(trial.name, () => run(epochsPerCall), { async: true });
  await bench.run();
  const result = bench.tasks[0]?.result;
  if (result?.state !== 'completed')
    throw new Error(`${trial.name}: the benchmark ended as ${result?.state}`);
  const { p50, mad, samplesCount } = result.latency;
  population.dispose();
  return {
    name: trial.name,
    engine: population.engine,
    threads: 1,
    microseconds: (p50 * 1000) / (epochsPerCall * stepsPerEpoch),
    spreadPercent: (100 * mad) / p50,
    samples: samplesCount,
    difference,
  };
}

/** Largest |a - b|_2 / |b|_2 over the tensors of the first students. */
function largestDifference(population: Population, reference: Population): number {
  const expected = reference.at(0).network().tensors();
  let largest = 0;
  for (const [name, values] of population.at(0).network().tensors()) {
    const target = expected.get(name);
    if (target?.length !== values.length) throw new Error(`the reference has no tensor ${name} of that size`);
    let squares = 0;
    let norm = 0;
    for (let i = 0; i < values.length; ++i) {
      squares += ((values[i] as number) - (target[i] as number)) ** 2;
      norm += (target[i] as number) ** 2;
    }
    const relative = Math.sqrt(squares / norm);
    // a NaN compares false with everything: let it through as the worst case
    largest = relative <= largest ? largest : relative;
  }
  return largest;
}

async function epochsThatTake(seconds: number, run: (epochs: number) => Promise<void>): Promise<number> {
  await run(5);
  const start = performance.now();
  await run(5);
  const secondsPerEpoch = (performance.now() - start) / 1000 / 5;
  return Math.max(1, Math.ceil(seconds / secondsPerEpoch));
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
