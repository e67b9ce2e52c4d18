/** What a sweep will take, before it is begun: trials, arithmetic, time on this device, memory. */
import { availableParallelism } from 'node:os';
import { positiveInteger } from '../arguments.js';
import { deviceOptions } from '../network/device.js';
import { bareOptionsCheck, numberFrom, type OptionsOf, optional, unchecked } from '../options.js';
import type { ProtocolDocument, Trial } from '../protocol/experiment-form.js';
import { dtypeOf } from '../protocol/place.js';
import { expand } from '../protocol/trials.js';
import { isFinished } from '../runs/record.js';
import { survey, wouldGrow } from '../runs/run-directory.js';
import { checkArrays } from '../runs/trial-arrays.js';
import { batchLimits, bytesOf, checkMemory, planBatches } from './batches.js';
import { countTrials, type TrialCountsByField } from './count-trials.js';
import { chooseDevices } from './devices.js';
import { experimentOf } from './experiment.js';
import { type Forecast, forecast, type Tried } from './forecast.js';
import { resolveProtocol } from './plan.js';
import { shapesOf, someShapes } from './shapes.js';
import { checkShard, ofShard } from './shard.js';

/** @internal */
const checkOptions = bareOptionsCheck({
  /** A run directory that may hold some of the trials already, or not be there. */
  directory: optional(unchecked<string>),
  ...deviceOptions,
  threads: optional(positiveInteger),
  /** Only this part of the trials. Default: all. */
  shard: optional(checkShard),
  /** To time steps of each kind of student that is tried. Default 0.4; at most eight kinds are tried. */
  secondsPerShape: optional(numberFrom(0), 0.4),
});
export interface EstimateOptions extends OptionsOf<typeof checkOptions> {}

export interface SweepEstimate {
  readonly trials: TrialCountsByField & {
    /** Trials that have a record, finished or failed, whose files are sound: a sweep keeps them. */
    readonly done: number;
    /** Of those, the ones that failed. */
    readonly failed: number;
  };
  /**
   * Of the trials that are left, in useful operations: a multiply-add is two, matrix products alone. null where the experiment
   * does not count them.
   */
  readonly operations: number | null;
  /** The largest population that will train at once: an upper estimate of parameters, moments and data. */
  readonly largestPopulation: { readonly students: number; readonly bytes: number };
  /** null where nothing is left to train, or the experiment cannot time its steps. */
  readonly time: Forecast | null;
}

/** On a GPU, more than it works on at once. Arbitrary. */
const studentsOnGpu = 512;

/**
 * Counts the trials and trains a few students for a moment; writes nothing. The time is that of training and measuring;
 * writing records comes on top, and what diverges early takes less.
 * @throws invalid_protocol, invalid_argument, run_directory_conflict, addon_missing, cuda_unavailable, out_of_memory
 */
export async function estimateSweep(input: object, options: EstimateOptions = {}): Promise<SweepEstimate> {
  const checked = checkOptions('estimateSweep', options);
  const { directory, threads, shard, secondsPerShape: seconds } = checked;
  const protocol = await resolveProtocol(input, 'of estimateSweep()');
  const deviceOf = chooseDevices(checked, protocol);
  const all = expand(protocol);
  const trials = shard ? ofShard(all, shard) : all;
  checkMemory(trials, (trial) => deviceOf(dtypeOf(trial.protocol)).device !== 'cuda');
  const done = await doneIn(directory, protocol, trials);
  const missing = trials.filter(({ key }) => !done.has(key));
  const { timing, open } = experimentOf(protocol);
  const { atOnce } = open(protocol);
  const batches = planBatches(missing, (dtype) => batchLimits(deviceOf(dtype).device, threads, atOnce));
  return {
    trials: {
      ...countTrials(protocol, trials),
      done: done.size,
      failed: [...done.values()].filter(Boolean).length,
    },
    operations: timing ? missing.reduce((sum, trial) => sum + timing.operationsOf(trial.protocol), 0) : null,
    largestPopulation: largest(batches),
    time: await timeOf(batches, protocol, { deviceOf, threads, seconds }),
  };
}

interface Trying {
  readonly deviceOf: ReturnType<typeof chooseDevices>;
  readonly threads: number | undefined;
  readonly seconds: number;
}

/** By running a few trials of some shapes for a moment. */
async function timeOf(
  batches: readonly (readonly Trial[])[],
  protocol: ProtocolDocument,
  { deviceOf, threads, seconds }: Trying,
): Promise<Forecast | null> {
  const experiment = experimentOf(protocol);
  const { timing } = experiment;
  const runner = experiment.open(protocol);
  if (!timing || !runner.calibrate || batches.length === 0) return null;
  const atOnce = Math.max(...batches.map((batch) => batch.length));
  const shapes = shapesOf(batches.flat(), timing);
  const tried: Tried[] = [];
  for (const { protocol: example } of someShapes(shapes)) {
    const chosen = deviceOf(dtypeOf(example));
    const places =
      chosen.device === 'cuda' ? Math.min(studentsOnGpu, atOnce) : (threads ?? availableParallelism());
    const fitting = Math.floor(batchLimits(chosen.device, threads).bytes / bytesOf(example));
    const students = Math.max(1, Math.min(places, fitting));
    const plan = { chosen, threads, students, seconds };
    tried.push({ students, ...(await runner.calibrate(example, plan)) });
  }
  return forecast(batches, shapes, tried, timing);
}

/** Of the trials, those that a sweep into the directory would not train again, and whether each failed. */
async function doneIn(
  directory: string | undefined,
  protocol: ProtocolDocument,
  trials: readonly Trial[],
): Promise<Map<string, boolean>> {
  if (directory === undefined) return new Map();
  await wouldGrow(directory, protocol); // or says why it cannot
  const { found } = await survey(directory, trials, async (record) => {
    await checkArrays(directory, record);
    return !isFinished(record);
  });
  return found;
}

function largest(batches: readonly (readonly Trial[])[]): SweepEstimate['largestPopulation'] {
  let most = { students: 0, bytes: 0 };
  for (const batch of batches) {
    const bytes = batch.reduce((sum, { protocol }) => sum + bytesOf(protocol), 0);
    if (bytes > most.bytes) most = { students: batch.length, bytes };
  }
  return most;
}
