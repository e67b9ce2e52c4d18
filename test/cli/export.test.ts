import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { StudentTrial } from '../../src/experiments/teacher-student/protocol/trial.js';
import { madeUpTrial } from '../sweep/small-protocol.js';
import { withScalars, writeStudent } from '../sweep/student-records.js';
import { call } from './captured-terminal.js';
import { failureNote, parquetRows, queryRun, trials } from './query-run.js';

const paths = queryRun();

describe('export', () => {
  it('writes every record as Parquet', async () => {
    for (const options of [['--parquet'], ['--out'], ['--format', 'parquet', '--out']]) {
      const file = join(paths.folder, 'trials.parquet');
      expect(await call('export', paths.run, ...options, file)).toEqual({
        exitCode: 0,
        stdout: `${file}\n7 rows\n`,
        stderr: failureNote,
      });
      expect(await parquetRows(file)).toHaveLength(7);
      await rm(file);
    }
  });

  it('writes the same numbers, texts and nulls as CSV, JSON and Parquet', async () => {
    const [parquet, csv, json] = ['parquet', 'CSV', 'json'].map((ending) =>
      join(paths.folder, `trials.${ending}`),
    );
    for (const file of [parquet, csv, json])
      expect((await call('export', paths.run, '--out', file as string)).stdout).toBe(`${file}\n7 rows\n`);
    const columns =
      'key, width::INTEGER AS width, testLoss, maximumRelevance::DOUBLE AS maximumRelevance, finishedAt::TIMESTAMP AS finishedAt, errorCode, errorMessage';
    const rowsOf = (source: string) => parquetRows(source, `SELECT ${columns} FROM`);
    const expected = await rowsOf(`'${parquet}'`);
    expect(await rowsOf(`read_csv('${csv}')`)).toEqual(expected);
    expect(await rowsOf(`read_json('${json}')`)).toEqual(expected);
    expect(expected).toContainEqual(expect.objectContaining({ testLoss: null, errorCode: 'diverged' }));
    const [first] = JSON.parse(await readFile(json as string, 'utf8'));
    const [line] = (await parquetRows(`read_csv('${csv}')`, 'SELECT protocol FROM')) as [
      { protocol: string },
    ];
    expect(JSON.parse(line.protocol)).toEqual(first.protocol);
  });

  it('writes all digits of a number', async () => {
    const { record, arrays } = madeUpTrial(trials[7] as StudentTrial);
    await writeStudent(paths.run, withScalars(record, { testLoss: 0.1 + 0.2 }), arrays);
    for (const format of ['csv', 'json'])
      expect((await call('export', paths.run, '--format', format)).stdout).toContain('0.30000000000000004');
  });

  it('prints CSV and JSON without --out', async () => {
    expect((await call('export', paths.run, '--format', 'csv')).stdout.split('\r\n')).toHaveLength(9);
    expect(JSON.parse((await call('export', paths.run, '--format', 'json', '--json')).stdout)).toHaveLength(
      7,
    );
  });

  it.each([
    [[], 'expected --out FILE, or --format csv or json, received neither'],
    [['--format', 'parquet'], 'expected --out FILE with --format parquet, received none'],
    [['--format', 'table'], 'expected one of parquet, csv, json for --format, received "table"'],
    [
      ['--out', 'x.xlsx'],
      'expected --out with a name that ends in .parquet, .csv or .json, or --format, received x.xlsx',
    ],
    [['--parquet', 'x', '--out', 'y.csv'], 'expected --parquet FILE alone, received --out beside it'],
    [['--parquet', 'x', '--format', 'csv'], 'expected --parquet FILE alone, received --format beside it'],
  ])('%j is a wrong call', async (options, message) => {
    expect(await call('export', paths.run, ...options)).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `error: ${message}\n`,
    });
  });
});
