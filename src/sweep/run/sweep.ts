/** Carries out a protocol: what a run directory lacks is trained, what it has is never trained again. */
import { knownKeys, positiveInteger } from '../../arguments.js';
import { EigenstudentError } from '../../errors.js';
import type { DeviceOptions } from '../../network/device.js';
import { type DamagedTrial, openRunDirectory, survey, writeTrial } from '../directory/run-directory.js';
import { type Summary, writeSummary } from '../directory/summary.js';
import { checkProtocol } from '../protocol/protocol.js';
import type { ProtocolInput } from '../protocol/protocol-schema.js';
import { expand, type Trial } from '../protocol/trials.js';
import { chooseDevices } from './devices.js';
import { type SweepProgress, Tally } from './progress.js';
import { checkShard, ofShard, type Shard } from './shard.js';
import { SharedData } from './shared-data.js';
import { type LayerwiseTrial, trainWave } from './wave.js';
import { planWaves, waveLimits } from './waves.js';

export interface SweepOptions extends DeviceOptions {
  /** The run directory; made if need be. */
  readonly directory: string;
  /** Default: one per core that this process may use. Results do not depend on it. */
  readonly threads?: number;
  /** Only this part of the trials. Default: all. */
  readonly shard?: Shard;
  /** Aborting ends the run after the current step with an error of code 'interrupted'; finished trials are kept. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: SweepProgress) => void;
}

export interface SweepResult {
  readonly directory: string;
  readonly summary: Summary;
  /** Trials trained by this call. */
  readonly trained: number;
  /** Trials that were there already. */
  readonly reused: number;
  /** Trials that had files which could not be trusted, and were trained again. */
  readonly damaged: readonly DamagedTrial[];
  /** Trials of this call that were too large for a GPU's resident kernels; none on other devices. */
  readonly layerwise: readonly LayerwiseTrial[];
  readonly seconds: number;
}

const optionNames = ['directory', 'device', 'devices', 'threads', 'shard', 'signal', 'onProgress'];

/**
 * Trains every trial of the protocol that the directory lacks, and writes each as soon as it has finished, then
 * summary.json. A trial that diverges becomes a record with an error; the others go on.
 * @param input made by parseProtocol or preset, or the same as a plain object
 * @throws invalid_protocol, invalid_argument, addon_missing, cuda_unavailable, run_directory_conflict, file_unwritable (finished trials stay), interrupted
 * (likewise)
 */
export async function sweep(input: ProtocolInput, options: SweepOptions): Promise<SweepResult> {
  knownKeys('sweep', options, optionNames);
  const protocol = checkProtocol(input, 'of sweep()');
  const { directory, signal, onProgress } = options;
  const shard = options.shard && checkShard(options.shard);
  const deviceOf = chooseDevices(options, protocol); // before anything is written: what is missing is known now
  const threads = options.threads === undefined ? undefined : positiveInteger('threads', options.threads);
  await openRunDirectory(directory, protocol);
  const all = expand(protocol);
  const trials = shard ? ofShard(all, shard) : all;
  const { records, damaged } = await survey(directory, trials);
  const missing = trials.filter(({ key }) => !records.has(key));
  const tally = new Tally(missing, [...records.values()], onProgress);
  const data = new SharedData();
  const layerwise: LayerwiseTrial[] = [];
  try {
    for (const wave of planWaves(missing, (dtype) => waveLimits(deviceOf(dtype).device, threads))) {
      if (signal?.aborted) throw interrupted(signal.reason);
      await trainWave(wave, {
        data,
        chosen: deviceOf((wave[0] as Trial).protocol.dtype),
        ...(threads && { threads }),
        ...(signal && { signal }),
        onLayerwise: (trials) => layerwise.push(...trials),
        onEpochs: (epochs) => tally.follow(wave, epochs),
        onTrial: async (record, arrays) => tally.count(await writeTrial(directory, record, arrays)),
      });
    }
  } catch (error) {
    if (!(error instanceof EigenstudentError) || error.code !== 'interrupted') throw error;
    await writeSummary(directory);
    const { done, total } = tally;
    throw new EigenstudentError(
      'interrupted',
      `interrupted: ${done} of ${total} trials are finished and kept in ${directory}. The same call goes on from there`,
      { cause: error },
    );
  }
  const summary = await writeSummary(directory);
  return {
    directory,
    summary,
    damaged,
    layerwise,
    trained: tally.trained,
    reused: records.size,
    seconds: tally.seconds,
  };
}

function interrupted(reason: unknown): EigenstudentError {
  return new EigenstudentError('interrupted', 'interrupted between trials', { cause: reason });
}
