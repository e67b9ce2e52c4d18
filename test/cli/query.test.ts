import { spawnSync } from 'node:child_process';
import { access, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Trial } from '../../src/protocol/trials.js';
import { TrialLocks } from '../../src/runs/trial-locks.js';
import { call, callOn } from './captured-terminal.js';
import { failureNote, parquetRows, queryRun, trials } from './query-run.js';

const first = trials[0] as Trial;
const paths = queryRun();

const byWidth = 'select width, avg(testLoss) as loss, count(*) as n from trials group by all order by width';

describe('query', () => {
  it('prints a table', async () => {
    expect(await call('query', paths.run, byWidth)).toEqual({
      exitCode: 0,
      stderr: failureNote,
      stdout:
        '┌───────┬──────┬───┐\n' +
        '│ width │ loss │ n │\n' +
        '├───────┼──────┼───┤\n' +
        '│     4 │ 0.45 │ 4 │\n' +
        '├───────┼──────┼───┤\n' +
        '│     6 │ 0.45 │ 3 │\n' +
        '└───────┴──────┴───┘\n',
    });
  });

  it.each([
    [53, ['key', 'width'], 'seconds, steps'],
    [68, ['key', 'width', 'seconds'], 'steps'],
  ])(
    'prints a table no wider than a terminal of %i, and names omitted columns',
    async (columns, shown, left) => {
      const sql = 'select repeat(key, 2) as key, width, 0.25 as seconds, 123456789012 as steps from trials';
      const { stdout, stderr } = await callOn({ stdoutColumns: columns }, 'query', paths.run, sql);
      const lines = stdout.trimEnd().split('\n');
      expect(lines[1]?.match(/\w+/g)).toEqual(shown);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
      expect(lines.filter((line) => line.startsWith('│'))).toHaveLength(8);
      const count = left.split(', ').length;
      expect(stderr).toBe(
        `${failureNote}${count} of 4 columns have no room on this terminal: ${left}. Select fewer, or take --format vertical, csv or json\n`,
      );
    },
  );

  it('prints a single row with a line for each value on a terminal, the whole table elsewhere', async () => {
    const sql = 'from trials where errorCode is not null';
    const { stdout, stderr } = await callOn({ stdoutColumns: 80 }, 'query', paths.run, sql);
    expect(stderr).toBe(failureNote);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^schema {2,}2$/);
    expect(lines).toContainEqual(expect.stringMatching(/^errorCode {2,}diverged$/));
    expect(lines.at(-1)).toMatch(/^protocol {2,}\{"schema":1,.*…$/);
    expect(Math.max(...lines.map((line) => line.length))).toBe(80);
    expect((await call('query', paths.run, sql)).stdout.split('\n')[1]).toMatch(
      /^│ schema │ key .* protocol +│$/,
    );
  });

  it('prints a block for each row with --format vertical, without cutting', async () => {
    const sql = "select width, repeat('long ', 30) as text from trials order by width limit 2";
    const { stdout } = await call('query', paths.run, sql, '--format', 'vertical');
    const block = `width  4\ntext   ${'long '.repeat(30).trimEnd()}\n`;
    expect(stdout).toBe(`row 1\n${block}\nrow 2\n${block}`);
  });

  it('prints CSV', async () => {
    const sql = `select width, 'a, b' as text, null as nothing, {'x': 1} as struct from trials limit 1`;
    expect(await call('query', paths.run, sql, '--format', 'csv')).toMatchObject({
      exitCode: 0,
      stdout: `width,text,nothing,struct\r\n4,"a, b",,"{""x"":1}"\r\n`,
    });
  });

  it.each([['--json'], ['--format=json'], ['--format=json', '--json']])(
    'prints JSON: %s',
    async (...options) => {
      const { exitCode, stdout } = await call('query', paths.run, byWidth, ...options);
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout)).toEqual([
        { width: 4, loss: expect.closeTo(0.45), n: 4 },
        { width: 6, loss: expect.closeTo(0.45), n: 3 },
      ]);
    },
  );

  it('writes the format of the extension of the file', async () => {
    const csv = join(paths.folder, 'answer.csv');
    expect(await call('query', paths.run, 'select 1 as a', '--out', csv)).toEqual({
      exitCode: 0,
      stdout: `${csv}\n1 row\n`,
      stderr: failureNote,
    });
    expect(await readFile(csv, 'utf8')).toBe('a\r\n1\r\n');
    const capitals = join(paths.folder, 'ANSWER.CSV');
    await call('query', paths.run, 'select 1 as a', '--out', capitals);
    expect(await readFile(capitals, 'utf8')).toBe('a\r\n1\r\n');
    const parquet = join(paths.folder, 'answer.parquet');
    const { stdout } = await call('query', paths.run, `${byWidth};`, '--out', parquet, '--json');
    expect(JSON.parse(stdout)).toEqual({ file: parquet, rows: 2 });
    expect(await parquetRows(parquet)).toMatchObject([
      { width: '4', n: '4' },
      { width: '6', n: '3' },
    ]);
  });

  it.each([
    [
      ['--format', 'parqet'],
      'expected one of table, vertical, csv, json, parquet for --format, received "parqet". Did you mean "parquet"?',
    ],
    [['--format', 'parquet'], 'expected --out FILE with --format parquet, received none'],
    [
      ['--out', 'answer.xlsx'],
      'expected --format to go with --out answer.xlsx, as its ending is none of .csv, .json, .parquet and .txt, received none',
    ],
    [
      ['--out', 'answer.csv', '--format', 'json'],
      'expected csv, as --out answer.csv ends in, or another name for --format, received "json"',
    ],
  ])('%j is a wrong call', async (options, message) => {
    expect(await call('query', paths.run, 'select 1', ...options)).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `error: ${message}\n`,
    });
  });

  it('accepts no other format beside --json', async () => {
    const { exitCode, stdout } = await call('query', paths.run, 'select 1', '--json', '--format', 'csv');
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout).error).toEqual({
      code: 'invalid_argument',
      message: 'expected json next to --json without --out for --format, received "csv"',
    });
  });

  it('exits with 2 where the SQL is invalid', async () => {
    const { exitCode, stderr } = await call('query', paths.run, 'select nothing from trials');
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(
      /^error: DuckDB: Binder Error: .*The table is trials, its columns: schema, key, /s,
    );
  });

  it('names the records that it leaves out', async () => {
    await truncate(join(paths.run, 'trials', first.key, 'record.json'), 99);
    const { exitCode, stderr } = await call('query', paths.run, 'select 1');
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(new RegExp(`^trial ${first.key} is left out: .*is not a readable record`));
  });
});

