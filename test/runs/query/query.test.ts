import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/runs/query/duckdb.js';
import { exportRecords, queryRecords } from '../../../src/runs/query/query.js';
import { openRunDirectory } from '../../../src/runs/run-directory.js';
import { readRecords } from '../../../src/sweep.js';
import { rejectionOf } from '../../failure.js';
import { syntheticFailure } from '../../report/synthetic-run.js';
import { madeUpTrial, smallProtocol } from '../../sweep/small-protocol.js';
import { writeStudent } from '../../sweep/student-records.js';
import type { ShortTrial as StudentTrial } from '../../sweep/student-trials.js';
import { expand } from '../../sweep/student-trials.js';

const protocol = smallProtocol();
const trials = expand(protocol);
const [first, second, third] = trials as [StudentTrial, StudentTrial, StudentTrial, ...StudentTrial[]];
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'eigenstudent-query-'));
  await openRunDirectory(directory, protocol);
  await write(first);
  await write(second);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function write(trial: StudentTrial): Promise<void> {
  const { record, arrays } = madeUpTrial(trial);
  await writeStudent(directory, record, arrays);
}

async function writeFailed(trial: StudentTrial): Promise<void> {
  const { record, arrays } = syntheticFailure(trial);
  await writeStudent(directory, record, arrays);
}

const rowsOf = async (sql: string) => (await queryRecords(directory, sql)).rows;
const indexPath = () => join(directory, 'index.parquet');

