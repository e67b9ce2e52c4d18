/** Tables as text, with a header. */
import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { invalid } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { ByteSource } from './byte-source.js';
import { checkedText } from './checked-text.js';
import {
  type ColumnChoice,
  checkChoice,
  columnChoiceKeys,
  type TableBuilder,
  type TableData,
} from './columns.js';
import { CsvHeader } from './csv-header.js';
import { invalidData } from './labelled-samples.js';
import { LineIndex } from './line-index.js';

export interface CsvOptions extends ColumnChoice {
  /** Between two fields. Default ','. */
  readonly delimiter?: string;
}

/**
 * The data set in a CSV file (RFC 4180) with a header line, compressed with gzip or not: `readCsv('iris.csv',
 * { label: 'species' })`. It is read line by line, each of which ends with \n, \r\n or \r; blank lines are
 * skipped. The text is in UTF-8, or in UTF-16 with a byte order mark. Every input and target is a number in
 * decimal notation, or True or False (1 and 0) in the whole column; nothing is filled in, and the words that
 * pandas takes for missing values are missing values.
 * @throws invalid_argument; file_unreadable; file_unsupported for text in another encoding, with line and
 *   column; file_corrupt for lines that are not CSV, with the line; invalid_data: no such column, a value
 *   that is missing or not a number, a class that is not in `classNames`, each with its line and column
 */
export async function readCsv(file: string, options: CsvOptions = {}): Promise<TableData> {
  checkOptions(options);
  const source = await ByteSource.open(file);
  try {
    return await tableFrom(file, chunksOf(source), options);
  } finally {
    source.close();
  }
}

function checkOptions(options: CsvOptions): void {
  checkChoice('readCsv', options, [...columnChoiceKeys, 'delimiter']);
  const { delimiter = ',' } = options;
  if (typeof delimiter === 'string' && delimiter !== '' && !/["\r\n\\]/.test(delimiter)) return;
  const advice = delimiter === '\\t' ? 'A tab is one character: in YAML "\\t" in double quotes' : '';
  throw invalid('delimiter of readCsv', 'what stands between two fields, as in ";"', delimiter, advice);
}

interface Row {
  readonly record: string[];
  /** bytes: of the text up to the end of the row, its line end included. */
  readonly info: { readonly bytes: number };
}

/**
 * As readCsv, from the bytes of a file, in pieces of any size.
 * @param file names it in errors
 */
export async function tableFrom(
  file: string,
  chunks: AsyncIterable<Uint8Array>,
  { delimiter = ',', ...choice }: CsvOptions,
): Promise<TableData> {
  const lines = new LineIndex();
  const bytes = Readable.from(checkedText(file, chunks, lines));
  const rows = parse({
    delimiter,
    info: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true, // TableRows looks at it, in the order of the lines
    relax_quotes: true, // a quote within a field without quotes, as in 5" pipe, is itself
    skip_empty_lines: true,
    trim: true,
  });
  bytes.on('error', (error) => rows.destroy(error));
  let before = 0; // the line in which the row before ends
  let header: CsvHeader | undefined;
  let table: TableBuilder | undefined;
  try {
    for await (const { record, info } of bytes.pipe(rows) as AsyncIterable<Row>) {
      const last = lines.lineAt(info.bytes - 1);
      const line = last - before > 1 ? firstLine(record, last) : last;
      before = last;
      if (header && table) {
        header.checkRow(record, line);
        table.add(record, `line ${line}`);
      } else {
        header = new CsvHeader(file, record, delimiter, line);
        table = header.tableOf(choice);
      }
    }
    if (table) return table.finish();
    throw invalidData(`expected a header line in ${file}, received an empty file`);
  } catch (cause) {
    throw cause instanceof CsvError ? broken(file, cause, lines) : cause;
  }
}

/** The first line of a row that ends in a given line: fields in quotes may hold line ends. */
function firstLine(record: readonly string[], last: number): number {
  return record.reduce((line, field) => line - (/[\r\n]/.test(field) ? lineEnds(field) : 0), last);
}

function lineEnds(field: string): number {
  return field.match(/\r\n|\n|\r/g)?.length ?? 0;
}

async function* chunksOf(source: ByteSource): AsyncGenerator<Uint8Array> {
  for (;;) {
    const chunk = await source.next(source.most);
    if (chunk === undefined) return;
    yield chunk;
  }
}

function broken(file: string, cause: CsvError, lines: LineIndex): EigenstudentError {
  const { code, bytes } = cause as CsvError & { bytes?: number };
  const reason =
    code === 'CSV_QUOTE_NOT_CLOSED'
      ? 'a quote opens a field there, and none closes it before the end of the file'
      : `text follows the quote that closes a field. A quote within quotes is written twice: "5"" pipe"`;
  const message = `line ${lines.lineAt(bytes ?? 0)} of ${file} is not readable CSV: ${reason}`;
  return new EigenstudentError('file_corrupt', message, { cause });
}
