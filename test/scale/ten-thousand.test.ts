/** 10 000 records on a machine that does nothing else: the times are targets, those of the process from its first line on. */

import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manyTrialsProtocol, writeManyRecords } from '../runs/query/many-records.js';
import type { ShortForm } from '../sweep/student-trials.js';

const records = 10_000;
const program = fileURLToPath(new URL('measured.mjs', import.meta.url));
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'eigenstudent-scale-'));
  await writeManyRecords(directory, records, 1);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

interface Measured {
  readonly answer: string;
  readonly seconds: number;
  readonly mebibytes: number;
}

function measure(...argv: string[]): Measured {
  return measureUntil(0, ...argv);
}

function measureUntil(exitCode: number, ...argv: string[]): Measured {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...argv], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  expect(status, stderr).toBe(exitCode);
  const measured = JSON.parse(stderr.trimEnd().split('\n').at(-1) as string);
  console.log(`${argv[0]}: ${measured.seconds.toFixed(2)} s, ${Math.round(measured.mebibytes)} MiB`);
  return { answer: stdout, ...measured };
}

const sql = 'select width, avg(effectiveSize) as size, count(*) as n from trials group by all order by width';

describe('with 10 000 trials of which half have begun', () => {
  let halfway: string;
  beforeAll(async () => {
    halfway = await mkdtemp(join(tmpdir(), 'eigenstudent-scale-'));
    await writeManyRecords(halfway, records, 2, { begun: records / 2 });
  });
  afterAll(() => rm(halfway, { recursive: true, force: true }));

  it('status takes less than 1 s', () => {
    const { answer, seconds } = measure('status', halfway, '--json');
    expect(JSON.parse(answer).trials).toMatchObject({ unfinished: records / 2, begun: records / 2 });
    expect(seconds).toBeLessThan(1);
  });
});

describe('with 10 000 records', () => {
  it('status takes less than 1 s', () => {
    const { answer, seconds, mebibytes } = measure('status', directory, '--json');
    expect(JSON.parse(answer).trials).toMatchObject({ total: records, unfinished: 0 });
    expect(seconds).toBeLessThan(1);
    expect(mebibytes).toBeLessThan(1024);
  });

  it('query takes less than 5 s where the index must be built, and less than 1 s after that', () => {
    const first = measure('query', directory, sql, '--json');
    const second = measure('query', directory, sql, '--json');
    const widths = [(manyTrialsProtocol(records).student as ShortForm).width].flat();
    expect(JSON.parse(first.answer)).toEqual(
      widths.map((width) => ({ width, size: expect.any(Number), n: records / widths.length })),
    );
    expect(second.answer).toBe(first.answer);
    expect(first.seconds).toBeLessThan(5);
    expect(second.seconds).toBeLessThan(1);
    expect(first.mebibytes).toBeLessThan(1024);
  });

  it('report, all figures, takes less than 20 s', () => {
    const { seconds, mebibytes } = measure('report', directory, '--json');
    expect(seconds).toBeLessThan(20);
    expect(mebibytes).toBeLessThan(1024);
  });

  it('a sweep without missing trials takes less than 300 MiB', () => {
    // 1, as some have failed
    const { answer, mebibytes } = measureUntil(
      1,
      'sweep',
      directory,
      '--no-report',
      '--json',
      '--device',
      'cpu',
    );
    expect(JSON.parse(answer)).toMatchObject({ trained: 0, reused: records });
    // measured 142; 68 where there are two trials
    expect(mebibytes).toBeLessThan(300);
  });

  it('collect takes less than 20 s', () => {
    const { answer, seconds } = measure('collect', directory, '--json');
    expect(JSON.parse(answer).trials.total).toBe(records);
    expect(seconds).toBeLessThan(20);
  });
});
