import { describe, expect, it } from 'vitest';
import { lossFigure } from '../../../../src/experiments/teacher-student/figures/loss.js';
import { groupTrials } from '../../../../src/experiments/teacher-student/panels/trial-groups.js';
import { syntheticTrials } from '../../../report/synthetic-trials.js';

const note = 'Of more than 50 trials, 50 have a point: the extremes, and others evenly between by rank.';

function figureOf(trials: number) {
  const all = syntheticTrials({ widths: [20], trials, parametrizations: ['spectral'] });
  return { all, figure: lossFigure(groupTrials(all)) };
}

describe('the points of single trials', () => {
  it('are all of 50', () => {
    const { figure } = figureOf(50);
    expect(figure.datasets.trials).toHaveLength(2 * 50); // train and test
    expect(figure.notes).not.toContain(note);
  });

  it('are 50 of more, from the smallest to the largest, with a note', () => {
    const { all, figure } = figureOf(333);
    const shown = (figure.datasets.trials ?? []).filter(({ panel }) => panel === 'testLoss');
    const losses = all.map(({ testLoss }) => testLoss);
    expect(shown).toHaveLength(50);
    expect(new Set(shown.map(({ trial }) => trial)).size).toBe(50);
    for (const { trial, value } of shown) expect(value).toBe(losses[trial as number]);
    const values = shown.map(({ value }) => value as number);
    expect(Math.min(...values)).toBe(Math.min(...losses));
    expect(Math.max(...values)).toBe(Math.max(...losses));
    expect(figure.notes).toContain(note);
  });

  it('do not affect the mean, which is over all', () => {
    const { all, figure } = figureOf(333);
    const mean = all.reduce((total, { testLoss }) => total + testLoss, 0) / all.length;
    const row = (figure.datasets.summaries ?? []).find(({ panel }) => panel === 'testLoss');
    expect(row).toMatchObject({ trials: 333, mean: expect.closeTo(mean, 12) });
  });
});
