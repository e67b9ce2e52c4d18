/** Converts results of DuckDB to values that JSON can represent. */
import type { DuckDBValueConverter } from '@duckdb/node-api';
import type { Duckdb } from './duckdb.js';
import type { QueryValue } from './query-result.js';

/**
 * Integers stay numbers if a double represents them exactly, and are text otherwise; non-finite numbers are null, as in
 * a record.
 */
export function valueConverter(duckdb: Duckdb): DuckDBValueConverter<QueryValue> {
  const { DuckDBTypeId, DuckDBTimestampValue, DuckDBTimestampTZValue, JsonDuckDBValueConverter } = duckdb;
  // DuckDB's types describe only its own JSON; nested values are passed to the given converter.
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
