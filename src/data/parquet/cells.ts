/** Converts the values in a Parquet file to cells of a table. */
import type { TableBuilder } from '../columns.js';
import { invalidData } from '../labelled-samples.js';
import type { ParquetColumn } from './chosen-columns.js';
import { flatten, shapeOf } from './lists.js';
import type { StoredRows } from './stored-columns.js';
import { UnreadableValue } from './values.js';

/** A column, and the lengths of its lists; none where it holds single values. */
export interface ShapedColumn extends ParquetColumn {
  readonly shape: readonly number[];
}

/** The first row says how long lists are. @throws invalid_data when it has none */
export function shapedBy(
  file: string,
  columns: readonly ParquetColumn[],
  { firstRow, columns: stored }: StoredRows,
): ShapedColumn[] {
  return columns.map((column, c) => {
    const expected = () =>
      `a list of ${'lists of '.repeat(column.depth - 1)}numbers in column "${column.name}"`;
    const shape = readable(file, firstRow, expected, () => shapeOf(stored[c]?.[0], column.depth));
    return { ...column, shape };
  });
}

/** @throws invalid_data with row and column */
export function addRows(
  file: string,
  table: TableBuilder,
  columns: readonly ShapedColumn[],
  stored: StoredRows,
): void {
  for (let i = 0; i < stored.rows; ++i) {
    const row = stored.firstRow + i;
    const cells: unknown[] = [];
    for (const [c, column] of columns.entries())
      readable(
        file,
        row,
        () => expectedOf(column),
        () => addCells(column, stored.columns[c]?.[i], cells),
      );
    table.add(cells, `row ${row}`);
  }
}

function addCells({ shape, convert }: ShapedColumn, value: unknown, cells: unknown[]): void {
  const from = cells.length;
  flatten(value, shape, cells);
  for (let k = from; k < cells.length; ++k) {
    const raw = cells[k];
    if (raw !== null && raw !== undefined) cells[k] = convert(raw as never);
  }
}

function expectedOf({ name, use, shape }: ShapedColumn): string {
  if (shape.length > 0)
    return `a list of ${shape.join(' x ')} numbers in column "${name}", as in the first row`;
  return `${use === 'label' ? 'a class' : 'a number'} in column "${name}"`;
}

function readable<Result>(file: string, row: number, expected: () => string, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof UnreadableValue)) throw cause;
    throw invalidData(
      `row ${row} of ${file}: expected ${expected()}, received ${cause.message}. Correct it, or leave the row or the column out`,
    );
  }
}
