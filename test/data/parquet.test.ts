import { DuckDBInstance } from '@duckdb/node-api';
import { expect, it } from 'vitest';
import { readParquet } from '../../src/data/parquet.js';
import { rejectionOf } from '../failure.js';
import { fileOf, temporaryPath } from './files.js';

/** The path of a Parquet file that DuckDB wrote from a query. */
async function parquetOf(query: string, compression = 'snappy', version = 'V1'): Promise<string> {
  const path = await temporaryPath('table.parquet');
  const database = await DuckDBInstance.create(':memory:');
  const connection = await database.connect();
  await connection.run(
    `COPY (${query}) TO '${path}' (FORMAT parquet, COMPRESSION ${compression}, PARQUET_VERSION ${version})`,
  );
  connection.closeSync();
  database.closeSync();
  return path;
}

const kinds = `SELECT i::DOUBLE / 4 AS a, i::INTEGER AS b, i::BIGINT AS c, i % 2 = 0 AS d, i::FLOAT AS e,
  CASE WHEN i % 2 = 0 THEN 'even' ELSE 'odd' END AS parity FROM range(5) t(i)`;

it.each(['uncompressed', 'snappy', 'gzip', 'zstd', 'lz4_raw', 'brotli'])(
  'numbers of every kind, %s',
  async (compression) => {
    const { data, inputNames, classNames } = await readParquet(await parquetOf(kinds, compression), {
      label: 'parity',
    });
    expect([inputNames, classNames]).toEqual([
      ['a', 'b', 'c', 'd', 'e'],
      ['even', 'odd'],
    ]);
    expect([...data.inputs.slice(0, 15)]).toEqual([0, 0, 0, 1, 0, 0.25, 1, 1, 0, 1, 0.5, 2, 2, 1, 2]);
    expect([...(data.classes ?? [])]).toEqual([0, 1, 0, 1, 0]);
  },
);

it('reads integers of 32 bits whose differences have 33 bits', async () => {
  const query =
    'SELECT i::UINTEGER AS a, (i - 2147483648)::INTEGER AS b FROM (VALUES (2147483648), (0), (4294967295)) t(i)';
  const { data } = await readParquet(await parquetOf(query, 'snappy', 'V2'));
  expect([...data.inputs]).toEqual([2147483648, 0, 0, -2147483648, 4294967295, 2147483647]);
});

it('reads more rows than fit into one read, of numbers and of lists', async () => {
  const columns = Array.from({ length: 14 }, (_, j) => `i + ${j} AS c${j}`).join(', ');
  const file = await parquetOf(`SELECT ${columns}, [i, -i] AS v, -i AS b FROM range(25000) t(i)`);
  const { data } = await readParquet(file, { target: 'b' });
  expect([data.samples, data.inputCount]).toEqual([25_000, 16]);
  for (const i of [0, 12_345, 17_475, 17_476, 24_999]) {
    const row = [...Array.from({ length: 14 }, (_, j) => i + j), i, -i];
    expect([...data.inputs.subarray(16 * i, 16 * i + 16)]).toEqual(row.map((x) => x + 0));
    expect(data.targets?.[i]).toBe(-i + 0);
  }
});

it.each([
  [
    'SELECT 1 AS a, NULL::INTEGER AS b',
    { target: 'b' },
    /^invalid_data: row 0 of .*: expected a finite number in column "b", received nothing/,
  ],
  [
    "SELECT 'x' AS a, 2 AS b",
    { target: 'b' },
    /^invalid_data: row 0 of .*: expected a finite number in column "a", received "x"\. A column of/,
  ],
  [
    "SELECT 'nan'::DOUBLE AS a, 2 AS b",
    { target: 'b' },
    /^invalid_data: row 0 of .*: expected a finite number in column "a", received NaN/,
  ],
  [
    'SELECT 1 AS alpha, 2 AS b',
    { label: 'alhpa' },
    /^invalid_data: expected a column "alhpa" in .*, received "alpha", "b"\. Did you mean "alpha"\?$/,
  ],
])('%s is refused', async (query, options, message) => {
  expect(await rejectionOf(readParquet(await parquetOf(query), options))).toMatch(message);
});

it('refuses a file that is not Parquet', async () => {
  const path = await fileOf('table.parquet', 'a,b\n1,2\n3,4\n');
  expect(await rejectionOf(readParquet(path))).toMatch(
    /^file_corrupt: .*table\.parquet is not a readable Parquet file: /,
  );
  expect(await rejectionOf(readParquet('none.parquet'))).toMatch(
    /^file_unreadable: cannot read none\.parquet: ENOENT/,
  );
});
