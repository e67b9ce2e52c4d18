/** Runs that a report must say something true about, besides those that the figures draw in figure-pictures.test.ts. */

import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { groupTrials, type ReportTrial } from '../../src/experiments/teacher-student/panels/trial-groups.js';
import { figures } from '../../src/experiments/teacher-student/report/figures.js';
import { readRun } from '../../src/experiments/teacher-student/report/read-run.js';
import { troubles } from '../../src/experiments/teacher-student/report/run-facts.js';
import { type Figure, isDrawn, type LeftOut } from '../../src/figures/figure.js';
import { preset } from '../../src/sweep.js';
import { syntheticRun } from './synthetic-run.js';
import { withSyntheticStructures } from './synthetic-structures.js';
import { syntheticTrials } from './synthetic-trials.js';

const directories: string[] = [];
afterAll(async () => {
  for (const directory of directories) await rm(directory, { recursive: true, force: true });
});

const made = (trials: readonly ReportTrial[]) => {
  const groups = groupTrials(withSyntheticStructures(trials));
  return new Map(figures.map((make) => make(groups)).map((figure) => [figure.name, figure]));
};
const figureIn = (all: Map<string, Figure | LeftOut>, name: string) => {
  const figure = all.get(name) as Figure | LeftOut;
  if (!isDrawn(figure)) throw new Error(`${name} is left out: ${figure.reason}`);
  return figure;
};

describe('records of another schema version', () => {
  it('are named with both versions, and left out', async () => {
    const directory = await syntheticRun({ protocol: preset('quick', { widths: [20], trials: 2 }) });
    directories.push(directory);
    const [key] = (await readdir(join(directory, 'trials'))) as [string];
    const path = join(directory, 'trials', key, 'record.json');
    const record = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(path, JSON.stringify({ ...record, schema: 3, effectiveSizes: [1, 2] }));
    const run = await readRun(directory);
    expect(run.trials).toHaveLength(3);
    expect(troubles(run)).toEqual([
      expect.stringMatching(
        new RegExp(
          `^${key}: .*record\\.json is not a readable record: it has schema 3, and this version of eigenstudent, \\d.*, reads ` +
            'schemas 1 and 2\\. Read it with the version that wrote it$',
        ),
      ),
    ]);
  });
});

describe('a run with direct students only', () => {
  const all = made(syntheticTrials({ parametrizations: ['direct'] }));

  it('has a cost without a ratio, with a note', () => {
    const { notes, table, caption } = figureIn(all, 'cost');
    const ratio = table.columns.indexOf('spectral / direct mean');
    expect(table.rows.map((row) => row[ratio])).toEqual([null, null, null]);
    expect(caption).not.toContain('times as long');
    expect(notes.join(' ')).not.toContain('No ratio');
  });

  it('has relevances over training, and no eigenvalues', () => {
    const { datasets, table } = figureIn(all, 'trajectories');
    expect(new Set(datasets.nodes?.map(({ panel }) => panel))).toEqual(new Set(['relevance 0']));
    expect(new Set(table.rows.map((row) => row[table.columns.indexOf('eigenvalue')]))).toEqual(
      new Set([null]),
    );
  });
});

it('a run with spectral students only has a note why there is no ratio', () => {
  const { notes } = figureIn(made(syntheticTrials({ parametrizations: ['spectral'] })), 'cost');
  expect(notes).toContain(
    'No ratio: no spectral students have direct ones that differ in nothing but the arm.',
  );
});

it('a run without node histories has no trajectories, with the reason', () => {
  const trials = syntheticTrials().map(({ nodeHistory: _, ...trial }) => trial);
  expect(made(trials).get('trajectories')).toEqual({
    name: 'trajectories',
    title: 'Eigenvalues and relevance over training',
    reason: expect.stringMatching(/^It needs what arrays\.safetensors holds of the nodes over training/),
  });
});

it('a run whose trials were evaluated once has no loss curves, with the reason', () => {
  const once = (values: Float64Array) => values.slice(0, 1);
  const trials = syntheticTrials().map(
    ({ lossHistory: { epoch, trainLoss, validationLoss, effectiveSize }, nodeHistory: _, ...trial }) => ({
      ...trial,
      lossHistory: {
        epoch: once(epoch),
        trainLoss: once(trainLoss),
        validationLoss: once(validationLoss),
        effectiveSize: once(effectiveSize),
      },
    }),
  );
  expect(made(trials).get('loss-curves')).toMatchObject({
    reason: 'It needs the loss at two epochs at least; no trial was evaluated more than once.',
  });
});

describe('thousands of widths', () => {
  const width = Array.from({ length: 2000 }, (_, i) => i + 1);
  const trials = syntheticTrials({ widths: width, trials: 1 }).map(({ nodeHistory: _, ...trial }) => trial);
  const all = made(trials);

  it('are drawn in bins of equal width on the axis, and every trial is in one', () => {
    for (const name of ['effective-size', 'loss', 'cost']) {
      const { datasets, notes } = figureIn(all, name);
      const summaries = datasets.summaries?.filter(
        ({ panel, parametrization }) =>
          parametrization === 'spectral' && panel === datasets.summaries?.[0]?.panel,
      );
      expect(summaries?.length, name).toBeLessThanOrEqual(40);
      expect(
        summaries?.reduce((total, row) => total + Number(row.trials), 0),
        name,
      ).toBe(2000);
      expect(
        notes.find((note) => note.startsWith('2000 widths have no room')),
        name,
      ).toBeDefined();
    }
  });

  it('have all their rows in the tables of widths, and some in those of curves', () => {
    expect(figureIn(all, 'effective-size').table.rows).toHaveLength(4000);
    for (const name of ['relevance-histogram', 'pruning', 'loss-curves']) {
      const { table, notes } = figureIn(all, name);
      const [arm, column] = ['parametrization', 'width'].map((each) => table.columns.indexOf(each)) as [
        number,
        number,
      ];
      expect(new Set(table.rows.map((row) => `${row[arm]} ${row[column]}`)).size, name).toBe(400);
      expect(notes.at(-1), name).toBe(
        'The table is of 400 of 4000 groups of trials, evenly between the first and the last.',
      );
    }
  });
});
