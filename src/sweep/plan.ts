/** What sweep() is asked to do, and the check of it. */

import { finiteNumber, invalid, knownKeys, positiveInteger } from '../arguments.js';
import { isAbortSignal } from '../kinds.js';
import type { DType } from '../native/dtype.js';
import type { ChosenDevice, DeviceOptions } from '../network/device.js';
import type { ProtocolDocument, Trial } from '../protocol/experiment-form.js';
import { checkProtocol } from '../protocol/protocol.js';
import { expand } from '../protocol/trials.js';
import { unlessInterrupted } from '../steps.js';
import { chooseDevices } from './devices.js';
import { experimentOf } from './experiment.js';
import type { SweepProgress } from './progress.js';
import { checkShard, ofShard, type Shard } from './shard.js';

export interface SweepOptions extends DeviceOptions {
  /** The run directory; made if need be. */
  readonly directory: string;
  /** Default: one per core that this process may use. Results do not depend on it. */
  readonly threads?: number;
  /** Only this part of the trials. Default: all. */
  readonly shard?: Shard;
  /** Seconds between two checkpoints of an unfinished trial. Default 60. Results do not depend on it. */
  readonly checkpointEvery?: number;
  /**
   * Aborting ends the run after the current step with an error of code 'interrupted'. Finished trials are kept, and
   * checkpoints of the others; the same call goes on.
   */
  readonly signal?: AbortSignal;
  /** Called at the start, at the end of each trial, and as trials go on. */
  readonly onProgress?: (progress: SweepProgress) => void;
}

const optionNames = [
  ...['directory', 'device', 'devices', 'threads', 'shard', 'checkpointEvery', 'signal', 'onProgress'],
];

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

/** Before anything is written: what is wrong or missing is known now. */
export async function planSweep(input: object, options: SweepOptions): Promise<SweepPlan> {
  knownKeys('sweep', options, optionNames);
  const { directory, signal, onProgress } = options;
  checkHandles(directory, signal, onProgress);
  const protocol = await unlessInterrupted(resolveProtocol(input, 'of sweep()'), signal);
  const shard = options.shard && checkShard(options.shard);
  const all = expand(protocol);
  return {
    directory,
    protocol,
    trials: shard ? ofShard(all, shard) : all,
    deviceOf: chooseDevices(options, protocol),
    threads: options.threads === undefined ? undefined : positiveInteger('threads', options.threads),
    checkpointEvery: finiteNumber('checkpointEvery', options.checkpointEvery ?? 60, 0),
    signal,
  };
}

/**
 * The protocol with every default written out and what must be known of its files.
 * @throws invalid_protocol; what looking at its files throws
 */
export async function resolveProtocol(input: object, source: string): Promise<ProtocolDocument> {
  const protocol = checkProtocol(input, source);
  return (await experimentOf(protocol).resolve?.(protocol)) ?? protocol;
}

/** What no other check looks at; of callers without types. */
function checkHandles(directory: unknown, signal: unknown, onProgress: unknown): void {
  if (typeof directory !== 'string' || directory === '')
    throw invalid('directory', 'the path of a run directory', directory, "As in { directory: 'runs/first' }");
  if (signal !== undefined && !isAbortSignal(signal))
    throw invalid('signal', 'an AbortSignal', signal, 'The `signal` of an AbortController is one');
  if (onProgress !== undefined && typeof onProgress !== 'function')
    throw invalid('onProgress', 'a function', onProgress);
}
