/** Options of sweep(), and their check. */

import { invalid, positiveInteger } from '../arguments.js';
import { isAbortSignal } from '../kinds.js';
import type { DType } from '../native/dtype.js';
import { type ChosenDevice, deviceOptions } from '../network/device.js';
import { bareOptionsCheck, callback, numberFrom, type OptionsOf, optional, required } from '../options.js';
import type { ProtocolDocument, Trial } from '../protocol/experiment-form.js';
import { checkProtocol } from '../protocol/protocol.js';
import { expand } from '../protocol/trials.js';
import { unlessInterrupted } from '../steps.js';
import { chooseDevices } from './devices.js';
import { experimentOf } from './experiment.js';
import type { SweepProgress } from './progress.js';
import { checkShard, ofShard } from './shard.js';

/** @internal */
const checkOptions = bareOptionsCheck({
  /** The run directory; created if it does not exist. */
  directory: required(checkDirectory),
  ...deviceOptions,
  /** Default: one per core that this process may use. Results do not depend on it. */
  threads: optional(positiveInteger),
  /** Only this part of the trials. Default: all. */
  shard: optional(checkShard),
  /** Seconds between two checkpoints of an unfinished trial. Default 60. Results do not depend on it. */
  checkpointEvery: optional(numberFrom(0), 60),
  /**
   * Aborting ends the run after the current step with an error of code 'interrupted'. Finished trials are kept, and
   * checkpoints of the others; the same call continues.
   */
  signal: optional(checkSignal),
  /** Called at the start, at the end of each trial, and with the progress of trials. */
  onProgress: optional(callback<(progress: SweepProgress) => void>),
});
export interface SweepOptions extends OptionsOf<typeof checkOptions> {}

/** A call of sweep(), checked and with every default written out. */
export interface SweepPlan {
  readonly directory: string;
  readonly protocol: ProtocolDocument;
  readonly trials: readonly Trial[];
  readonly deviceOf: (dtype: DType) => ChosenDevice;
  readonly threads: number | undefined;
  readonly checkpointEvery: number;
  readonly signal: AbortSignal | undefined;
}

/** Everything invalid or missing is reported before anything is written. */
export async function planSweep(input: object, options: SweepOptions): Promise<SweepPlan> {
  const { directory, threads, shard, checkpointEvery, signal, ...wanted } = checkOptions('sweep', options);
  const protocol = await unlessInterrupted(resolveProtocol(input, 'of sweep()'), signal);
  const all = expand(protocol);
  return {
    directory,
    protocol,
    trials: shard ? ofShard(all, shard) : all,
    deviceOf: chooseDevices(wanted, protocol),
    threads,
    checkpointEvery,
    signal,
  };
}

/**
 * The protocol with every default written out and the required facts about its files.
 * @throws invalid_protocol; errors of reading its files
 */
export async function resolveProtocol(input: object, source: string): Promise<ProtocolDocument> {
  const protocol = checkProtocol(input, source);
  return (await experimentOf(protocol).resolve?.(protocol)) ?? protocol;
}

function checkDirectory(where: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw invalid(where, 'the path of a run directory', value, "As in { directory: 'runs/first' }");
}

function checkSignal(where: string, value: unknown): AbortSignal {
  if (isAbortSignal(value)) return value;
  throw invalid(where, 'an AbortSignal', value, 'The `signal` of an AbortController is one');
}
