/** `status` and `collect`: how far a run directory is, and its summary from whatever it holds. */
import { join } from 'node:path';
import { summaryFile, writeSummary } from '../sweep/directory/summary.js';
import { type RunStatus, runStatus } from '../sweep/query/status.js';
import { type ExitCode, exitCodes, type Session } from './session.js';
import { failureTable, statusTable, summaryTable } from './tables.js';

export async function status(directory: string, session: Session): Promise<ExitCode> {
  const found = await runStatus(directory);
  session.answer(found, text(found));
  return exitCodes.done;
}

function text({ trials, groups, damaged, engines, lastFinishedAt, throughput }: RunStatus): string {
  const { total, finished, failed, unfinished } = trials;
  return [
    statusTable(groups),
    `${finished} of ${total} trials finished, ${failed} failed, ${unfinished} unfinished (${engines.join(', ') || 'no engine'}).`,
    ...(engines.length > 1 ? ['Results of several engines stand side by side.'] : []),
    ...(damaged.length > 0
      ? [`Damaged records, whose trials the next sweep trains again: ${damaged.join(', ')}`]
      : []),
    `Last finished: ${lastFinishedAt ?? 'none'}${throughput ? `; ${pace(throughput)} in the hour before` : ''}`,
  ].join('\n');
}

function pace({ trialsPerHour, stepsPerSecond }: NonNullable<RunStatus['throughput']>): string {
  return `${Number(trialsPerHour.toPrecision(3))} trials/h, ${Number(stepsPerSecond.toPrecision(3))} student steps/s`;
}

/** Failed trials are told, and are no failure of this command: it collects what there is. */
export async function collect(directory: string, session: Session): Promise<ExitCode> {
  const summary = await writeSummary(directory);
  const { total, finished, failed } = summary.trials;
  const file = join(directory, summaryFile);
  const tally = `${finished} of ${total} trials finished${failed > 0 ? `, ${failed} failed` : ''}.`;
  session.answer({ file, ...summary }, `${summaryTable(summary.groups)}\n${tally}\n${file}`);
  if (summary.failures.length > 0) session.note(failureTable(summary.failures));
  return exitCodes.done;
}
