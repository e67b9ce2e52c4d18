import { describe, expect, it } from 'vitest';
import { baselinesFigure, nodesNeeded } from '../../src/experiments/teacher-student/figures/baselines.js';
import { effectiveSizeFigure } from '../../src/experiments/teacher-student/figures/effective-size.js';
import { lossFigure } from '../../src/experiments/teacher-student/figures/loss.js';
import { pruningFigure } from '../../src/experiments/teacher-student/figures/pruning.js';
import { relevanceHistogramFigure } from '../../src/experiments/teacher-student/figures/relevance-histogram.js';
import { groupTrials, type ReportTrial } from '../../src/experiments/teacher-student/panels/trial-groups.js';
import { type Figure, isDrawn } from '../../src/figures/figure.js';
import { panelsOf } from './drawn-panels.js';
import { handMade } from './hand-made-trials.js';
import { syntheticTrials } from './synthetic-trials.js';

const groups = groupTrials(handMade);
const leavingNote =
  'A whisker that ends in a triangle goes on below the axis: the mean less 1 sd is less than the axis shows, or not above 0.';
const alone = groupTrials(handMade.slice(0, 1));

describe('the table of effective size against width', () => {
  it('has mean and sample deviation of both normalisations', () => {
    const { columns, rows } = effectiveSizeFigure(groups).table;
    expect(columns).toEqual([
      'teacherSize',
      'parametrization',
      'width',
      'trials',
      'effectiveSize mean',
      'effectiveSize sd',
      'effectiveSizePooled mean',
      'effectiveSizePooled sd',
    ]);
    // (3 + 2) / 2, sqrt((0.5^2 + 0.5^2) / 1); pooled: 2 and 2, since 0.8 / 20 is below 0.05.
    expect(rows).toEqual([[2, 'spectral', 4, 2, 2.5, Math.sqrt(0.5), 2, 0]]);
  });

  it('leaves the spread of a single trial empty', () => {
    expect(effectiveSizeFigure(alone).table.rows).toEqual([[2, 'spectral', 4, 1, 3, null, 3, null]]);
    expect(effectiveSizeFigure(alone).notes).toContain('One trial per point: no spread.');
  });
});

describe('the table of train and test loss', () => {
  it('has mean and sample deviation of both losses', () => {
    // Means 0.5 and 1; deviations 0.25 and 0.5 to either side, times sqrt(2).
    expect(lossFigure(groups).table.rows).toEqual([
      [2, 'spectral', 4, 2, 0.5, 0.25 * Math.SQRT2, 1, 0.5 * Math.SQRT2],
    ]);
  });

  it('omits a loss of zero on the logarithmic axis, with a note', () => {
    const zero = handMade.map(
      (trial): ReportTrial => (trial.trial === 0 ? { ...trial, testLoss: 0 } : trial),
    );
    const { notes, datasets } = lossFigure(groupTrials(zero));
    expect(notes[0]).toBe('On the logarithmic axis 1 value is exactly 0 and is not drawn.');
    expect(datasets.trials?.filter((row) => row.panel === 'testLoss' && row.trial === 0)).toEqual([]);
    expect(datasets.trials?.filter((row) => row.panel === 'testLoss')).toHaveLength(1);
  });

  it('draws a whisker that would reach below zero down to the lower end of the axis, and marks it', () => {
    const wide = handMade.map(
      (trial): ReportTrial => ({ ...trial, testLoss: trial.trial === 0 ? 0.01 : 10 }),
    );
    const figure = lossFigure(groupTrials(wide));
    const { mean, sd, low, lowDrawn, leaves } =
      figure.datasets.summaries?.find((row) => row.panel === 'testLoss') ?? {};
    expect(Number(mean) - Number(sd)).toBeLessThan(0);
    const [foot] = panelsOf(figure)[0]?.y.domain ?? [];
    expect({ low, lowDrawn, leaves }).toEqual({ low: null, lowDrawn: foot, leaves: true });
    expect(figure.notes).toEqual([leavingNote]);
  });

  it('states that a whisker continues below an axis that ends near the smallest trial', () => {
    const far = handMade.map(
      (trial): ReportTrial => ({ ...trial, trainLoss: 1, testLoss: trial.trial === 0 ? 1 : 1.2 }),
    );
    expect(lossFigure(groupTrials(far)).notes).toEqual([]);
    // Mean 0.575, deviation 0.55.
    const four = [0.3, 0.3, 0.3, 1.4].map((testLoss, trial): ReportTrial => {
      return { ...(handMade[0] as ReportTrial), trial, testLoss, trainLoss: 1 };
    });
    expect(lossFigure(groupTrials(four)).notes).toEqual([leavingNote]);
  });
});

describe('the table of the relevance histograms', () => {
  const { table, datasets } = relevanceHistogramFigure(groups);
  const bin = (from: number) => table.rows.find((row) => row[3] === from);

  it('counts nodes per trial in bins of 0.025, each trial divided by its largest', () => {
    expect(table.rows).toHaveLength(40);
    // Trial 0: 1, 0.08, 0.01, 0.5; trial 1: 1, 0, 0, 0.5.
    expect(bin(0)).toEqual([2, 'spectral', 4, 0, 0.025, 1.5, Math.sqrt(0.5)]);
    expect(bin(0.075)).toEqual([2, 'spectral', 4, 0.075, 0.1, 0.5, Math.sqrt(0.5)]);
    expect(bin(0.5)).toEqual([2, 'spectral', 4, 0.5, 0.525, 1, 0]);
    expect(bin(0.975)).toEqual([2, 'spectral', 4, 0.975, 1, 1, 0]);
    expect(table.rows.reduce((total, row) => total + Number(row[5]), 0)).toBe(4);
  });

  it('contains the bins that are not empty', () => {
    expect(datasets.bins?.map((row) => row.from)).toEqual([0, 0.075, 0.5, 0.975]);
  });
});

