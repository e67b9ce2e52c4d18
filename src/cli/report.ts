import { invalid } from '../arguments.js';
import { type FailedFigure, failedText, type Table } from '../figures/figure.js';
import { reportContent } from '../report/content.js';
import type { ReportFormat } from '../report/write-report.js';
import { writeSummary } from '../runs/summary.js';
import { rowsTable } from './rows-table.js';
import { type ExitCode, exitCodes, type Session } from './session.js';
import { failureTable } from './tables.js';

export interface ReportOptions {
  readonly text?: boolean;
  readonly format?: readonly ReportFormat[];
}

export async function report(directory: string, options: ReportOptions, session: Session): Promise<ExitCode> {
  if (options.text && options.format)
    throw invalid(
      '--text',
      'either --text, which writes nothing, or --format',
      `--format ${options.format.join(',')}`,
    );
  if (options.text) return textReport(directory, session);
  // Loaded on demand: the libraries that draw take longer to load than a text takes to print.
  const { writeReport } = await import('../report/write-report.js');
  const { failures, trials, protocol } = await writeSummary(directory);
  const failed: FailedFigure[] = [];
  const files = await writeReport(directory, {
    formats: options.format,
    onFailedFigure: (figure) => failed.push(figure),
  });
  const failedFigures = messagesOf(failed);
  session.print({ directory, files, failures, failedFigures }, files.join('\n'));
  noteFailed(failedFigures, session);
  if (failures.length > 0)
    session.note(
      `${failures.length} of ${trials.total} trials failed, and are in no figure:\n${failureTable(failures, protocol)}`,
    );
  return failedFigures.length > 0 ? exitCodes.failed : exitCodes.done;
}

/** For `--json`. */
function messagesOf(failed: readonly FailedFigure[]): { name: string; message: string }[] {
  return failed.map((figure) => ({ name: figure.name, message: failedText(figure) }));
}

function noteFailed(failed: readonly { message: string }[], session: Session): void {
  for (const { message } of failed) session.note(`error: ${message}`);
}

/** Facts and tables on standard output; nothing is written. */
async function textReport(directory: string, session: Session): Promise<ExitCode> {
  const { lead, facts, table, tableNote, textNotes, troubles } = await reportContent(directory);
  const text = [
    lead,
    facts.map(([name, value]) => `${name}: ${value}`).join('\n'),
    printed(table),
    tableNote,
    ...textNotes,
    ...(troubles.length > 0 ? [`Trials without a result:\n${troubles.join('\n')}`] : []),
  ].join('\n\n');
  session.print({ directory, facts: Object.fromEntries(facts), table, troubles }, text);
  return exitCodes.done;
}

function printed({ columns, rows }: Table): string {
  return rowsTable(
    columns,
    rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i] ?? null]))),
  );
}
