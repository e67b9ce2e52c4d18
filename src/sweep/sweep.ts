/** Carries out a protocol: what a run directory lacks is trained, what it has is never trained again. */
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
  /** Trials that this call ended. */
  readonly trained: number;
  /** Trials that were there already. */
  readonly reused: number;
  /** Trials that other processes at work on the directory have ended meanwhile. */
  readonly elsewhere: number;
  /** Trials that had files which could not be trusted, and were trained again. */
  readonly damaged: readonly DamagedTrial[];
  /** Trials that went on from the checkpoints of earlier calls, or of processes that have died. */
  readonly continued: readonly ContinuedTrial[];
  /** Trials whose checkpoint could not be continued, and why: they started again. */
  readonly restarted: readonly DamagedTrial[];
  /** Trials of this call that were too large for a GPU's fused kernels; none on other devices. */
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
      return endingOf(record); // and no more: memory does not grow with what is finished
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

/** Milliseconds that the summary of an interrupted run may take; arbitrary: schedulers kill what does not end within half a minute. */
const quick = 2000;

/** Of thousands of records it takes longer: the next call, or `collect`, writes it. */
async function summaryIfQuick(directory: string): Promise<void> {
  const signal = AbortSignal.timeout(quick);
  try {
    await writeSummary(directory, signal);
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
  }
}

/** Interrupted, a run leaves a summary of what there is, and says how far it came. */
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
