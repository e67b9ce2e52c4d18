/** Estimates what a sweep requires before it starts: trials, arithmetic, time on this device, memory. */
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
import { type Forecast, forecast, type MeasuredCalibration } from './forecast.js';
import { resolveProtocol } from './plan.js';
import { shapesOf, someShapes } from './shapes.js';
import { checkShard, ofShard } from './shard.js';

/** @internal */
const checkOptions = bareOptionsCheck({
  /** Run directory that may hold some of the trials already, or may not exist. */
  directory: optional(unchecked<string>),
  ...deviceOptions,
  threads: optional(positiveInteger),
  /** Only this part of the trials. Default: all. */
  shard: optional(checkShard),
  /** Seconds for timing steps of each measured kind of student. Default 0.4; at most eight kinds are measured. */
  secondsPerShape: optional(numberFrom(0), 0.4),
});
export interface EstimateOptions extends OptionsOf<typeof checkOptions> {}

export interface SweepEstimate {
  readonly trials: TrialCountsByField & {
    /** Trials that have a record, finished or failed, with intact files: a sweep keeps them. */
    readonly done: number;
    /** Number of these that failed. */
    readonly failed: number;
  };
  /**
   * Useful operations of the remaining trials: a multiply-add counts as two, matrix products alone are counted. null
   * where the experiment does not count them.
   */
  readonly operations: number | null;
  /** The largest population that will train at once: an upper estimate of parameters, moments and data. */
  readonly largestPopulation: { readonly students: number; readonly bytes: number };
  /** null where no trial remains, or the experiment cannot time its steps. */
  readonly time: Forecast | null;
}

/** More students than a GPU computes at once. Arbitrary. */
const studentsOnGpu = 512;

/**
 * Counts the trials and trains a few students briefly; writes nothing. The time covers training and evaluation; writing
 * records takes additional time, and trials that diverge early take less.
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
  const done = await endedIn(directory, protocol, trials);
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

interface TimingOptions {
  readonly deviceOf: ReturnType<typeof chooseDevices>;
  readonly threads: number | undefined;
  readonly seconds: number;
}

/** Estimated by a brief training of a few trials of some shapes. */
async function timeOf(
  batches: readonly (readonly Trial[])[],
  protocol: ProtocolDocument,
  { deviceOf, threads, seconds }: TimingOptions,
): Promise<Forecast | null> {
  const experiment = experimentOf(protocol);
  const { timing } = experiment;
  const runner = experiment.open(protocol);
  if (!timing || !runner.calibrate || batches.length === 0) return null;
  const atOnce = Math.max(...batches.map((batch) => batch.length));
  const shapes = shapesOf(batches.flat(), timing);
  const tried: MeasuredCalibration[] = [];
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

/** The trials that a sweep into the directory would not train again, each with whether it failed. */
async function endedIn(
  directory: string | undefined,
  protocol: ProtocolDocument,
  trials: readonly Trial[],
): Promise<Map<string, boolean>> {
  if (directory === undefined) return new Map();
  await wouldGrow(directory, protocol); // Throws where the protocol conflicts with the one there.
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