describe('the table trials', () => {
  it('has a row for each record and a column for each of its fields', async () => {
    const { rows, columns, unreadable } = await queryRecords(directory, 'from trials order by key');
    const records = (await readRecords(directory)).toSorted((a, b) => (a.key < b.key ? -1 : 1));
    expect(rows).toHaveLength(2);
    rows.forEach((row, i) => {
      // Null: fields of the protocol that another trial has, and the error of one that has none.
      const { scalars, ...others } = records[i] as (typeof records)[number];
      expect(row).toMatchObject({ ...others, ...scalars, errorCode: null, errorMessage: null });
    });
    expect(columns.map(({ name }) => name)).toEqual(Object.keys(rows[0] as object));
    expect(unreadable).toEqual([]);
  });

  it('has integers for counts and timestamps for times', async () => {
    const { columns } = await queryRecords(directory, 'from trials');
    const types = Object.fromEntries(columns.map(({ name, type }) => [name, type]));
    expect(types).toMatchObject({
      schema: 'BIGINT',
      key: 'VARCHAR',
      width: 'BIGINT',
      steps: 'BIGINT',
      seconds: 'DOUBLE',
      testLoss: 'DOUBLE',
      effectiveSize: 'BIGINT',
      finishedAt: 'TIMESTAMP',
      errorStep: 'BIGINT',
      errorLearningRate: 'DOUBLE',
    });
    expect(types.protocol).toMatch(/^STRUCT\("schema" BIGINT, /);
  });

  it('has the protocol as a struct whose fields are addressed with dots', async () => {
    const sql =
      'select distinct protocol.arm.optimizer.adam.learningRate as rate, protocol.student.width - 10 as less from trials';
    expect(await rowsOf(sql)).toEqual([{ rate: 0.01, less: first.protocol.student.width - 10 }]);
  });

  it('has failed trials too, with their error and null scalars', async () => {
    await writeFailed(third);
    expect(
      await rowsOf(
        'select key, errorCode, errorMessage, errorLearningRate, testLoss, effectiveSize from trials where errorCode is not null',
      ),
    ).toEqual([
      {
        key: third.key,
        errorCode: 'diverged',
        errorMessage: 'its loss was not finite at step 412, learning rate 0.005; lower the learning rate',
        errorLearningRate: 0.005,
        testLoss: null,
        effectiveSize: null,
      },
    ]);
  });

  it('exists before there is any record', async () => {
    await rm(join(directory, 'trials'), { recursive: true });
    await openRunDirectory(directory, protocol);
    expect(await rowsOf('select count(*) as n, max(protocol.arm.batchSize) as b from trials')).toEqual([
      { n: 0, b: null },
    ]);
  });

  it('has a schedule as text in a column that also has numbers', async () => {
    const learningRate = { cosine: { base: 0.5, total: 100 } };
    const arms = { direct: { optimizer: { sgd: { learningRate } }, batchSize: 16 } };
    const [scheduled] = expand(smallProtocol({ arms })) as [StudentTrial, ...StudentTrial[]];
    const constant = { direct: { optimizer: { sgd: { learningRate: 0.5 } }, batchSize: 16 } };
    const [plain] = expand(smallProtocol({ arms: constant })) as [StudentTrial, ...StudentTrial[]];
    await write(scheduled);
    await write(plain);
    const sql =
      'select protocol.arm.optimizer.sgd.learningRate as rate from trials where protocol.arm.optimizer.sgd is not null';
    expect((await rowsOf(sql)).map(({ rate }) => rate)).toEqual(
      expect.arrayContaining([
        '0.5',
        JSON.stringify({ cosine: { base: 0.5, total: 100, minimum: 0, warmup: 0 } }),
      ]),
    );
  });
});

describe('a result', () => {
  it('consists of values that JSON can represent', async () => {
    const [row] = await rowsOf(
      `select count(*) as count, sum(width) as huge, 9007199254740993 as large, 1.5::decimal(4, 2) as decimal,
        min(finishedAt) as time, date '2026-01-02' as day, 'nan'::double as nan, [1::bigint, 2] as list,
        {'a': 1::bigint} as struct, '{"b": [1]}'::json as json, true as yes, null as nothing from trials`,
    );
    expect(row).toEqual({
      count: 2,
      huge: 2 * first.protocol.student.width,
      large: '9007199254740993',
      decimal: 1.5,
      time: '2026-01-01T00:00:00.000Z',
      day: '2026-01-02',
      nan: null,
      list: [1, 2],
      struct: { a: 1 },
      json: '{"b": [1]}',
      yes: true,
      nothing: null,
    });
    expect(JSON.parse(JSON.stringify(row))).toEqual(row);
  });

  it('keeps columns of one name apart', async () => {
    const { columns, rows } = await queryRecords(directory, 'select 1 as a, 2 as a');
    expect(columns.map(({ name }) => name)).toEqual(Object.keys(rows[0] as object));
    expect(Object.values(rows[0] as object)).toEqual([1, 2]);
  });
});

describe('invalid SQL', () => {
  it("is refused with DuckDB's message and the columns", async () => {
    expect(await rejectionOf(queryRecords(directory, 'select widht from trials'))).toMatch(
      /^invalid_query: DuckDB: Binder Error: Referenced column "widht" not found.*\nThe table is trials, its columns: schema, key, .*, width, .*, protocol$/s,
    );
    expect(await rejectionOf(queryRecords(directory, 'selekt 1'))).toMatch(
      /^invalid_query: DuckDB: .*Parser Error: syntax error at or near "selekt"/,
    );
  });

  it.each([
    ['', 'expected one SELECT, received nothing'],
    [
      'select 1; select 2',
      'expected one SELECT, received 2 statements (a PIVOT needs its values: ON column IN (...))',
    ],
    ['delete from trials', 'expected one SELECT, received a statement of type DELETE; queries only read'],
    ['set threads = 1', 'expected one SELECT, received a statement of type SET; queries only read'],
    ['install httpfs', 'expected one SELECT, received a statement of type LOAD; queries only read'],
  ])('is refused before it runs: %j', async (sql, message) => {
    expect(await rejectionOf(queryRecords(directory, sql))).toBe(`invalid_query: ${message}`);
  });

  it('cannot read another file', async () => {
    const secret = join(directory, 'protocol.yaml');
    for (const source of [
      `read_text('${secret}')`,
      `read_parquet('${indexPath()}')`,
      `glob('${directory}/*')`,
    ])
      expect(await rejectionOf(queryRecords(directory, `select * from ${source}`))).toMatch(
        /^invalid_query: DuckDB: .*file system operations are disabled by configuration/,
      );
  });

  it('cannot write a file', async () => {
    const target = join(directory, 'written.csv');
    for (const work of [
      () => queryRecords(directory, `copy trials to '${target}'`),
      () => exportRecords(directory, join(directory, 'x.parquet'), `copy trials to '${target}'`),
      () => queryRecords(directory, `attach '${target}'`),
    ])
      expect(await rejectionOf(work())).toMatch(/^invalid_query: /);
    expect(await readdir(directory)).not.toContain('written.csv');
  });
});

describe('export', () => {
  it('writes every record as Parquet, typed', async () => {
    await writeFailed(third);
    const file = join(directory, 'all.parquet');
    expect(await exportRecords(directory, file)).toEqual({ file, rows: 3, failed: 1, unreadable: [] });
    const database = await openDatabase();
    const reader = await database.connection.runAndReadAll(
      `select count(*)::integer as n, count(testLoss)::integer as finished, min(protocol.arm.optimizer.adam.learningRate) as rate,
        max(typeof(finishedAt)) as time from '${file}'`,
    );
    expect(reader.getRowObjects()).toEqual([{ n: 3, finished: 2, rate: 0.01, time: 'TIMESTAMP' }]);
    database.close();
  });

  it('fails with the path where it cannot write', async () => {
    const file = join(directory, 'nowhere', 'all.parquet');
    expect(await rejectionOf(exportRecords(directory, file))).toMatch(
      /^file_unwritable: cannot write .*nowhere\/all\.parquet: ENOENT/,
    );
  });
});

it('a query without DuckDB fails with the command that installs it', async () => {
  const missing = () => Promise.reject(new Error("Cannot find package '@duckdb/node-api'"));
  expect(await rejectionOf(openDatabase(missing))).toBe(
    'duckdb_missing: queries and Parquet need DuckDB, an optional package of 70 MB that is not installed here. Add it with\n' +
      '  npm install @duckdb/node-api\n' +
      "(with --global where eigenstudent is installed so). Node says: Cannot find package '@duckdb/node-api'",
  );
});

it('a query of a directory without a run fails', async () => {
  const elsewhere = join(directory, 'trials');
  expect(await rejectionOf(queryRecords(elsewhere, 'select 1'))).toMatch(
    /^file_unreadable: .* is not a run directory: it has no protocol\.yaml/,
  );
});