describe('the table of pruning', () => {
  const { table, datasets, notes } = pruningFigure(groups);

  it('has |MSE after - MSE before| for every number of kept nodes: median, smallest, largest', () => {
    expect(table.rows).toEqual([
      [2, 'spectral', 4, 0, -2, 6, 4, 8],
      [2, 'spectral', 4, 1, -1, 3, 2, 4],
      [2, 'spectral', 4, 2, 0, 0.25, 0.25, 0.25],
      [2, 'spectral', 4, 3, 1, 0, 0, 0],
      [2, 'spectral', 4, 4, 2, 0, 0, 0],
    ]);
  });

  it('draws changes below a thousandth of the smallest test loss, to a power of ten, at that value', () => {
    expect(notes).toEqual([
      'Changes below 10⁻⁴ are drawn there; zero change (nothing removed) has no place on a logarithmic axis.',
      '1 value of 0 is drawn at 10⁻⁴, the foot of the logarithmic axis.',
    ]);
    expect(datasets.curves?.map((row) => row.drawn)).toEqual([6, 3, 0.25, 1e-4, 1e-4]);
  });

  it('marks where a curve passes the median effective size', () => {
    // Sizes 3 and 2: the median 2.5 rounds to 3.
    expect(datasets.sizes).toEqual([
      {
        series: 'spectral',
        parametrization: 'spectral',
        teacherSize: 2,
        width: 4,
        kept: 3,
        excess: 1,
        median: 0,
        drawn: 1e-4,
      },
    ]);
  });

  it('takes the lower end of the axis from the changes when no student has an error', () => {
    const perfect = handMade.map(
      (trial): ReportTrial => ({ ...trial, pruningLosses: Float64Array.of(8, 0.02, 0, 0, 0) }),
    );
    expect(pruningFigure(groupTrials(perfect)).notes[0]).toContain('Changes below 0.001 are');
  });

  it('omits losses that overflow', () => {
    const [first, second] = handMade as [ReportTrial, ReportTrial];
    const broken = {
      ...first,
      pruningLosses: Float64Array.of(Number.POSITIVE_INFINITY, 4.5, 0.75, 0.5, 0.5),
    };
    expect(pruningFigure(groupTrials([broken, second])).table.rows[0]).toEqual([
      2,
      'spectral',
      4,
      0,
      -2,
      4,
      4,
      4,
    ]);
    expect(pruningFigure(groupTrials([broken])).table.rows[0]).toEqual([2, 'spectral', 4, 1, -1, 4, 4, 4]);
  });

  it('samples wide students sparsely right of the axis, and keeps their full width', () => {
    const wide = groupTrials(syntheticTrials({ widths: [1500], trials: 1, parametrizations: ['spectral'] }));
    const kept = pruningFigure(wide).table.rows.map((row) => row[3] as number);
    expect(kept.slice(0, 81)).toEqual(Array.from({ length: 81 }, (_, k) => k));
    expect(kept.at(-1)).toBe(1500);
    expect(kept.length).toBeLessThan(200);
  });
});

describe('captions', () => {
  it('have the numbers of the run', () => {
    expect(effectiveSizeFigure(groups).caption).toContain(
      'it is 2.50 ± 0.71 of 4 nodes for spectral students',
    );
    expect(lossFigure(groups).caption).toContain(
      'The test loss is 1.00 ± 0.71 for spectral students of width 4',
    );
    expect(pruningFigure(groups).caption).toContain(
      'of spectral students of width 4 changes by 0 when n_λ = 3 nodes are kept and by 3 when 1 are',
    );
    // (3 + 2) / 2 of 4 nodes
    expect(relevanceHistogramFigure(groups).caption).toContain('63 % of the nodes of spectral students');
    expect(relevanceHistogramFigure(groups).caption).toContain('L_i = |λ_i| ‖φ_i‖ √h for spectral students');
  });
});

describe('the table of the baselines', () => {
  const ranked = handMade.map((trial) => ({
    ...trial,
    rankedLosses: { oracle: Float64Array.of(8, 4, 0.54, 0.5, 0.5), random: Float64Array.of(9, 8, 7, 6, 0.5) },
  }));

  it('counts the nodes from which on the loss stays within 10 %', () => {
    expect(nodesNeeded([9, 1.1, 1.2, 1.05, 1])).toBe(3);
    expect(nodesNeeded([9, 8, 1.1])).toBe(2);
    expect(nodesNeeded([1, 1, 1])).toBe(0);
  });

  it('has a row for each ranking of each group', () => {
    const { columns, rows } = (baselinesFigure(groupTrials(ranked)) as Figure).table;
    expect(columns).toEqual([
      ...['teacherSize', 'parametrization', 'width', 'ranking', 'trials'],
      ...['test loss unpruned median', 'nodes within 10 % median', 'smallest', 'largest'],
    ]);
    // By relevance 3 nodes keep the first trial's 0.5, and 2 the second's 1.5.
    expect(rows).toEqual([
      [2, 'spectral', 4, 'relevance', 2, 1, 2.5, 2, 3],
      [2, 'spectral', 4, 'oracle', 2, 0.5, 2, 2, 2],
      [2, 'spectral', 4, 'random', 2, 0.5, 4, 4, 4],
    ]);
  });

  it('is omitted where no other ranking was requested', () => {
    expect(isDrawn(baselinesFigure(groups))).toBe(false);
  });
});
