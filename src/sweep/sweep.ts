/** Trains the trials of a protocol that a run directory lacks; trials that have a record are never trained again. */
import { EigenstudentError } from '../errors.js';
import { dtypeOf } from '../protocol/place.js';
import { cleanRunDirectory } from '../runs/clean.js';
import type { TrialRecord } from '../runs/record.js';
import { type DamagedTrial, openRunDirectory, survey } from '../runs/run-directory.js';
import { type GroupSummary, type Summary, writeSummary } from '../runs/summary.js';
import { checkArrays } from '../runs/trial-arrays.js';
import { TrialLocks } from '../runs/trial-locks.js';
import { unlessInterrupted } from '../steps.js';
import type { ContinuedTrial, LayerwiseTrial } from './batch-options.js';
import { checkMemory } from './batches.js';
import { planSweep, type SweepOptions, type SweepPlan } from './plan.js';
import { Profiler, type SweepProfile } from './profile.js';
import { Tally } from './progress.js';
import { endingOf, runTrials } from './run-trials.js';

/** See GroupSummary and TrialFailure for the parameters. */
export interface SweepResult<G extends GroupSummary = GroupSummary, P extends object = object> {
  readonly directory: string;
  readonly summary: Summary<G, P>;
  /** Trials that ended in this call. */
  readonly trained: number;
  /** Trials that had a record before. */
  readonly reused: number;
  /** Trials that ended meanwhile in other processes that work on the directory. */
  readonly elsewhere: number;
  /** Trials with damaged files, which were trained again. */
  readonly damaged: readonly DamagedTrial[];
  /** Trials that continued from checkpoints of earlier calls or of processes that have died. */
  readonly continued: readonly ContinuedTrial[];
  /** Trials whose checkpoint could not be continued, with the reason: they started again. */
  readonly restarted: readonly DamagedTrial[];
  /** Trials of this call that are too large for the fused kernels of a GPU; none on other devices. */
  readonly layerwise: readonly LayerwiseTrial[];
  readonly seconds: number;
  readonly profile: SweepProfile;
}

/** See `sweep` of src/experiments/typed.ts, which has the types of the experiments of the package. */
export async function sweep(input: object, options: SweepOptions): Promise<SweepResult> {
  const plan = await planSweep(input, options);
  checkMemory(plan.trials, ({ protocol }) => plan.deviceOf(dtypeOf(protocol)).device !== 'cuda');
  const profiler = new Profiler();
  await openRunDirectory(plan.directory, plan.protocol);
  return TrialLocks.within(plan.directory, (locks) =>
    trainMissing(plan, locks, profiler, options.onProgress),
  );
}

async function trainMissing(
  plan: SweepPlan,
  locks: TrialLocks,
  profiler: Profiler,
  onProgress: SweepOptions['onProgress'],
): Promise<SweepResult> {
  const { directory, trials } = plan;
  const { found, damaged } = await profiler.time('writing', async () => {
    await cleanRunDirectory(directory);
    const visit = async (record: TrialRecord) => {
      await checkArrays(directory, record);
      return endingOf(record); // Only keys are kept: memory does not grow with the number of finished trials.
    };
    const looking = survey(directory, trials, visit, { refuseOtherSchemas: true });
    return unlessInterrupted(looking, plan.signal);
  });
  const missing = trials.filter(({ key }) => !found.has(key));
  const tally = new Tally(missing, found.values(), onProgress);
  const continued: ContinuedTrial[] = [];
  const restarted: DamagedTrial[] = [];
  const layerwise: LayerwiseTrial[] = [];
  await keepingSummary(directory, tally, () =>
    runTrials(missing, { ...plan, locks, tally, profiler, continued, restarted, layerwise }),
  );
  const summary = await profiler.time('writing', () => writeSummary(directory));
  const { trained, reused, elsewhere } = tally;
  const ended = { trained, reused, elsewhere, continued, damaged, restarted, layerwise };
  return { directory, summary, ...ended, seconds: profiler.total, profile: profiler.result() };
}

/**
 * Milliseconds for the summary of an interrupted run. Arbitrary: schedulers kill a process that does not end within
 * half a minute.
 */
const quick = 2000;

/**
 * Writes the summary unless it takes too long, as with thousands of records: then the next call, or `collect`, writes
 * it.
 */
async function summaryIfQuick(directory: string): Promise<void> {
  const signal = AbortSignal.timeout(quick);
  try {
    await writeSummary(directory, signal);
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
  }
}

/** When the work is interrupted, writes the summary of what has finished and reports how many trials have. */
async function keepingSummary(directory: string, tally: Tally, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof EigenstudentError) || error.code !== 'interrupted') throw error;
    await summaryIfQuick(directory);
    const { done, total } = tally;
    throw new EigenstudentError(
      'interrupted',
      `interrupted: ${done} of ${total} trials are finished and kept in ${directory}. The same call goes on from there`,
      { cause: error },
    );
  }
}
