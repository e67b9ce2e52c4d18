/** Common part of `reproduce`, `train` and `sweep`: trains into a run directory, reports progress, prints the table. */

import { join } from 'node:path';
import { failedText } from '../figures/figure.js';
import { counted } from '../figures/numbers-in-text.js';
import type { Device } from '../network/device.js';
import type { ProtocolDocument } from '../protocol/experiment-form.js';
import { reportLock } from '../runs/owners.js';
import { mixedProvenanceNote } from '../runs/provenance.js';
import { TrialLocks } from '../runs/trial-locks.js';
import { experimentOf } from '../sweep/experiment.js';
import type { Shard } from '../sweep/shard.js';
import { type SweepResult, sweep } from '../sweep/sweep.js';
import { interruptible } from './interruptible.js';
import { progressDisplay } from './progress-display.js';
import { type ExitCode, exitCodes, type Session } from './session.js';
import { failureTable, profileTable, summaryTable } from './tables.js';

export interface ExperimentOptions {
  readonly out?: string;
  readonly device: Device;
  readonly devices?: readonly number[];
  readonly threads?: number;
  readonly shard?: Shard;
  readonly checkpointEvery?: number;
  readonly profile?: boolean;
  readonly ignoreHangup?: boolean;
  /** Set by --no-report. */
  readonly report: boolean;
}

/**
 * @param name default name of the run directory under ./runs
 * @throws see sweep
 */
export async function experiment(
  protocol: ProtocolDocument,
  name: string,
  options: ExperimentOptions,
  session: Session,
): Promise<ExitCode> {
  const directory = options.out ?? join('runs', name);
  for (const warning of experimentOf(protocol).warnings?.(protocol, directory) ?? []) session.note(warning);
  return interruptible(session, options, (signal) =>
    trainAndReport(protocol, directory, options, session, signal),
  );
}

async function trainAndReport(
  protocol: ProtocolDocument,
  directory: string,
  options: ExperimentOptions,
  session: Session,
  signal: AbortSignal,
): Promise<ExitCode> {
  const result = await train(protocol, directory, options, session, signal);
  for (const { key, reason } of result.damaged) session.note(`trial ${key} was trained again: ${reason}`);
  for (const note of layerwiseNotes(result.layerwise)) session.note(note);
  for (const { key, reason } of result.restarted)
    session.note(`trial ${key} could not go on from its checkpoint and started again: ${reason}`);
  if (options.profile) session.note(profileTable(result.profile));
  const { summary, ...rest } = result;
  const wanted = options.report && summary.trials.finished > 0;
  const { files, failed } = wanted ? await drawOnce(directory, session, signal) : nothingDrawn;
  if (summary.mixedEngines) session.note(mixedProvenanceNote(summary));
  session.print({ ...rest, report: files, ...summary }, text(result, files));
  if (summary.failures.length === 0) return failed > 0 ? exitCodes.failed : exitCodes.done;
  session.note(`${summary.failures.length} of ${summary.trials.total} trials failed:`);
  session.note(failureTable(summary.failures, summary.protocol));
  return exitCodes.failed;
}

/** One line per reason, as trials of one width share it. */
function layerwiseNotes(trials: SweepResult['layerwise']): string[] {
  const reasons = new Map<string, number>();
  for (const { width, reason } of trials) {
    const text = `width ${width}: ${reason}`;
    reasons.set(text, (reasons.get(text) ?? 0) + 1);
  }
  return [...reasons].map(
    ([text, count]) =>
      `${count} ${count === 1 ? 'trial' : 'trials'} trained with layer-wise kernels, which take longer, because the ` +
      `student is too large for the fused ones (${text})`,
  );
}

async function train(
  protocol: ProtocolDocument,
  directory: string,
  { device, devices, threads, shard, checkpointEvery }: ExperimentOptions,
  session: Session,
  signal: AbortSignal,
): Promise<SweepResult> {
  const display = progressDisplay(session.terminal.stderr);
  try {
    return await sweep(protocol, {
      directory,
      device,
      devices,
      threads,
      shard,
      checkpointEvery,
      signal,
      onProgress: (progress) => display.update(progress),
    });
  } finally {
    display.end();
  }
}

const nothingDrawn = { files: [], failed: 0 };

/** Several processes may end at once: one of them draws. */
function drawOnce(directory: string, session: Session, signal: AbortSignal) {
  return TrialLocks.within(directory, async (locks) => {
    if (await locks.claim(reportLock)) {
      const drawn = await draw(directory, session, signal);
      await locks.release(reportLock);
      return drawn;
    }
    session.note('another process draws the report');
    return nothingDrawn;
  });
}

/** Returns the files, and the number of figures that could not be drawn; each is reported. */
async function draw(directory: string, session: Session, signal: AbortSignal) {
  const { writeReport } = await import('../report/write-report.js');
  session.note('drawing the report ...');
  let failed = 0;
  const files = await writeReport(directory, {
    signal,
    onFailedFigure: (figure) => {
      failed += 1;
      session.note(`error: ${failedText(figure)}`);
    },
  });
  return { files, failed };
}

function text(result: SweepResult, files: readonly string[]): string {
  const { summary, directory } = result;
  const { finished, failed, total } = summary.trials;
  const page = files.find((file) => file.endsWith('report.html'));
  const lines = [
    ...(summary.groups.length > 0 ? [summaryTable(summary)] : []),
    ...(experimentOf(summary.protocol).summaryNotes?.(summary) ?? []),
    `${finished} of ${counted(total, 'trial')} finished${failed > 0 ? `, ${failed} failed` : ''}: ${origins(result)} ` +
      `(${summary.engines.join(', ') || 'no engine'}).`,
    `Records: ${directory}${page ? `\nReport:  ${page}` : ''}`,
  ];
  return lines.join('\n');
}

function fromCheckpoints(count: number): string {
  return count === 0 ? '' : ` (${count} of them from ${count === 1 ? 'a checkpoint' : 'checkpoints'})`;
}

/**
 * Sources of the ended trials of the directory. A call may request fewer than the directory has: a shard, or a smaller
 * protocol.
 */
function origins({ summary, trained, continued, reused, elsewhere, seconds }: SweepResult): string {
  const { finished, failed } = summary.trials;
  const others = finished + failed - trained - reused - elsewhere;
  return [
    `${trained} trained now in ${seconds.toFixed(1)} s${fromCheckpoints(continued.length)}`,
    `${reused} there before`,
    ...(elsewhere > 0 ? [`${elsewhere} by other processes meanwhile`] : []),
    ...(others > 0 ? [`${others} that this call did not ask for`] : []),
  ].join(', ');
}
