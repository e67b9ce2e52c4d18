/** `sweep --slurm`: submits, shows the script, or cancels. */
import { quote } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import type { ProtocolDocument } from '../protocol/experiment-form.js';
import { expand } from '../protocol/trials.js';
import { cancelSubmissions } from '../slurm/cancel.js';
import { slurmState } from '../slurm/state.js';
import { slurmFolder } from '../slurm/submissions.js';
import { planSubmission, type SlurmPlan, type SlurmSubmission, submitSweep } from '../slurm/submit.js';
import { countTrials } from '../sweep/count-trials.js';
import { experimentOf } from '../sweep/experiment.js';
import type { ExperimentOptions } from './experiment.js';
import { type ExitCode, exitCodes, type Session } from './session.js';
import { refuseBesideCancel, type SlurmCommandOptions, slurmOptionsOf } from './slurm-options.js';
import { countLines } from './sweep-notes.js';

/**
 * @param directory the run directory
 * @throws see submitSweep, planSubmission, cancelSubmissions
 */
export async function sweepOnSlurm(
  protocol: ProtocolDocument,
  directory: string,
  options: ExperimentOptions & SlurmCommandOptions,
  session: Session,
): Promise<ExitCode> {
  if (options.shard) {
    throw new EigenstudentError(
      'invalid_argument',
      '--slurm cuts the sweep into parts itself: leave out --shard, or say how many with --array-tasks',
    );
  }
  if (options.profile)
    throw new EigenstudentError(
      'invalid_argument',
      'expected no --profile with --slurm: the time goes where the tasks run, and this call trains nothing',
    );
  if (options.cancel) {
    refuseBesideCancel(options);
    return cancel(directory, session);
  }
  const { device, devices, threads, checkpointEvery } = options;
  const submission = {
    directory,
    slurm: slurmOptionsOf(options),
    device,
    devices,
    threads,
    checkpointEvery,
  };
  for (const warning of experimentOf(protocol).warnings?.(protocol, directory) ?? []) session.note(warning);
  if (options.dryRun) {
    const plan = await planSubmission(protocol, submission);
    for (const line of planLines(protocol, plan)) session.note(line);
    session.print(plan, plan.script?.trimEnd() ?? nothingMissing(plan.trials));
    return exitCodes.done;
  }
  await noteActive(directory, session);
  const submitted = await submitSweep(protocol, submission);
  session.print({ directory, ...submitted }, text(submitted, directory, session));
  return exitCodes.done;
}

/** Printed to standard error; standard output has the script alone. */
function planLines(protocol: ProtocolDocument, { missing, shards, tasks }: SlurmPlan): string[] {
  const counted = countLines(countTrials(protocol, expand(protocol)));
  if (tasks.length === 0) return counted;
  const parts = shards === tasks.length ? '' : `, those of ${shards} parts that lack something`;
  return [...counted, `${missing} of them to train, in ${tasksText(tasks.length)}${parts}`];
}

async function cancel(directory: string, session: Session): Promise<ExitCode> {
  const cancelled = await cancelSubmissions(directory);
  session.print(
    { directory, cancelled },
    cancelled.length === 0
      ? `No job of ${directory} runs or waits.`
      : `Cancelled: job ${cancelled.join(', ')}. Running tasks write their checkpoints first.`,
  );
  return exitCodes.done;
}

/** A second array is harmless, but rarely intended. */
async function noteActive(directory: string, session: Session): Promise<void> {
  for (const { jobId, active } of (await slurmState(directory)).jobs) {
    if (active)
      session.note(
        `job ${jobId} of this directory has ${tasksText(active)} that ${active === 1 ? 'runs or waits' : 'run or wait'}; the new ones share the work`,
      );
  }
}

function text(
  { jobId, trials, missing, tasks }: SlurmSubmission,
  directory: string,
  session: Session,
): string {
  if (jobId === null) return nothingMissing(trials);
  return [
    `Submitted job ${jobId}: ${tasksText(tasks.length)} for ${missing} of ${trials} trials.`,
    `Script and logs: ${slurmFolder(directory)}`,
    `How far it is:   eigenstudent status ${quote(directory)}`,
    `Cancel:          scancel ${jobId}`,
    `Go on after a failure, with what is missing then:\n  ${session.commandLine}`,
  ].join('\n');
}

function tasksText(count: number): string {
  return count === 1 ? '1 task' : `${count} tasks`;
}

function nothingMissing(trials: number): string {
  return `All ${trials} trials are finished: there is nothing to submit.`;
}
