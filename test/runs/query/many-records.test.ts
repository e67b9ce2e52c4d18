import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRun } from '../../../src/experiments/teacher-student/report/read-run.js';
import { queryRecords } from '../../../src/runs/query/query.js';
import { isFinished } from '../../../src/runs/record.js';
import { readRecords, runStatus, writeSummary } from '../../../src/sweep.js';
import type { ShortForm } from '../../sweep/student-trials.js';
import { manyTrialsProtocol, writeManyRecords } from './many-records.js';

/** A twenty-fifth of what test/scale times. */
const records = 400;
let folder: string;
let directory: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-many-'));
  directory = join(folder, 'run');
  await writeManyRecords(directory, records, 1);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a directory of many records', () => {
  it('is intact: every checksum matches', async () => {
    const { damaged, trials, failed } = await readRun(directory);
    expect(damaged).toEqual([]);
    expect(trials.length + failed.length).toBe(records);
    expect(failed.length).toBeGreaterThan(0);
  });

  it('is the same from the same seed, and another from another seed', async () => {
    const [record] = await readRecords(directory);
    const written = (run: string) =>
      readFile(join(run, 'trials', record?.key as string, 'record.json'), 'utf8');
    const [same, other] = [join(folder, 'same'), join(folder, 'other')];
    await writeManyRecords(same, records, 1);
    await writeManyRecords(other, records, 2);
    expect(await written(same)).toBe(await written(directory));
    expect(await written(other)).not.toBe(await written(directory));
  });

  it('gives the same results through records, status, query and summary', async () => {
    const all = await readRecords(directory);
    const finished = all.filter(isFinished);
    const { trials, groups } = await runStatus(directory);
    const counts = { total: records, finished: finished.length, failed: records - finished.length };
    expect(trials).toMatchObject({ ...counts, unfinished: 0 });
    expect(groups).toHaveLength(40);
    expect((await writeSummary(directory)).trials).toEqual(counts);
    const { rows } = await queryRecords(
      directory,
      'select width, avg(effectiveSize) as size, count(*) as n from trials group by all order by width',
    );
    const widths = [(manyTrialsProtocol(records).student as ShortForm).width].flat();
    expect(rows).toEqual(
      widths.map((width) => {
        const sizes = finished
          .map(({ scalars }) => scalars)
          .filter((each) => each.width === width)
          .map((each) => each.effectiveSize);
        const mean = sizes.reduce((total, size) => total + size, 0) / sizes.length;
        return { width, size: expect.closeTo(mean, 9), n: records / widths.length };
      }),
    );
  });
});
