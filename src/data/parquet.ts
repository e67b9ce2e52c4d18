/** Tables as columns: Apache Parquet. */
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { EigenstudentError } from '../errors.js';
import { beginningOf, describeForeign } from '../network/files/file-kind.js';
import { type ColumnChoice, checkChoice, columnChoiceKeys, TableBuilder, type TableData } from './columns.js';

/** Rows in memory at once as objects; arbitrary. */
const rowsAtOnce = 10_000;

/**
 * The data set in a Parquet file, of any of its compressions: `readParquet('iris.parquet', { label: 'species' })`. Inputs and
 * targets are numbers or booleans; nothing is filled in.
 * @throws invalid_argument; file_unreadable; file_corrupt; invalid_data: no such column, a value that is missing or not a
 *   number, a class that is none of `classNames`, each with its row, counted from 0, and column
 */
export async function readParquet(file: string, options: ColumnChoice = {}): Promise<TableData> {
  checkChoice('readParquet', options, columnChoiceKeys);
  const bytes = await openFile(file);
  try {
    const metadata = await parquetMetadataAsync(bytes);
    const header = parquetSchema(metadata).children.map(({ element }) => element.name);
    const table = new TableBuilder(file, header, options);
    const columns = wantedColumns(header, options);
    const rows = Number(metadata.num_rows);
    for (let rowStart = 0; rowStart < rows; rowStart += rowsAtOnce) {
      const rowEnd = Math.min(rows, rowStart + rowsAtOnce);
      const some = await parquetReadObjects({
        file: bytes,
        metadata,
        columns,
        rowStart,
        rowEnd,
        compressors,
      });
      for (const [i, row] of some.entries())
        table.add(
          header.map((name) => row[name]),
          `row ${rowStart + i}`,
        );
    }
    return table.finish();
  } catch (cause) {
    if (cause instanceof EigenstudentError) throw cause;
    const foreign = describeForeign(await beginningOf(file), 'a Parquet file');
    const reason = foreign ? `it ${foreign}` : cause instanceof Error ? cause.message : String(cause);
    const message = `${file} is not a readable Parquet file: ${reason}`;
    throw new EigenstudentError('file_corrupt', message, { cause });
  }
}

async function openFile(file: string) {
  try {
    return await asyncBufferFromFile(file);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EigenstudentError('file_unreadable', `cannot read ${file}: ${reason}`, { cause });
  }
}

/** Those that are not asked for are not unpacked. */
function wantedColumns(header: readonly string[], { inputs, label, target }: ColumnChoice): string[] {
  if (!inputs) return [...header];
  const named = [...inputs, ...[target ?? []].flat(), ...(label === undefined ? [] : [label])];
  return header.filter((name) => named.includes(name));
}
