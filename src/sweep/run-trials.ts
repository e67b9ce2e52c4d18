/** Trains batch after batch until every trial has a record, from this process or another. */
import { setTimeout as sleep } from 'node:timers/promises';
import { EigenstudentError } from '../errors.js';
import { arithmeticRevision } from '../native/arithmetic.js';
import { formOf, type Trial } from '../protocol/experiment-form.js';
import { dtypeOf } from '../protocol/place.js';
import type { TrialRecord, UnsealedRecord } from '../runs/record.js';
import { type DamagedTrial, findFinished, writeTrial } from '../runs/run-directory.js';
import type { TrialLocks } from '../runs/trial-locks.js';
import { versions } from '../runs/versions.js';
import type { ContinuedTrial, LayerwiseTrial, Outcome } from './batch-options.js';
import { batchLimits } from './batches.js';
import { experimentOf, type Runner } from './experiment.js';
import type { SweepPlan } from './plan.js';
import type { Profiler } from './profile.js';
import type { Ending, Tally } from './progress.js';
import { WorkList } from './work-list.js';

interface SweepContext extends SweepPlan {
  readonly locks: TrialLocks;
  readonly tally: Tally;
  readonly profiler: Profiler;
  /** Trials that continue from a checkpoint are added. */
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
  const { signal, profiler, deviceOf, threads, tally } = run;
  const runner = experimentOf(run.protocol).open(run.protocol, signal);
  const list = new WorkList(
    missing,
    (dtype) => batchLimits(deviceOf(dtype).device, threads, runner.atOnce),
    (trial) => claim(trial, run),
  );
  while (!list.isEmpty) {
    tally.throwFault();
    if (signal?.aborted) throw interrupted(signal.reason);
    const start = performance.now();
    const batch = await profiler.time('writing', () => list.nextBatch());
    if (batch.length > 0) await runOne(batch, list, runner, run);
    else if (!list.isEmpty) await profiler.time('waiting', () => pause(performance.now() - start, signal));
  }
  tally.throwFault();
}

/** A trial that another process has ended meanwhile is counted, and its lock is released. */
async function claim(trial: Trial, { directory, locks, tally }: SweepContext) {
  if (!(await locks.claim(trial.key))) return 'theirs';
  const record = await findFinished(directory, trial.key);
  if (!record) return 'ours';
  await locks.release(trial.key);
  tally.count(trial.key, endingOf(record), 'elsewhere');
  return 'done';
}

async function runOne(batch: readonly Trial[], list: WorkList, runner: Runner, run: SweepContext) {
  const { directory, locks, tally, profiler, continued, restarted, layerwise } = run;
  const { deviceOf, threads, signal, checkpointEvery } = run;
  await runner.runBatch(batch, {
    ...{ directory, threads, signal, checkpointEvery, profiler },
    chosen: deviceOf(dtypeOf((batch[0] as Trial).protocol)),
    isOurs: ({ key }) => locks.claim(key),
    onEpochs: (...result) => tally.follow(batch, ...result),
    onLayerwise: (trials) => layerwise.push(...trials),
    onContinue: (trial) => continued.push(trial),
    onRestart: (trial) => restarted.push(trial),
    onTrial: async (trial, outcome) => {
      if (!(await writeResult(trial, outcome, run))) list.putBack(trial);
    },
  });
}

/**
 * Writes the result of a trial if this process still holds its lock. Otherwise another process took this one for dead
 * and took the trial over: a key has one record, which is that process's.
 */
async function writeResult(
  trial: Trial,
  outcome: Outcome,
  { directory, locks, tally }: SweepContext,
): Promise<boolean> {
  if (!(await locks.claim(trial.key)) || (await findFinished(directory, trial.key))) return false;
  const written = await writeTrial(directory, recordOf(trial, outcome), outcome.arrays);
  await locks.release(trial.key);
  tally.count(trial.key, endingOf(written), 'here');
  return true;
}

/** Checks for the tensors that summaries of a finished trial require. */
function checkTensors(protocol: Trial['protocol'], { arrays }: Outcome): void {
  const { name, summaryTensors = [] } = formOf(protocol);
  const missing = summaryTensors.filter((tensor) => !arrays.tensors.has(tensor));
  if (missing.length === 0) return;
  const message = `expected the tensors ${summaryTensors.join(', ')} of a trial of ${name}, received none called ${missing.join(', ')}`;
  throw new EigenstudentError('internal', message);
}

function recordOf({ key, protocol }: Trial, outcome: Outcome): UnsealedRecord {
  const { scalars, seconds, steps, engine, error } = outcome;
  const arithmetic = arithmeticRevision(engine);
  if (!error) checkTensors(protocol, outcome);
  return {
    schema: 2,
    key,
    experiment: formOf(protocol).name,
    trial: protocol.trial,
    seed: protocol.seed,
    protocol,
    scalars,
    seconds,
    steps,
    engine,
    dtype: dtypeOf(protocol),
    versions: { ...versions(), ...(arithmetic !== undefined && { arithmetic }) },
    finishedAt: new Date().toISOString(),
    error,
  };
}

/** Milliseconds between two checks of the locks of other processes; checking takes a tenth of the time at most. */
async function pause(checkDuration: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(Math.max(250, 10 * checkDuration), undefined, { signal });
  } catch (error) {
    if (!signal?.aborted) throw error; // aborted: the next check throws
  }
}

function interrupted(reason: unknown): EigenstudentError {
  return new EigenstudentError('interrupted', 'interrupted between trials', { cause: reason });
}
