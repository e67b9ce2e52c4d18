/**
 * The metadata that pandas writes about the columns of a Parquet file:
 * https://pandas.pydata.org/docs/development/developer.html
 */
import type { FileMetaData } from 'hyparquet';
import { EigenstudentError, reasonOf } from '../../errors.js';

export interface PandasMetadata {
  /** Columns that hold the index of the frame. An index that only counts rows is not stored as a column. */
  readonly indexColumns: readonly string[];
  /** Columns of integers that are differences of times. */
  readonly durations: ReadonlySet<string>;
}

/**
 * @param isNeeded whether a column that the call does not name may be an index
 * @throws file_corrupt when it is needed, and pandas could not read it
 */
export function pandasMetadata(
  source: string,
  { key_value_metadata: entries }: FileMetaData,
  isNeeded: boolean,
): PandasMetadata {
  const value = entries?.find(({ key }) => key === 'pandas')?.value;
  if (value === undefined) return nothing;
  try {
    const { index_columns: indexes = [], columns = [] } = JSON.parse(value) as Described;
    return {
      indexColumns: indexes.flatMap((each) => (typeof each === 'string' ? [each] : [])),
      durations: new Set(
        columns.filter(isDuration).map(({ name, field_name: field }) => field ?? name ?? ''),
      ),
    };
  } catch (cause) {
    if (!isNeeded) return nothing;
    const reason = reasonOf(cause);
    throw new EigenstudentError(
      'file_corrupt',
      `expected JSON under the key "pandas" in the metadata of ${source}, which names the index: ${reason}. Name the columns to learn from in inputs`,
      { cause },
    );
  }
}

const nothing: PandasMetadata = { indexColumns: [], durations: new Set() };

interface Described {
  readonly index_columns?: readonly unknown[];
  readonly columns?: readonly DescribedColumn[];
}

interface DescribedColumn {
  readonly name?: string | null;
  readonly field_name?: string | null;
  readonly numpy_type?: string;
}

function isDuration({ numpy_type: type }: DescribedColumn): boolean {
  return type?.startsWith('timedelta64') === true;
}
