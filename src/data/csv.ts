/** Tables as text, with a header. */
import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { EigenstudentError } from '../errors.js';
import { ByteSource } from './byte-source.js';
import { type ColumnChoice, checkChoice, columnChoiceKeys, TableBuilder, type TableData } from './columns.js';
import { invalidData } from './labelled-samples.js';

export interface CsvOptions extends ColumnChoice {
  /** Between two fields. Default ','. */
  readonly delimiter?: string;
}

/**
 * The data set in a CSV file (RFC 4180) with a header line, compressed with gzip or not: `readCsv('iris.csv', { label:
 * 'species' })`. It is read line by line. Every input and target is a number in decimal notation; nothing is filled in.
 * @throws invalid_argument; file_unreadable; file_corrupt for lines that are no CSV, with the line; invalid_data: no such column,
 *   a value that is missing or not a number, a class that is none of `classNames`, each with its line and column
 */
export async function readCsv(file: string, options: CsvOptions = {}): Promise<TableData> {
  checkChoice('readCsv', options, [...columnChoiceKeys, 'delimiter']);
  const { delimiter = ',', ...choice } = options;
  const source = await ByteSource.open(file);
  const bytes = Readable.from(chunksOf(source));
  const rows = parse({ bom: true, info: true, skip_empty_lines: true, trim: true, delimiter });
  bytes.on('error', (error) => rows.destroy(error));
  let table: TableBuilder | undefined;
  try {
    for await (const { record, info } of bytes.pipe(rows) as AsyncIterable<Row>) {
      if (table) table.add(record, `line ${info.lines}`);
      else
        table = new TableBuilder(
          file,
          record.map((name) => name.trim()),
          choice,
          'text',
        );
    }
    if (table) return table.finish();
    throw invalidData(`expected a header line in ${file}, received an empty file`);
  } catch (cause) {
    throw cause instanceof CsvError ? broken(file, cause) : cause;
  } finally {
    source.close();
  }
}

interface Row {
  readonly record: string[];
  readonly info: { readonly lines: number };
}

async function* chunksOf(source: ByteSource): AsyncGenerator<Uint8Array> {
  for (;;) {
    const chunk = await source.next(source.most);
    if (chunk === undefined) return;
    yield chunk;
  }
}

function broken(file: string, cause: CsvError): EigenstudentError {
  const { code, lines, record } = cause as CsvError & { lines?: number; record?: unknown[] };
  const reason =
    code === 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH'
      ? `expected ${fieldsWanted(cause)} fields, as the header has, received ${record?.length}`
      : cause.message;
  const message = `line ${lines} of ${file} is not readable CSV: ${reason}`;
  return new EigenstudentError('file_corrupt', message, { cause });
}

/** The parser may be further than the rows that it has handed out: the header itself need not have come yet. */
function fieldsWanted({ message }: CsvError): string {
  return /expect (\d+)/.exec(message)?.[1] ?? 'as many';
}
