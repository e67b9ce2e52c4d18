/** Tables as columns: Apache Parquet. */
import { asyncBufferFromFile, parquetMetadataAsync } from 'hyparquet';
import { checkPath } from '../arguments.js';
import { EigenstudentError, reasonOf } from '../errors.js';
import { beginningOf, describeForeign } from '../files/file-kind.js';
import { type ColumnChoice, checkChoice, columnChoiceKeys, TableBuilder, type TableData } from './columns.js';
import { addRows, type ShapedColumn, shapedBy } from './parquet/cells.js';
import { chosenColumns, type ParquetColumn } from './parquet/chosen-columns.js';
import { elementNames } from './parquet/lists.js';
import { storedRows } from './parquet/stored-columns.js';

/**
 * The data set in a Parquet file, of any of its compressions: `readParquet('iris.parquet', { label: 'species'
 * })`. Inputs and targets are numbers, booleans, or lists of them that have one length, whose elements become
 * inputs "name[0]", "name[1]", ... A class is a name, a number, a boolean, or a date or time (ISO 8601).
 * Missing values are not filled in. Only decimal numbers are rounded, to the nearest float64. The index of a
 * data frame of pandas is an input only if it is named.
 * @throws invalid_argument; file_unreadable; file_corrupt; invalid_data: no such column, one that holds
 *   neither numbers nor classes, a value that is missing or not a number, a class that is not in
 *   `classNames`, each with its row, counted from 0, and column
 */
export async function readParquet(file: string, options: ColumnChoice = {}): Promise<TableData> {
  checkChoice('readParquet', options, columnChoiceKeys);
  const bytes = await openFile(file);
  try {
    const metadata = await parquetMetadataAsync(bytes);
    const columns = chosenColumns(file, metadata, options);
    let shaped: ShapedColumn[] | undefined;
    let table: TableBuilder | undefined;
    for await (const stored of storedRows(bytes, metadata, columns)) {
      shaped ??= shapedBy(file, columns, stored);
      table ??= builder(file, shaped, options);
      addRows(file, table, shaped, stored);
    }
    table ??= builder(
      file,
      columns.map((column) => ({ ...column, shape: [] })),
      options,
    );
    return { ...table.finish(), inputColumns: namesOf(columns, 'input') };
  } catch (cause) {
    if (cause instanceof EigenstudentError) throw cause;
    const foreign = describeForeign(await beginningOf(file), 'a Parquet file');
    const reason = foreign ? `it ${foreign}` : reasonOf(cause);
    const message = `${file} is not a readable Parquet file: ${reason}`;
    throw new EigenstudentError('file_corrupt', message, { cause });
  }
}

async function openFile(file: string) {
  checkPath('a file to read', file);
  try {
    return await asyncBufferFromFile(file);
  } catch (cause) {
    const reason = reasonOf(cause);
    throw new EigenstudentError('file_unreadable', `cannot read ${file}: ${reason}`, { cause });
  }
}

/** The chosen columns of a table that has only these, with one column per element of a list. */
function builder(file: string, columns: readonly ShapedColumn[], { classNames }: ColumnChoice): TableBuilder {
  const elements = columns.flatMap(({ name, use, shape }) =>
    elementNames(name, shape).map((element) => ({ name: element, use })),
  );
  const header = elements.map(({ name }) => name);
  const [label] = namesOf(elements, 'label');
  return new TableBuilder(file, header, {
    inputs: namesOf(elements, 'input'),
    ...(label === undefined ? { targets: namesOf(elements, 'target') } : { label }),
    classNames,
  });
}

function namesOf(
  columns: readonly Pick<ParquetColumn, 'name' | 'use'>[],
  wanted: ParquetColumn['use'],
): string[] {
  return columns.flatMap(({ name, use }) => (use === wanted ? [name] : []));
}
