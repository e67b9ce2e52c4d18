/** Random tables that DuckDB writes are read as DuckDB reads them. */
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readParquet } from '../../src/data/parquet.js';
import { temporaryPath } from './files.js';

let database: DuckDBInstance;
let connection: DuckDBConnection;
beforeAll(async () => {
  database = await DuckDBInstance.create(':memory:');
  connection = await database.connect();
  await connection.run("SET TimeZone = 'UTC'");
});
afterAll(() => {
  connection.closeSync();
  database.closeSync();
});

const text = (value: string | number | bigint) => `'${value}'`;
const integer = (type: string, min: bigint, max: bigint) =>
  fc.bigInt({ min, max }).map((n) => `${text(n)}::${type}`);
const float = fc.double({ noNaN: true, noDefaultInfinity: true });
const single = fc.float({ noNaN: true, noDefaultInfinity: true });
const decimal = (width: number, scale: number) => {
  const most = 10n ** BigInt(width) - 1n;
  return fc.bigInt({ min: -most, max: most }).map((n) => {
    const digits = String(n < 0n ? -n : n).padStart(scale + 1, '0');
    const whole = digits.slice(0, digits.length - scale);
    return `'${n < 0n ? '-' : ''}${whole}.${digits.slice(digits.length - scale)}'::DECIMAL(${width}, ${scale})`;
  });
};
const list = (of: fc.Arbitrary<string>, length: number, type: string) =>
  fc.array(of, { minLength: length, maxLength: length }).map((each) => `[${each.join(', ')}]::${type}`);

/** Values of one column each, as SQL. */
const inputKinds: readonly fc.Arbitrary<string>[] = [
  integer('TINYINT', -128n, 127n),
  integer('UTINYINT', 0n, 255n),
  integer('SMALLINT', -32768n, 32767n),
  integer('USMALLINT', 0n, 65535n),
  integer('INTEGER', -(2n ** 31n), 2n ** 31n - 1n),
  integer('UINTEGER', 0n, 2n ** 32n - 1n),
  integer('BIGINT', -(2n ** 53n), 2n ** 53n),
  integer('UBIGINT', 0n, 2n ** 53n),
  float.map((x) => `${text(x)}::DOUBLE`),
  single.map((x) => `${text(x)}::FLOAT`),
  fc.boolean().map(String),
  decimal(4, 2),
  decimal(9, 3),
  decimal(18, 17),
  decimal(38, 10),
  list(
    float.map((x) => `${text(x)}::DOUBLE`),
    3,
    'DOUBLE[3]',
  ),
  list(
    single.map((x) => `${text(x)}::FLOAT`),
    2,
    'FLOAT[]',
  ),
  list(decimal(9, 3), 2, 'DECIMAL(9, 3)[]'),
];

const seconds = { min: -62_135_596_800, max: 253_402_300_799 };
const instant = (type: string, places: number, range = seconds) =>
  fc
    .tuple(fc.integer(range), fc.nat({ max: 10 ** places - 1 }), fc.boolean())
    .map(([s, fraction, midnight]) => {
      const time = new Date((midnight ? s - (s % 86_400) : s) * 1000).toISOString().slice(0, 19);
      const rest = midnight ? '' : `.${String(fraction).padStart(places, '0')}`;
      return `'${time.replace('T', ' ')}${rest}'::${type}`;
    });
const labelKinds: readonly fc.Arbitrary<string>[] = [
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 5 })
    .map((name) => `'c${name.replaceAll("'", "''").replaceAll('\0', '')}c'`),
  integer('BIGINT', -(2n ** 63n), 2n ** 63n - 1n),
  integer('UBIGINT', 0n, 2n ** 64n - 1n),
  decimal(9, 3),
  fc.boolean().map(String),
  fc.uuid().map((id) => `'${id}'::UUID`),
  instant('DATE', 6),
  instant('TIMESTAMP', 6),
  instant('TIMESTAMP_MS', 3),
  instant('TIMESTAMP_NS', 9, { min: -9_000_000_000, max: 9_000_000_000 }),
  instant('TIMESTAMPTZ', 6),
  fc.nat({ max: 86_399_999_999 }).map((n) => `('00:00:00'::TIME + to_microseconds(${n}))`),
  fc.constantFrom('lo', 'mid', 'hi').map((name) => `'${name}'::ENUM('lo', 'mid', 'hi')`),
];

/** As DuckDB writes values, but times in ISO 8601. */
function className(duckdb: string): string {
  return duckdb
    .replace(/^(\d{4}-\d\d-\d\d) 00:00:00(?:\+00)?$/, '$1')
    .replace(/^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)/, '$1T$2')
    .replace(/^(.*T.*)\+00$/, '$1Z');
}

const table = fc
  .tuple(
    fc.integer({ min: 1, max: 30 }),
    fc.uniqueArray(fc.nat({ max: inputKinds.length - 1 }), { minLength: 1, maxLength: 5 }),
    fc.nat({ max: labelKinds.length - 1 }),
  )
  .chain(([rows, inputs, label]) =>
    fc.array(
      fc.tuple(
        ...inputs.map((i) => inputKinds[i] as fc.Arbitrary<string>),
        labelKinds[label] as fc.Arbitrary<string>,
      ),
      { minLength: rows, maxLength: rows },
    ),
  );

/** A query that gives these rows, with columns c0, c1, ..., label. */
function valuesOf(rows: readonly (readonly string[])[], columns: readonly string[]): string {
  const list = rows.map((cells) => `(${cells.join(', ')})`).join(', ');
  return `FROM (VALUES ${list}) AS t(${columns.join(', ')}, label)`;
}

it('random tables are read as the peer reads them', async () => {
  const path = await temporaryPath('random.parquet');
  await fc.assert(
    fc.asyncProperty(
      table,
      fc.constantFrom('V1', 'V2'),
      fc.integer({ min: 1, max: 40 }),
      async (rows, version, group) => {
        const columns = (rows[0] as string[]).slice(0, -1).map((_, i) => `c${i}`);
        await connection.run(
          `COPY (${valuesOf(rows, columns)}) TO '${path}' (FORMAT parquet, PARQUET_VERSION ${version}, ROW_GROUP_SIZE ${group})`,
        );
        const ours = await readParquet(path, { label: 'label', inputs: columns });
        const theirs = (
          await connection.runAndReadAll(`SELECT ${columns.join(', ')}, label::VARCHAR FROM '${path}'`)
        ).getRows();
        const numbers = theirs.flatMap((cells) => cells.slice(0, -1).flatMap(numbersIn));
        expect([...ours.data.inputs]).toEqual(numbers);
        const names = theirs.map((cells) => className(String(cells.at(-1))));
        expect([...(ours.data.classes ?? [])].map((k) => ours.classNames?.[k])).toEqual(names);
        const ordered = await connection.runAndReadAll(
          `SELECT label::VARCHAR FROM '${path}' GROUP BY label ORDER BY label`,
        );
        if (!/'c|ENUM/.test(rows[0]?.at(-1) ?? ''))
          expect(ours.classNames).toEqual(ordered.getRows().map(([name]) => className(String(name))));
      },
    ),
    { seed: 7, numRuns: 60 },
  );
});

/** Decimals of DuckDB as their text says; lists as their elements. */
function numbersIn(value: unknown): number[] {
  if (typeof value === 'object' && value !== null && 'items' in value)
    return (value.items as unknown[]).flatMap(numbersIn);
  return [typeof value === 'object' ? Number(String(value)) : Number(value)];
}