describe('status', () => {
  it('prints a table and the tally', async () => {
    const { exitCode, stdout } = await call('status', paths.run);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /│ width │ parametrization │ trials │ finished │ failed │ unfinished │ begun │ epochs │/,
    );
    expect(stdout).toMatch(/│ +6 │ direct +│ +2 │ +0 │ +1 │ +1 │ +0 │ +50 % │/);
    expect(stdout).toContain(
      '6 of 8 trials finished, 1 failed, 1 unfinished (made-up float32, synthetic float32).\n',
    );
    expect(stdout).toContain(
      'results of different arithmetic stand side by side: engine made-up float32, synthetic float32; version ',
    );
    expect(stdout).toContain('Last finished: 2026-01-01T00:00:00.000Z\n');
  });

  it('prints JSON, damaged records included', async () => {
    await truncate(join(paths.run, 'trials', first.key, 'record.json'), 99);
    const { stdout } = await call('status', paths.run, '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      directory: paths.run,
      trials: { total: 8, finished: 5, failed: 1, unfinished: 2 },
      damaged: [first.key],
    });
    expect((await call('status', paths.run)).stdout).toContain(
      `Damaged trials, which the next sweep trains again: ${first.key}\n`,
    );
  });
});

describe('collect', () => {
  it('writes the summary of the existing records', async () => {
    const { exitCode, stdout, stderr } = await call('collect', paths.run, '--json');
    const summary = JSON.parse(await readFile(join(paths.run, 'summary.json'), 'utf8'));
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ file: join(paths.run, 'summary.json'), removed: [], ...summary });
    expect(summary.trials).toEqual({ total: 8, finished: 6, failed: 1 });
    expect(stderr).toContain((trials[6] as Trial).key);
    expect((await call('collect', paths.run)).stdout).toMatch(
      /6 of 8 trials finished, 1 failed\.\n.*summary\.json\n$/,
    );
  });
});

describe('with a damaged file in the run directory', () => {
  beforeEach(() => rm(join(paths.run, 'trials', first.key, 'arrays.safetensors')));

  it('collect leaves its trial out, and names it with the command that trains it again', async () => {
    const { exitCode, stdout, stderr } = await call('collect', paths.run);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('\n5 of 8 trials finished, 1 failed.\n');
    expect(stderr).toContain(
      `Damaged, and left out; \`eigenstudent sweep ${paths.run}\` trains again:\n  ${first.key}: ` +
        `${join(paths.run, 'trials', first.key, 'arrays.safetensors')} is missing: its record expects it`,
    );
  });

  it('report draws the others, and names it', async () => {
    expect((await call('report', paths.run)).exitCode).toBe(0);
    const page = await readFile(join(paths.run, 'report.html'), 'utf8');
    expect(page).toContain('5 of 8 finished, 1 failed, 1 damaged');
    expect(page).toContain(`${first.key}: damaged, will be trained again; `);
  });

  it('status does not count it as finished', async () => {
    const { stdout } = await call('status', paths.run);
    expect(stdout).toContain('5 of 8 trials finished, 1 failed, 2 unfinished');
    expect(stdout).toContain(`Damaged trials, which the next sweep trains again: ${first.key}\n`);
  });
});

it('collect removes files of dead processes, and status names living ones', async () => {
  const { pid } = spawnSync(process.execPath, ['--version']);
  const orphan = join(paths.run, 'trials', first.key, `record.json.${pid}-0.tmp`);
  await writeFile(orphan, '{');
  const { stdout } = await call('collect', paths.run);
  expect(stdout).toContain('\nFiles that dead processes left, now removed: 1\n');
  await expect(access(orphan)).rejects.toThrow('ENOENT');
  const locks = await TrialLocks.enter(paths.run);
  await locks.claim((trials[7] as Trial).key);
  const status = await call('status', paths.run);
  await locks.leave();
  expect(status.stdout).toContain(`\nTrials that process ${process.pid} of ${hostname()} has: 1\n`);
});

it.each(['query', 'export', 'status', 'collect'])('%s is in the help, with examples', async (command) => {
  expect((await call('--help')).stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
  const { stdout } = await call(command, '--help');
  expect(stdout).toMatch(new RegExp(`Examples?:\n  \\$ eigenstudent ${command}`));
  expect(stdout).toContain('--json');
});

it.each([['query', 'select 1'], ['status'], ['collect']])(
  '%s requires a run directory',
  async (command, ...rest) => {
    expect(await call(command, paths.folder, ...rest)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/^error: .* is not a run directory: it has no protocol\.yaml/),
    });
  },
);
