/** Answers of DuckDB as values that JSON can hold. */
import type { DuckDBValueConverter } from '@duckdb/node-api';
import type { Duckdb } from './duckdb.js';
import type { QueryValue } from './query-result.js';

/**
 * Whole numbers stay numbers as long as a double holds them exactly, and are texts beyond; what is not finite is null,
 * as in a record.
 */
export function valueConverter(duckdb: Duckdb): DuckDBValueConverter<QueryValue> {
  const { DuckDBTypeId, DuckDBTimestampValue, DuckDBTimestampTZValue, JsonDuckDBValueConverter } = duckdb;
  // Typed by DuckDB as one that only makes its own JSON; it hands nested values to the converter it is given.
  const others = JsonDuckDBValueConverter as DuckDBValueConverter<QueryValue>;
  return (value, type, converter) => {
    if (typeof value === 'bigint') {
      const number = Number(value);
      return Number.isSafeInteger(number) ? number : String(value);
    }
    if (typeof value === 'number') return Number.isFinite(value) ? value : null;
    if (type.typeId === DuckDBTypeId.DECIMAL) return Number(String(value));
    if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue) {
      const time = new Date(Number(value.micros / 1000n));
      return Number.isNaN(time.getTime()) ? String(value) : time.toISOString();
    }
    return others(value, type, converter);
  };
}
