/**
 * The numbers and bytes of a Parquet file, as they are stored: hyparquet unpacks them and does not interpret
 * them.
 */
import {
  type AsyncBuffer,
  type FileMetaData,
  parquetScan,
  type RowGroup,
  type SchemaElement,
} from 'hyparquet';
import type { ParquetColumn } from './chosen-columns.js';
import { isList } from './column-kinds.js';
import { withCheckedPages } from './page-claims.js';

/** How many values are in memory at once; arbitrary. */
const valuesAtOnce = 2 ** 18;

/** Rows of some columns. */
export interface StoredRows {
  readonly firstRow: number;
  readonly rows: number;
  /** By column, then by row; what is null in the file is null or undefined. */
  readonly columns: readonly ArrayLike<unknown>[];
}

/** Stretches of rows, in the order of the file. A stretch lies within one row group. */
export async function* storedRows(
  file: AsyncBuffer,
  metadata: FileMetaData,
  columns: readonly ParquetColumn[],
): AsyncGenerator<StoredRows> {
  const names = columns.map(({ name }) => name);
  const stored = {
    ...metadata,
    schema: metadata.schema.map(withoutMeaning),
    row_groups: metadata.row_groups.map(withWideDeltas),
  };
  const scan = await parquetScan({
    ...withCheckedPages(file, stored, names),
    columns: names,
    utf8: false,
    parsers: { timestampFromNanoseconds: (nanoseconds) => nanoseconds },
  });
  const atOnce = Math.max(1000, Math.floor(valuesAtOnce / names.length));
  let next = 0;
  for (const range of scan.ranges) {
    if (range.rowStart !== next) throw new Error(`row ${next} is in no row group`);
    // A page of lists does not say where a row begins, so a row group with lists is unpacked as a whole,
    // which hyparquet keeps in memory.
    for (const { name, depth } of columns) if (depth > 0) await scan.readColumn({ column: name, ...range });
    for (let rowStart = range.rowStart; rowStart < range.rowEnd; rowStart += atOnce) {
      const rowEnd = Math.min(range.rowEnd, rowStart + atOnce);
      const values: ArrayLike<unknown>[] = [];
      for (const column of names) {
        const ofColumn = await scan.readColumn({ column, rowStart, rowEnd });
        if (ofColumn.length !== rowEnd - rowStart)
          throw new Error(
            `column "${column}" has ${ofColumn.length} of the rows ${rowStart} to ${rowEnd - 1}`,
          );
        values.push(ofColumn);
      }
      yield { firstRow: rowStart, rows: rowEnd - rowStart, columns: values };
    }
    next = range.rowEnd;
  }
  if (next !== Number(metadata.num_rows))
    throw new Error(`its row groups hold ${next} rows, its footer says ${metadata.num_rows}`);
}

/** The remaining fields describe how values are stored and nested, not their logical type. */
function withoutMeaning(element: SchemaElement): SchemaElement {
  const { converted_type: _, logical_type: __, ...stored } = element;
  if (element.num_children === undefined) return stored;
  return isList(element) ? { ...stored, converted_type: 'LIST' } : element;
}

/** Encodings of levels, and of values as differences. */
const ofDeltas = ['DELTA_BINARY_PACKED', 'RLE', 'BIT_PACKED'];

/**
 * Differences of INT32 are to be unpacked as INT64: DuckDB writes them with 33 bits, of which hyparquet reads
 * 32. Readers of the values use the lower 32 bits, which are right in both cases (see lower32).
 */
function withWideDeltas(group: RowGroup): RowGroup {
  const columns = group.columns.map((column) => {
    const { meta_data: meta } = column;
    if (meta?.type !== 'INT32' || !meta.encodings.includes('DELTA_BINARY_PACKED')) return column;
    if (!meta.encodings.every((encoding) => ofDeltas.includes(encoding))) return column;
    return { ...column, meta_data: { ...meta, type: 'INT64' as const } };
  });
  return { ...group, columns };
}
