/** Batch after batch until every trial has a record, whichever process has trained it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { EigenstudentError } from '../errors.js';
import type { Trial } from '../protocol/trials.js';
import type { TrialRecord } from '../runs/record.js';
import { type DamagedTrial, findFinished, writeTrial } from '../runs/run-directory.js';
import type { TrialLocks } from '../runs/trial-locks.js';
import type { ContinuedTrial, LayerwiseTrial } from './batch-options.js';
import { batchLimits } from './batches.js';
import { DatasetFiles } from './files/dataset-files.js';
import type { Outcome } from './outcome.js';
import type { SweepPlan } from './plan.js';
import type { Profiler } from './profile.js';
import type { Ending, Tally } from './progress.js';
import { SharedData } from './shared-data.js';
import { trainBatch } from './train-batch.js';
import { WorkList } from './work-list.js';

interface SweepContext extends SweepPlan {
  readonly locks: TrialLocks;
  readonly tally: Tally;
  readonly profiler: Profiler;
  /** Trials that go on from a checkpoint are added. */
  readonly continued: ContinuedTrial[];
  /** Trials whose checkpoint cannot be continued are added. */
  readonly restarted: DamagedTrial[];
  /** Trials that a GPU trains layer by layer are added. */
  readonly layerwise: LayerwiseTrial[];
}

export function endingOf(record: TrialRecord): Ending {
  return record.error ? 'failed' : 'finished';
}

/** @throws interrupted, file_unwritable, what training throws */
export async function runTrials(missing: readonly Trial[], run: SweepContext): Promise<void> {
  const { signal, profiler, deviceOf, threads } = run;
  const data = new SharedData(new DatasetFiles(run.protocol), signal);
  const list = new WorkList(
    missing,
    (dtype) => batchLimits(deviceOf(dtype).device, threads),
    (trial) => claim(trial, run),
  );
  while (!list.isEmpty) {
    if (signal?.aborted) throw interrupted(signal.reason);
    const start = performance.now();
    const batch = await profiler.time('writing', () => list.nextBatch());
    if (batch.length > 0) await trainOne(batch, list, data, run);
    else if (!list.isEmpty) await profiler.time('waiting', () => pause(performance.now() - start, signal));
  }
}

/** What another process has ended meanwhile is counted and let go. */
async function claim(trial: Trial, { directory, locks, tally }: SweepContext) {
  if (!(await locks.claim(trial.key))) return 'theirs';
  const record = await findFinished(directory, trial.key);
  if (!record) return 'ours';
  await locks.release(trial.key);
  tally.count(trial.key, endingOf(record), 'elsewhere');
  return 'done';
}

async function trainOne(batch: readonly Trial[], list: WorkList, data: SharedData, run: SweepContext) {
  const { directory, locks, tally, profiler, continued, restarted, layerwise } = run;
  const { deviceOf, threads, signal, checkpointEvery } = run;
  await trainBatch(batch, {
    ...{ directory, data, threads, signal, checkpointEvery, profiler },
    chosen: deviceOf((batch[0] as Trial).protocol.dtype),
    isOurs: ({ key }) => locks.claim(key),
    onEpochs: (...news) => tally.follow(batch, ...news),
    onLayerwise: (trials) => layerwise.push(...trials),
    onContinue: (trial) => continued.push(trial),
    onRestart: (trial) => restarted.push(trial),
    onTrial: async (trial, outcome) => {
      if (!(await keep(trial, outcome, run))) list.putBack(trial);
    },
  });
}

/**
 * Writes a trial if it still is this process's. Else it was taken for dead, and another has the trial, or has ended it: there
 * is one record of a key, and it is the other's.
 */
async function keep(
  trial: Trial,
  { record, arrays }: Outcome,
  { directory, locks, tally }: SweepContext,
): Promise<boolean> {
  if (!(await locks.claim(trial.key)) || (await findFinished(directory, trial.key))) return false;
  const written = await writeTrial(directory, record, arrays);
  await locks.release(trial.key);
  tally.count(trial.key, endingOf(written), 'here');
  return true;
}

/** Milliseconds between two looks at what others hold; and looking takes a tenth of the time at most. */
async function pause(lookedFor: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(Math.max(250, 10 * lookedFor), undefined, { ...(signal && { signal }) });
  } catch (error) {
    if (!signal?.aborted) throw error; // aborted: the next look says so
  }
}

function interrupted(reason: unknown): EigenstudentError {
  return new EigenstudentError('interrupted', 'interrupted between trials', { cause: reason });
}
