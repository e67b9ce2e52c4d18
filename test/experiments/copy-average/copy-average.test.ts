/** Runs of copy-average: what flows find, resumption, the report, protocols that are refused. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wilson } from '../../../src/analysis/index.js';
import { type Figure, specification } from '../../../src/figures/figure.js';
import { renderSvg } from '../../../src/figures/render.js';
import { darkTheme, lightTheme } from '../../../src/figures/theme.js';
import { reportContent } from '../../../src/report/content.js';
import { queryRecords, readRecords, sweep } from '../../../src/sweep.js';

const protocol = {
  experiment: 'copy-average' as const,
  teacherNeurons: 6,
  neurons: [2, 5],
  trials: 12,
  seed: 1,
};

describe('a protocol of copy-average', () => {
  it.each([
    [
      { neurons: [3, 7] },
      'neurons: expected at most the 6 of the teacher, received 7: with more there is nothing to average',
    ],
    [{ activation: 'elu' }, 'expected one of scaledErf, erf, relu'],
    [{ relativeError: 0 }, 'relativeError: expected a finite positive number, received 0'],
    [{ width: 3 }, 'unknown key "width"'],
  ])('is refused where it is wrong: %j', async (fields, message) => {
    await expect(sweep({ ...protocol, ...fields } as never, { directory: 'unused' })).rejects.toMatchObject({
      code: 'invalid_protocol',
      message: expect.stringContaining(message),
    });
  });
});

describe('a run', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'eigenstudent-copy-average-'));
    await sweep({ ...protocol, trials: 5 }, { directory });
    await sweep(protocol, { directory }); // the rest
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('ends in copies and an average, or in perturbed copies, at the known losses', async () => {
    const summary = JSON.parse(await readFile(join(directory, 'summary.json'), 'utf8'));
    expect(summary.trials).toEqual({ total: 24, finished: 24, failed: 0 });
    const [two, five] = summary.groups;
    expect(two).toMatchObject({ neurons: 2, minima: 12, copyAverage: { count: 12 } });
    expect(Math.abs(two.copyAverage.loss - 0.0724526452)).toBeLessThan(1e-10);
    expect(five.copyAverage.count + five.perturbedCopy.count).toBe(12);
    expect(five.copyAverage.count).toBeGreaterThan(0);
    expect(Math.abs(five.copyAverage.loss - 0.0232216806)).toBeLessThan(1e-10);
    expect(Math.abs(five.perturbedCopy.loss - 0.0222806013)).toBeLessThan(1e-10);
    for (const group of summary.groups) expect(group.largestGradient).toBeLessThan(1e-13);
  });

  it('finds the same in a directory of its own, whatever ran before', async () => {
    const other = await mkdtemp(join(tmpdir(), 'eigenstudent-copy-average-'));
    await sweep(protocol, { directory: other, threads: 1 });
    const found = async (path: string) =>
      Object.fromEntries((await readRecords(path)).map(({ key, scalars }) => [key, scalars]));
    expect(await found(other)).toEqual(await found(directory));
    await rm(other, { recursive: true });
  });

  it('is queried by its columns', async () => {
    const { rows } = await queryRecords(
      directory,
      "SELECT neurons, count(*) AS starts, min(smallestEigenvalue) AS least FROM trials WHERE kind = 'copyAverage' GROUP BY neurons ORDER BY neurons",
    );
    expect(rows[0]).toMatchObject({ neurons: 2, starts: 12 });
    for (const row of rows) expect(Number(row.least)).toBeGreaterThan(0);
  });

  it('has a report whose figures are drawn in both themes and layouts', async () => {
    const content = await reportContent(directory);
    expect(content.table.rows.map(([k, n]) => [k, n])).toEqual([
      [6, 2],
      [6, 5],
    ]);
    expect(content.figures.map(({ name }) => name)).toEqual(['ends', 'flow', 'cosines']);
    for (const { make } of content.figures)
      for (const theme of [lightTheme, darkTheme])
        for (const layout of ['wide', 'narrow'] as const) {
          const svg = await renderSvg(specification(make() as Figure, { theme, layout, inPage: false }));
          expect(svg).toContain('<svg');
          expect(svg).not.toMatch(/NaN|undefined/);
        }
    expect((content.figures[0]?.make() as Figure | undefined)?.caption).toContain(
      'k = 6: a minimum from n = 4, the lower loss from n = 5',
    );
  });
});

describe('wilson', () => {
  it.each([
    [23, 40, 0.422, 0.715],
    [0, 40, 0, 0.0876],
    [40, 40, 0.9124, 1],
  ])('of %d of %d', (count, trials, low, high) => {
    const found = wilson(count, trials);
    expect(found.low).toBeCloseTo(low, 3);
    expect(found.high).toBeCloseTo(high, 3);
    expect(found.share).toBe(count / trials);
  });
});
