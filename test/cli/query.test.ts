import { spawnSync } from 'node:child_process';
import { access, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRunDirectory, writeTrial } from '../../src/sweep/directory/run-directory.js';
import { TrialLocks } from '../../src/sweep/directory/trial-locks.js';
import { expand, type Trial } from '../../src/sweep/protocol/trials.js';
import { openDatabase } from '../../src/sweep/query/duckdb.js';
import { syntheticFailure } from '../report/synthetic-run.js';
import { madeUpTrial, smallProtocol } from '../sweep/small-protocol.js';
import { call, callOn } from './captured-terminal.js';

const protocol = smallProtocol();
const trials = expand(protocol);
const first = trials[0] as Trial;
let folder: string;
let run: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-cli-query-'));
  run = join(folder, 'run');
  await openRunDirectory(run, protocol);
  for (const trial of trials.slice(0, 6)) {
    const { record, arrays } = madeUpTrial(trial);
    await writeTrial(run, record, arrays);
  }
  const { record, arrays } = syntheticFailure(trials[6] as Trial);
  await writeTrial(run, record, arrays);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const byWidth = 'select width, avg(testLoss) as loss, count(*) as n from trials group by all order by width';

/** Of a Parquet file, or of what another query names. */
async function parquetRows(source: string, select = 'FROM'): Promise<unknown> {
  const from = source.endsWith(')') || source.startsWith("'") ? source : `'${source}'`;
  const database = await openDatabase();
  try {
    return (await database.connection.runAndReadAll(`${select} ${from}`)).getRowObjectsJson();
  } finally {
    database.close();
  }
}

describe('query', () => {
  it('prints a table', async () => {
    expect(await call('query', run, byWidth)).toEqual({
      exitCode: 0,
      stderr: '',
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
    'prints a table no wider than a terminal of %i, and says what has no room',
    async (columns, shown, left) => {
      const sql = 'select repeat(key, 2) as key, width, 0.25 as seconds, 123456789012 as steps from trials';
      const { stdout, stderr } = await callOn({ stdoutColumns: columns }, 'query', run, sql);
      const lines = stdout.trimEnd().split('\n');
      expect(lines[1]?.match(/\w+/g)).toEqual(shown);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
      expect(lines.filter((line) => line.startsWith('│'))).toHaveLength(8);
      const count = left.split(', ').length;
      expect(stderr).toBe(
        `${count} of 4 columns have no room on this terminal: ${left}. Select fewer, or take --format vertical, csv or json\n`,
      );
    },
  );

  it('prints a single row with a line for each value on a terminal, all of a table elsewhere', async () => {
    const sql = 'from trials where errorCode is not null';
    const { stdout, stderr } = await callOn({ stdoutColumns: 80 }, 'query', run, sql);
    expect(stderr).toBe('');
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^schema {2,}1$/);
    expect(lines).toContainEqual(expect.stringMatching(/^errorCode {2,}diverged$/));
    expect(lines.at(-1)).toMatch(/^protocol {2,}\{"schema":1,.*…$/);
    expect(Math.max(...lines.map((line) => line.length))).toBe(80);
    expect((await call('query', run, sql)).stdout.split('\n')[1]).toMatch(/^│ schema │ key .* protocol +│$/);
  });

  it('prints a block for each row with --format vertical, nothing of it cut off', async () => {
    const sql = "select width, repeat('long ', 30) as text from trials order by width limit 2";
    const { stdout } = await call('query', run, sql, '--format', 'vertical');
    const block = `width  4\ntext   ${'long '.repeat(30).trimEnd()}\n`;
    expect(stdout).toBe(`row 1\n${block}\nrow 2\n${block}`);
  });

  it('prints CSV', async () => {
    const sql = `select width, 'a, b' as text, null as nothing, {'x': 1} as struct from trials limit 1`;
    expect(await call('query', run, sql, '--format', 'csv')).toMatchObject({
      exitCode: 0,
      stdout: `width,text,nothing,struct\r\n4,"a, b",,"{""x"":1}"\r\n`,
    });
  });

  it.each([['--json'], ['--format=json'], ['--format=json', '--json']])(
    'prints JSON: %s',
    async (...options) => {
      const { exitCode, stdout } = await call('query', run, byWidth, ...options);
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout)).toEqual([
        { width: 4, loss: expect.closeTo(0.45), n: 4 },
        { width: 6, loss: expect.closeTo(0.45), n: 3 },
      ]);
    },
  );

  it('writes a file of the format that its name has', async () => {
    const csv = join(folder, 'answer.csv');
    expect(await call('query', run, 'select 1 as a', '--out', csv)).toEqual({
      exitCode: 0,
      stdout: `${csv}\n1 row\n`,
      stderr: '',
    });
    expect(await readFile(csv, 'utf8')).toBe('a\r\n1\r\n');
    const capitals = join(folder, 'ANSWER.CSV');
    await call('query', run, 'select 1 as a', '--out', capitals);
    expect(await readFile(capitals, 'utf8')).toBe('a\r\n1\r\n');
    const parquet = join(folder, 'answer.parquet');
    const { stdout } = await call('query', run, `${byWidth};`, '--out', parquet, '--json');
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
    expect(await call('query', run, 'select 1', ...options)).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `error: ${message}\n`,
    });
  });

  it('takes no other format next to --json', async () => {
    const { exitCode, stdout } = await call('query', run, 'select 1', '--json', '--format', 'csv');
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout).error).toEqual({
      code: 'invalid_argument',
      message: 'expected json next to --json without --out for --format, received "csv"',
    });
  });

  it('exits with 2 where the SQL is wrong', async () => {
    const { exitCode, stderr } = await call('query', run, 'select nothing from trials');
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(
      /^error: DuckDB: Binder Error: .*The table is trials, its columns: schema, key, /s,
    );
  });

  it('says which records it leaves out', async () => {
    await truncate(join(run, 'trials', first.key, 'record.json'), 99);
    const { exitCode, stderr } = await call('query', run, 'select 1');
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(new RegExp(`^trial ${first.key} is left out: .*is not a readable record`));
  });
});

