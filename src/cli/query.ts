/** `query` and `export`: SQL over the records of a run directory, as text or as a file. */
import { extname } from 'node:path';
import { invalid, oneOf } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { writeAtomically } from '../files/atomic-write.js';
import { tableCsv } from '../report/table.js';
import { exportRecords, queryRecords } from '../runs/query/query.js';
import type { LoadedRecords, QueryResult, QueryValue } from '../runs/query/query-result.js';
import { fittedTable, rowsTable, verticalTable } from './rows-table.js';
import { type ExitCode, exitCodes, type Session } from './session.js';

const formats = ['table', 'vertical', 'csv', 'json', 'parquet'] as const;
type Format = (typeof formats)[number];
const exportFormats = ['parquet', 'csv', 'json'] as const;
type ExportFormat = (typeof exportFormats)[number];

interface QueryOptions {
  readonly format?: string;
  readonly out?: string;
}

/** The result is written to standard output, or to --out; --json without --out is --format json. */
export async function query(
  directory: string,
  sql: string,
  options: QueryOptions,
  session: Session,
): Promise<ExitCode> {
  const { out } = options;
  const format = chooseFormat(options, session);
  if (format === 'parquet') {
    if (out === undefined) throw conflict('--out FILE with --format parquet, received none');
    return exported(directory, out, sql, session);
  }
  const result = await queryRecords(directory, sql);
  noteOmissions(result, session);
  if (out === undefined) {
    session.terminal.stdout.write(format === 'table' ? shown(result, session) : render[format](result));
  } else {
    await writeAtomically(out, render[format](result));
    written(out, result.rows.length, session);
  }
  return exitCodes.done;
}

function written(file: string, rows: number, session: Session): void {
  session.print({ file, rows }, `${file}\n${rows} ${rows === 1 ? 'row' : 'rows'}`);
}

/** On a terminal no wider than it; omitted columns are named. Elsewhere the whole table. */
function shown(result: QueryResult, session: Session): string {
  const { isTTY, columns: width } = session.terminal.stdout;
  if (!isTTY || !width) return render.table(result);
  const names = namesOf(result);
  const { text, leftOut } = fittedTable(names, result.rows, width);
  if (leftOut.length > 0)
    session.note(
      `${leftOut.length} of ${names.length} columns have no room on this terminal: ${leftOut.join(', ')}. Select fewer, or ` +
        'take --format vertical, csv or json',
    );
  return `${text}\n`;
}

interface ExportOptions extends QueryOptions {
  /** The same as `out` and format 'parquet'. */
  readonly parquet?: string;
}

/** Exports every record. As `query`, but in a format for programs. */
export async function exportRun(
  directory: string,
  options: ExportOptions,
  session: Session,
): Promise<ExitCode> {
  const { out, format } = exportTarget(options);
  if (format === 'parquet') return exported(directory, out as string, undefined, session);
  return query(directory, 'FROM trials', { format, out }, session);
}

/** @throws invalid_argument unless there is one file, or standard output, and one format that suits it */
function exportTarget({ parquet, out, format }: ExportOptions): { out?: string; format: ExportFormat } {
  if (parquet !== undefined) {
    if (out !== undefined || format !== undefined)
      throw conflict(`--parquet FILE alone, received ${out === undefined ? '--format' : '--out'} beside it`);
    return { out: parquet, format: 'parquet' };
  }
  const chosen = format === undefined ? undefined : oneOf('--format', format, exportFormats);
  if (out === undefined) {
    if (chosen === undefined) throw conflict('--out FILE, or --format csv or json, received neither');
    if (chosen === 'parquet') throw conflict('--out FILE with --format parquet, received none');
    return { format: chosen };
  }
  const named = exportFormats.find((name) => name === endingOf(out));
  if (chosen === undefined && named === undefined)
    throw conflict(`--out with a name that ends in .parquet, .csv or .json, or --format, received ${out}`);
  return { out, format: (chosen ?? named) as ExportFormat };
}

function conflict(expectedAndReceived: string): EigenstudentError {
  return new EigenstudentError('invalid_argument', `expected ${expectedAndReceived}`);
}

/** The extension of a name: "csv" of trials.CSV. */
function endingOf(file: string): string {
  return extname(file).slice(1).toLowerCase();
}

async function exported(
  directory: string,
  file: string,
  sql: string | undefined,
  session: Session,
): Promise<ExitCode> {
  const result = await exportRecords(directory, file, sql);
  noteOmissions(result, session);
  written(file, result.rows, session);
  return exitCodes.done;
}

/**
 * As requested, or by the extension of the file.
 * @throws invalid_argument where these conflict, or the extension is
 * unknown
 */
function chooseFormat({ format, out }: QueryOptions, session: Session): Format {
  const named = out === undefined ? '' : endingOf(out);
  const requested = format === undefined ? undefined : oneOf('--format', format, formats);
  if (out !== undefined) return formatOfFile(out, named, requested);
  if (!session.json) return requested ?? 'table';
  if (requested === undefined || requested === 'json') return 'json';
  throw invalid('--format', 'json next to --json without --out', format);
}

/** Extensions by format. */
const namedFormats = ['csv', 'json', 'parquet'] as const;

function formatOfFile(out: string, named: string, requested: Format | undefined): Format {
  const format = namedFormats.find((name) => name === named);
  if (requested === undefined && (format !== undefined || named === '' || named === 'txt'))
    return format ?? 'table';
  if (requested === undefined)
    throw new EigenstudentError(
      'invalid_argument',
      `expected --format to go with --out ${out}, as its ending is none of .csv, .json, .parquet and .txt, received none`,
    );
  if (format === undefined || format === requested) return requested;
  throw invalid('--format', `${format}, as --out ${out} ends in, or another name`, requested);
}

const render: Record<Exclude<Format, 'parquet'>, (result: QueryResult) => string> = {
  table: (result) => `${rowsTable(namesOf(result), result.rows)}\n`,
  vertical: (result) => `${verticalTable(namesOf(result), result.rows)}\n`,
  csv: (result) => {
    const { rows } = result;
    const names = namesOf(result);
    return tableCsv({ columns: names, rows: rows.map((row) => names.map((name) => csvCell(row[name]))) });
  },
  json: ({ rows }) => `${JSON.stringify(rows, null, 2)}\n`,
};

function namesOf({ columns }: QueryResult): string[] {
  return columns.map(({ name }) => name);
}

/** A struct or a list as JSON; DuckDB and pandas parse that. */
function csvCell(value: QueryValue | undefined): string | number | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'object') return JSON.stringify(value);
  return typeof value === 'boolean' ? String(value) : value;
}

function noteOmissions({ unreadable, failed, notIndexed }: LoadedRecords, session: Session): void {
  for (const { key, reason } of unreadable) session.note(`trial ${key} is left out: ${reason}`);
  if (notIndexed !== undefined)
    session.note(`the index was not written, so that every query reads the new records again: ${notIndexed}`);
  if (failed > 0)
    session.note(
      `${failed === 1 ? '1 trial' : `${failed} trials`} failed: scalars that they lack are null, and means leave them out; errorCode and ` +
        'errorMessage say why',
    );
}
