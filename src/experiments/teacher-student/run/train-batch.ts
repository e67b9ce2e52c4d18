/** Trains the trials of one batch side by side and measures each as soon as it has finished. */

import { EigenstudentError } from '../../../errors.js';
import { addon } from '../../../native/load.js';
import type { ChosenDevice } from '../../../network/device.js';
import { Population } from '../../../population/population.js';
import { isFromFiles } from '../../../protocol/files/file-data.js';
import { throwIfInterrupted } from '../../../steps.js';
import type { LayerwiseTrial } from '../../../sweep/batch-options.js';
import { attempt, trialErrorOf } from '../../../sweep/trial-failure.js';
import { describeLayerwise } from '../../../training/report.js';
import { train } from '../../../training/train.js';
import { firstWidthOf } from '../protocol/student-schema.js';
import type { StudentProtocol, StudentTrial } from '../protocol/trial.js';
import { chunkOf } from '../protocol/trial-cost.js';
import { continueTrial, type TrialProgress } from '../record/progress.js';
import { followSteps } from './follow-steps.js';
import { unbegunOutcome } from './outcome.js';
import { type PreparedTrial, prepareTrial } from './prepare-trial.js';
import { RunningBatch } from './running-batch.js';
import type { StudentBatchOptions } from './student-batch-options.js';

/** Seconds until a trial's first checkpoint, with which a page that follows the sweep has something to draw; arbitrary. */
const firstCheckpoint = 5;

/**
 * Trials that have a checkpoint go on from it, each from its own epoch; every history has its entries at the same epochs as
 * that of an undisturbed trial. Interrupted, the batch leaves a checkpoint of every trial that has not ended.
 * What is wrong with a trial, in its data, in training or when it is measured, becomes its failed record; the others go on.
 * @param wanted of one dtype, one number of epochs and one of points
 * @throws interrupted; what onTrial throws; what is not of one trial, as out_of_memory
 */
export async function trainBatch(
  wanted: readonly StudentTrial[],
  options: StudentBatchOptions,
): Promise<void> {
  const { profiler, checkpointEvery, signal } = options;
  const prepared = await profiler.time('data', () => prepareTrials(wanted, options));
  const trials = prepared.map(({ trial }) => trial);
  const [first] = trials;
  if (first === undefined) return;
  const population = createPopulation(prepared, options);
  const stop = () => population.stop(); // train() listens by itself; what comes before it does not
  signal?.addEventListener('abort', stop);
  try {
    throwIfInterrupted(signal);
    options.onLayerwise(layerwiseOf(population, trials));
    const before = await profiler.time('writing', () => continueTrials(trials, population, options));
    const splits = prepared.map((each) => each.splits);
    const batch = new RunningBatch(trials, splits, population, before, options);
    await profiler.time('evaluation', () => batch.begin());
    await trainAndMeasure(batch, population, {
      every: chunkOf(first.protocol),
      signal,
      checkpoint: { save: () => batch.save(), everySeconds: checkpointEvery, firstSeconds: firstCheckpoint },
      onReport: (report) => batch.follow(report),
    });
  } finally {
    signal?.removeEventListener('abort', stop);
    population.dispose();
  }
}

/**
 * Those that can be trained; the others are failed records.
 * @throws what is wrong with files: it is not of one trial, and may be put right
 */
async function prepareTrials(
  trials: readonly StudentTrial[],
  options: StudentBatchOptions,
): Promise<PreparedTrial[]> {
  const prepared: PreparedTrial[] = [];
  for (const trial of trials) {
    if (usesFiles(trial.protocol)) await options.data.load(trial.protocol);
    const tried = await attempt(() => prepareTrial(trial, options.data));
    if ('result' in tried) prepared.push(tried.result);
    else {
      const error = trialErrorOf(tried.error, 'preparation', 0);
      await options.onTrial(trial, unbegunOutcome(trial, engineOf(options.chosen), error));
    }
  }
  return prepared;
}

function usesFiles({ data, teacher }: StudentProtocol): boolean {
  return isFromFiles(data) || teacher?.kind === 'file';
}

/** Of trials that no population was made for. */
function engineOf({ device }: ChosenDevice): string {
  return device === 'cpu' ? addon().capabilities().engine : device;
}

function createPopulation(
  prepared: readonly PreparedTrial[],
  { chosen, threads }: StudentBatchOptions,
): Population {
  const { device, devices } = chosen;
  return Population.create(
    prepared.map(({ student }) => student),
    {
      dtype: (prepared[0] as PreparedTrial).trial.protocol.dtype,
      device,
      ...(device === 'cuda' && { devices }),
      threads,
    },
  );
}

function layerwiseOf(population: Population, trials: readonly StudentTrial[]): LayerwiseTrial[] {
  return describeLayerwise(population.students()).map(({ student, reason }) => {
    const { key, protocol } = trials[student] as StudentTrial;
    return { key, width: firstWidthOf(protocol.student), reason };
  });
}

/** What was left of each trial, its student set to it. */
async function continueTrials(
  trials: readonly StudentTrial[],
  population: Population,
  { directory, onContinue, onRestart }: StudentBatchOptions,
): Promise<(TrialProgress | undefined)[]> {
  const before: (TrialProgress | undefined)[] = [];
  for (const [i, { key }] of trials.entries()) {
    try {
      const known = await continueTrial(directory, key, population, i);
      before.push(known);
      if (known) onContinue({ key, epoch: population.at(i).progress().epoch });
    } catch (error) {
      if (!(error instanceof EigenstudentError)) throw error;
      onRestart({ key, reason: error.message });
      before.push(undefined);
    }
  }
  return before;
}

/** What is neither training nor writing is evaluation: losses, relevance, pruning curves. */
async function trainAndMeasure(
  batch: RunningBatch,
  population: Population,
  options: NonNullable<Parameters<typeof train>[1]>,
): Promise<void> {
  const { profiler, onEpochs } = batch.options;
  const start = profiler.total;
  const written = profiler.of('writing');
  let training = 0;
  const protocols = batch.trials.map(({ protocol }) => protocol);
  const follower = followSteps(population, protocols, (epochs, rate) =>
    onEpochs(epochs, rate, batch.latest()),
  );
  try {
    for await (const report of train(population, options)) {
      follower.check();
      training = report.secondsTraining;
      await batch.keepEnded(report);
      onEpochs(report.epochs, report.studentStepsPerSecond, batch.latest());
      if (batch.hasEnded) break;
    }
  } finally {
    follower.end();
    profiler.add('training', training);
    profiler.add('evaluation', profiler.total - start - training - (profiler.of('writing') - written));
  }
}