describe('export', () => {
  it('writes every record as Parquet', async () => {
    for (const options of [['--parquet'], ['--out'], ['--format', 'parquet', '--out']]) {
      const file = join(folder, 'trials.parquet');
      expect(await call('export', run, ...options, file)).toEqual({
        exitCode: 0,
        stdout: `${file}\n7 rows\n`,
        stderr: '',
      });
      expect(await parquetRows(file)).toHaveLength(7);
      await rm(file);
    }
  });

  it('writes the same numbers, texts and gaps as CSV, JSON and Parquet', async () => {
    const [parquet, csv, json] = ['parquet', 'CSV', 'json'].map((ending) => join(folder, `trials.${ending}`));
    for (const file of [parquet, csv, json])
      expect((await call('export', run, '--out', file as string)).stdout).toBe(`${file}\n7 rows\n`);
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
    const { record, arrays } = madeUpTrial(trials[7] as Trial);
    await writeTrial(run, { ...record, testLoss: 0.1 + 0.2 } as typeof record, arrays);
    for (const format of ['csv', 'json'])
      expect((await call('export', run, '--format', format)).stdout).toContain('0.30000000000000004');
  });

  it('prints CSV and JSON without --out', async () => {
    expect((await call('export', run, '--format', 'csv')).stdout.split('\r\n')).toHaveLength(9);
    expect(JSON.parse((await call('export', run, '--format', 'json', '--json')).stdout)).toHaveLength(7);
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
    expect(await call('export', run, ...options)).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `error: ${message}\n`,
    });
  });
});

describe('status', () => {
  it('prints a table and the tally', async () => {
    const { exitCode, stdout } = await call('status', run);
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

  it('answers with JSON, damaged records among it', async () => {
    await truncate(join(run, 'trials', first.key, 'record.json'), 99);
    const { stdout } = await call('status', run, '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      directory: run,
      trials: { total: 8, finished: 5, failed: 1, unfinished: 2 },
      damaged: [first.key],
    });
    expect((await call('status', run)).stdout).toContain(
      `Damaged trials, which the next sweep trains again: ${first.key}\n`,
    );
  });
});

describe('collect', () => {
  it('writes the summary of whatever is there', async () => {
    const { exitCode, stdout, stderr } = await call('collect', run, '--json');
    const summary = JSON.parse(await readFile(join(run, 'summary.json'), 'utf8'));
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ file: join(run, 'summary.json'), removed: [], ...summary });
    expect(summary.trials).toEqual({ total: 8, finished: 6, failed: 1 });
    expect(stderr).toContain((trials[6] as Trial).key);
    expect((await call('collect', run)).stdout).toMatch(
      /6 of 8 trials finished, 1 failed\.\n.*summary\.json\n$/,
    );
  });
});

describe('of a run with a damaged file', () => {
  beforeEach(() => rm(join(run, 'trials', first.key, 'arrays.safetensors')));

  it('collect leaves its trial out, and says which it is and what trains it again', async () => {
    const { exitCode, stdout, stderr } = await call('collect', run);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('\n5 of 8 trials finished, 1 failed.\n');
    expect(stderr).toContain(
      `Damaged, and left out; \`eigenstudent sweep ${run}\` trains again:\n  ${first.key}: ` +
        `${join(run, 'trials', first.key, 'arrays.safetensors')} is missing: its record expects it`,
    );
  });

  it('report draws the others, and names it', async () => {
    expect((await call('report', run)).exitCode).toBe(0);
    const page = await readFile(join(run, 'report.html'), 'utf8');
    expect(page).toContain('5 of 8 finished, 1 failed, 1 damaged');
    expect(page).toContain(`${first.key}: damaged, will be trained again; `);
  });

  it('status does not count it as finished', async () => {
    const { stdout } = await call('status', run);
    expect(stdout).toContain('5 of 8 trials finished, 1 failed, 2 unfinished');
    expect(stdout).toContain(`Damaged trials, which the next sweep trains again: ${first.key}\n`);
  });
});

it('collect removes what dead processes left, and status names the living', async () => {
  const { pid } = spawnSync(process.execPath, ['--version']);
  const orphan = join(run, 'trials', first.key, `record.json.${pid}-0.tmp`);
  await writeFile(orphan, '{');
  const { stdout } = await call('collect', run);
  expect(stdout).toContain('\nFiles that dead processes left, now removed: 1\n');
  await expect(access(orphan)).rejects.toThrow('ENOENT');
  const locks = await TrialLocks.enter(run);
  await locks.claim((trials[7] as Trial).key);
  const status = await call('status', run);
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
  '%s needs a run directory',
  async (command, ...rest) => {
    expect(await call(command, folder, ...rest)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/^error: .* is not a run directory: it has no protocol\.yaml/),
    });
  },
);
