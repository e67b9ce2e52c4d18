/** `status` and `collect`: the progress of a run directory, and the summary of its records. */

import { join } from 'node:path';
import { quote } from '../arguments.js';
import { counted } from '../figures/numbers-in-text.js';
import type { ProtocolDocument } from '../protocol/experiment-form.js';
import { cleanRunDirectory } from '../runs/clean.js';
import { mixedProvenanceNote } from '../runs/provenance.js';
import { type RunStatus, runStatus } from '../runs/query/status.js';
import { type DamagedTrial, readProtocol } from '../runs/run-directory.js';
import { summaryFile, writeSummary } from '../runs/summary.js';
import { slurmState } from '../slurm/state.js';
import { experimentOf } from '../sweep/experiment.js';
import { type ExitCode, exitCodes, type Session } from './session.js';
import { slurmLines } from './slurm-lines.js';
import { begunTable, failureTable, noneFinished, statusTable, summaryTable } from './tables.js';

export async function status(directory: string, session: Session): Promise<ExitCode> {
  const protocol = await readProtocol(directory);
  const [found, slurm] = await Promise.all([runStatus(directory), slurmState(directory)]);
  session.print({ ...found, slurm }, [text(found, protocol), ...slurmLines(slurm)].join('\n'));
  return exitCodes.done;
}

/** Maximum number of rows on a screen; arbitrary. */
const mostFailures = 12;

function text(status: RunStatus, protocol: ProtocolDocument): string {
  const { trials, groups, begun, failures, damaged, engines, lastFinishedAt, throughput, workers } = status;
  const { total, finished, didNotLearn, failed, unfinished } = trials;
  return [
    statusTable(groups, protocol),
    `${finished} of ${counted(total, 'trial')} finished, ${failed} failed, ${unfinished} unfinished (${engines.join(', ') || 'no engine'}).`,
    ...(didNotLearn > 0 ? [lostText(didNotLearn, protocol)] : []),
    ...(status.mixedEngines ? [mixedProvenanceNote(status)] : []),
    ...(failures.length > 0
      ? ['Failed trials, which no sweep trains again:', failureTable(failures, protocol, mostFailures)]
      : []),
    ...(begun.length > 0
      ? ['Unfinished trials that have begun, by their last checkpoint:', begunTable(begun, protocol)]
      : []),
    ...(damaged.length > 0
      ? [`Damaged trials, which the next sweep trains again: ${damaged.join(', ')}`]
      : []),
    `Last finished: ${lastFinishedAt ?? 'none'}${throughput ? `; ${pace(throughput)}` : ''}`,
    ...workers.map(
      ({ host, pid, trials: { length } }) => `Trials that process ${pid} of ${host} has: ${length}`,
    ),
  ].join('\n');
}

function lostText(count: number, protocol: ProtocolDocument): string {
  const note = experimentOf(protocol).didNotLearnNote?.(count);
  return `${note ?? `${counted(count, 'trial')} did not learn`}.`;
}

function pace({ since, trialsPerHour, stepsPerSecond }: NonNullable<RunStatus['throughput']>): string {
  return `${Number(trialsPerHour.toPrecision(3))} trials/h, ${Number(stepsPerSecond.toPrecision(3))} steps/s since ${since}`;
}

function damageText(directory: string, damaged: readonly DamagedTrial[]): string {
  const list = damaged.map(({ key, reason }) => `  ${key}: ${reason}`);
  return [`Damaged, and left out; \`eigenstudent sweep ${quote(directory)}\` trains again:`, ...list].join(
    '\n',
  );
}

/**
 * Also removes files of dead processes. Failed trials are reported, but are no failure of this command, which collects
 * existing records.
 */
export async function collect(directory: string, session: Session): Promise<ExitCode> {
  await readProtocol(directory); // Throws where this is no run directory, before anything there is changed.
  const removed = await cleanRunDirectory(directory);
  const summary = await writeSummary(directory);
  const { total, finished, failed } = summary.trials;
  const file = join(directory, summaryFile);
  const tally = `${finished} of ${counted(total, 'trial')} finished${failed > 0 ? `, ${failed} failed` : ''}.`;
  const left = removed.length > 0 ? `\nFiles that dead processes left, now removed: ${removed.length}` : '';
  const table = summary.groups.length > 0 ? summaryTable(summary) : noneFinished;
  session.print({ file, removed, ...summary }, `${table}\n${tally}\n${file}${left}`);
  if (summary.mixedEngines) session.note(mixedProvenanceNote(summary));
  if (summary.failures.length > 0) session.note(failureTable(summary.failures, summary.protocol));
  if (summary.damaged.length > 0) session.note(damageText(directory, summary.damaged));
  return exitCodes.done;
}
