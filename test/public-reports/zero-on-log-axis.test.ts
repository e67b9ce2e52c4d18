// vega-lite #3911, vega #1334, altair #953: one value of 0 spoiled a plot with a logarithmic axis.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lossFigure } from '../../src/experiments/teacher-student/figures/loss.js';
import { lossCurvesFigure } from '../../src/experiments/teacher-student/figures/loss-curves.js';
import { groupTrials, type TrialGroup } from '../../src/experiments/teacher-student/panels/trial-groups.js';
import { readRun } from '../../src/experiments/teacher-student/report/read-run.js';
import { type Figure, isDrawn, type LeftOut } from '../../src/figures/figure.js';
import { writeReport } from '../../src/report/write-report.js';
import { parseProtocol, sweep } from '../../src/sweep.js';

const fixture = join(import.meta.dirname, '../fixtures/public-reports/zero-on-log-axis');
let directory: string;
let groups: readonly TrialGroup[];
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'eigenstudent-zero-'));
  const path = join(fixture, 'zero.yaml');
  const text = (await readFile(path, 'utf8')).replaceAll(/\w+\.npy/g, (name) => join(fixture, name));
  await sweep(parseProtocol(text, path), { directory });
  groups = groupTrials((await readRun(directory)).trials);
}, 60_000);
afterAll(() => rm(directory, { recursive: true, force: true }));

function drawn(figure: Figure | LeftOut): Figure {
  if (!isDrawn(figure)) throw new Error('the figure was left out');
  return figure;
}

describe('losses that are exactly 0', () => {
  it('are no points of the figure of losses, whose notes say how many they are', () => {
    const { notes, datasets } = drawn(lossFigure(groups));
    expect(notes.join('\n')).toMatch(
      /^On the logarithmic axis \d+ values are exactly 0 and are not drawn\.$/m,
    );
    const losses = groups.flatMap(({ trials }) =>
      trials.flatMap((trial) => [trial.trainLoss, trial.testLoss]),
    );
    const least = Math.min(...losses.filter((loss) => loss > 0));
    const rows = [...(datasets.trials ?? []), ...(datasets.summaries ?? [])];
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) {
      expect(Number(row.valueDrawn ?? row.meanDrawn)).toBeGreaterThan(0);
      if (typeof row.low === 'number') expect(row.low).toBeGreaterThanOrEqual(least);
    }
  });

  it('are no points of the curves, whose notes say how many they are', () => {
    const { notes, datasets } = drawn(lossCurvesFigure(groups));
    expect(notes.join('\n')).toMatch(
      /^On the logarithmic axis \d+ values are exactly 0 and are not drawn\.$/m,
    );
    for (const { median, low } of datasets.losses ?? []) {
      expect(median).toBeGreaterThan(0);
      expect(low === null || Number(low) > 0).toBe(true);
    }
  });

  it('are counted in the figures themselves', async () => {
    await writeReport(directory, { formats: ['svg'] });
    for (const name of ['loss', 'loss-curves'])
      expect(await readFile(join(directory, 'figures', `${name}.svg`), 'utf8')).toMatch(
        /\d+ values are exactly 0 and are not drawn/,
      );
  });
});
