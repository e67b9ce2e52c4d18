/** Measures the time of a step, a report and the final measurements of a student by training a few briefly. */
import { summarize } from '../../../analysis/summary.js';
import type { Splits } from '../../../data/splits.js';
import { Population } from '../../../population/population.js';
import { isFromFiles } from '../../../protocol/files/file-data.js';
import { pruningCurve } from '../../../pruning/curve.js';
import type { Calibration, CalibrationPlan } from '../../../sweep/experiment.js';
import { problemOf } from '../protocol/problem.js';
import type { StudentProtocol } from '../protocol/trial.js';
import { stepsOf } from '../protocol/trial-cost.js';
import type { SharedData } from './shared-data.js';
import { criterionOf, rankedLayer, studentOptions } from './student.js';
import { operationsPerStep } from './useful-operations.js';

/** Slices of the measurement: their spread is its uncertainty. */
const slices = 5;

/** Useful operations of a timed epoch: a fraction of a second on a core. A step more or less has no effect. */
const operationsPerEpoch = 4e9;

/** The trained students are discarded. */
export async function calibrate(
  example: StudentProtocol,
  data: SharedData,
  plan: CalibrationPlan,
): Promise<Calibration<StudentProtocol>> {
  const protocol = harmless(example);
  const splits = await data.of(protocol);
  const population = populationOf(protocol, splits, plan, plan.students);
  try {
    const { engine } = population;
    const times = await timeSteps(population, protocol, plan.seconds);
    const { median, minimum, maximum } = summarize(times);
    const validation = await typical(() => population.evaluate(splits.validation));
    const { samples } = problemOf(example);
    const report = validation * (1 + samples.train / samples.validation);
    const test = await typical(() => population.evaluate(splits.test));
    const ranking = { layer: rankedLayer, criterion: criterionOf(protocol) };
    const curve = await typical(() => pruningCurve(population.at(0), splits.test, ranking));
    return {
      protocol: example,
      engine,
      step: median,
      noise: (maximum - minimum) / 2 / median,
      inTurn: plan.students > 1 && 1.5 * (await stepAlone(protocol, splits, plan)) < median,
      report: report / plan.students,
      // Before and after training.
      end: (2 * test) / plan.students + curve,
    };
  } finally {
    population.dispose();
  }
}

/** With short epochs where they would be long, and a learning rate at which nothing diverges, at the same cost. */
function harmless(protocol: StudentProtocol): StudentProtocol {
  const { arm, data } = protocol;
  const steps = Math.max(2, Math.ceil(operationsPerEpoch / operationsPerStep(protocol)));
  const optimizer = Object.fromEntries(
    Object.entries(arm.optimizer).map(([name, fields]) => [name, { ...fields, learningRate: 1e-6 }]),
  ) as typeof arm.optimizer;
  return {
    ...protocol,
    // All samples of files are used: which ones they are is part of the data.
    data: isFromFiles(data) ? data : { ...data, train: Math.min(data.train, steps * arm.batchSize) },
    arm: { ...arm, optimizer },
  };
}

function populationOf(
  protocol: StudentProtocol,
  splits: Splits,
  { chosen: { device, devices }, threads }: CalibrationPlan,
  students: number,
): Population {
  return Population.create(
    Array.from({ length: students }, (_, i) => ({
      ...studentOptions(protocol, splits),
      trial: protocol.trial + i,
    })),
    { dtype: protocol.dtype, device, ...(device === 'cuda' && { devices }), threads },
  );
}

async function stepAlone(protocol: StudentProtocol, splits: Splits, plan: CalibrationPlan): Promise<number> {
  const population = populationOf(protocol, splits, plan, 1);
  try {
    return summarize(await timeSteps(population, protocol, plan.seconds / slices)).median;
  } finally {
    population.dispose();
  }
}

/** Seconds per step in each slice, after an untimed epoch. */
async function timeSteps(
  population: Population,
  protocol: StudentProtocol,
  seconds: number,
): Promise<number[]> {
  const stepsPerEpoch = stepsOf({ ...protocol, epochs: 1 });
  let epoch = 0;
  const run = (epochs: number) => {
    epoch += epochs;
    return timed(() => population.run(epoch));
  };
  await run(1);
  const one = await run(1);
  const epochs = Math.max(1, Math.round(seconds / slices / one));
  const times: number[] = [];
  for (let i = 0; i < slices; ++i) times.push((await run(epochs)) / epochs / stepsPerEpoch);
  return times;
}

/** Median of a few calls, after one for warm-up. */
async function typical(work: () => Promise<unknown>): Promise<number> {
  await work();
  const times: number[] = [];
  for (let i = 0; i < slices; ++i) times.push(await timed(work));
  return summarize(times).median;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}
