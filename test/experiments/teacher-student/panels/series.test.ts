import { describe, expect, it } from 'vitest';
import { effectiveSizeFigure } from '../../../../src/experiments/teacher-student/figures/effective-size.js';
import { lossFigure } from '../../../../src/experiments/teacher-student/figures/loss.js';
import { pruningFigure } from '../../../../src/experiments/teacher-student/figures/pruning.js';
import { relevanceHistogramFigure } from '../../../../src/experiments/teacher-student/figures/relevance-histogram.js';
import {
  drawnSeries,
  presentSeries,
  seriesNotes,
} from '../../../../src/experiments/teacher-student/panels/series.js';
import {
  groupTrials,
  type ReportTrial,
} from '../../../../src/experiments/teacher-student/panels/trial-groups.js';
import { syntheticTrials } from '../../../report/synthetic-trials.js';

const rate = 'arms.spectral.optimizer.adam.learningRate';
/** Spectral students with each learning rate, direct ones without. */
const varied = (...rates: number[]): ReportTrial[] => [
  ...rates.flatMap((value) =>
    syntheticTrials({ widths: [20, 60], trials: 2, parametrizations: ['spectral'] }).map((trial) => ({
      ...trial,
      settings: { [rate]: value },
    })),
  ),
  ...syntheticTrials({ widths: [20, 60], trials: 2, parametrizations: ['direct'] }),
];
const groups = groupTrials(varied(0.1, 0.01));
const names = ['spectral, learningRate 0.1', 'spectral, learningRate 0.01', 'direct'];

describe('series', () => {
  it('are the parametrisations where no other field varies', () => {
    const plain = groupTrials(syntheticTrials());
    expect(presentSeries(plain).map(({ name }) => name)).toEqual(['spectral', 'direct']);
    expect(seriesNotes(plain)).toEqual([]);
  });

  it('are distinguished by every other field that varies', () => {
    expect(groups.map(({ trials }) => trials.length)).toEqual(Array(6).fill(2));
    expect(presentSeries(groups).map(({ name }) => name)).toEqual(names);
  });

  it('are six of a parametrisation in a figure, and all in its table', () => {
    const many = groupTrials(varied(...Array.from({ length: 11 }, (_, i) => i + 1)));
    const drawn = drawnSeries(many).map(({ name }) => name.split(' ').at(-1));
    expect(drawn).toEqual(['1', '3', '5', '7', '9', '11', 'direct']);
    const { notes, table, datasets } = lossFigure(many);
    expect(notes).toContain('Drawn for 7 of 12 settings; the table has all of them.');
    expect(new Set(datasets.summaries?.map((row) => row.series)).size).toBe(7);
    expect(table.rows).toHaveLength(2 * 12);
  });

  it('are not split by a field that varies with the width, which has a note', () => {
    const tied = syntheticTrials({ parametrizations: ['spectral'] }).map((trial) => ({
      ...trial,
      settings: { 'arms.spectral.batchSize': 3000 / trial.width },
    }));
    expect(presentSeries(groupTrials(tied))).toEqual([
      { name: 'spectral', parametrization: 'spectral', label: '' },
    ]);
    expect(seriesNotes(groupTrials(tied))).toEqual([
      'Not the width alone changes along a curve: batchSize too (see the table).',
    ]);
  });
});

describe.each([
  ['relevance-histogram', relevanceHistogramFigure, 'bins'],
  ['effective-size', effectiveSizeFigure, 'summaries'],
  ['loss', lossFigure, 'summaries'],
  ['pruning', pruningFigure, 'curves'],
] as const)('the figure %s', (_, figureOf, dataset) => {
  const figure = figureOf(groups);

  it('draws each series separately', () => {
    const rows = figure.datasets[dataset] ?? [];
    expect([...new Set(rows.map((row) => row.series))].sort()).toEqual([...names].sort());
  });

  it('has a column for the field, empty where an arm lacks it', () => {
    const [parametrization, column] = ['parametrization', 'learningRate'].map((name) =>
      figure.table.columns.indexOf(name),
    ) as [number, number];
    const cells = figure.table.rows.map((row) => `${row[parametrization]} ${row[column]}`);
    expect([...new Set(cells)].sort()).toEqual(['direct null', 'spectral 0.01', 'spectral 0.1']);
  });

  it('mentions each series in its caption', () => {
    expect(names.filter((name) => !figure.caption.includes(name))).toEqual([]);
  });
});
