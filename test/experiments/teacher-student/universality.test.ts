import { describe, expect, it } from 'vitest';
import { universalityFigure } from '../../../src/experiments/teacher-student/figures/universality.js';
import {
  groupTrials,
  type ReportTrial,
} from '../../../src/experiments/teacher-student/panels/trial-groups.js';
import {
  collapseOf,
  normalisedCurve,
} from '../../../src/experiments/teacher-student/universality/normalised-curves.js';
import { type Figure, isDrawn } from '../../../src/figures/figure.js';
import { syntheticTrials } from '../../report/synthetic-trials.js';

/** Trials whose change of error is `change` of the share of the teacher's nodes that are kept, times 1 + 0.01 * trial. */
function trialsWith(change: (share: number) => number, options: Parameters<typeof syntheticTrials>[0] = {}) {
  return syntheticTrials({
    widths: [40],
    teacherSizes: [10, 20],
    parametrizations: ['spectral'],
    ...options,
  }).map(
    (trial): ReportTrial => ({
      ...trial,
      pruningLosses: Float64Array.from({ length: trial.width + 1 }, (_, kept) => {
        const share = kept / trial.teacherSize;
        // Not at share 0, which every curve is divided by.
        return 0.5 + change(share) * (1 + 0.01 * trial.trial * share);
      }),
    }),
  );
}
const exponential = trialsWith((share) => (share < 1 ? 8 * Math.exp(-5 * share) : 0));
const reasonOf = (trials: readonly ReportTrial[]) => {
  const figure = universalityFigure(groupTrials(trials));
  expect(isDrawn(figure)).toBe(false);
  return 'reason' in figure ? figure.reason : '';
};
const figureOf = (trials: readonly ReportTrial[]) => universalityFigure(groupTrials(trials)) as Figure;

describe('normalised curves', () => {
  it('are 1 with no node, and 0 where nothing changes', () => {
    const [group] = groupTrials(exponential);
    const { points } = normalisedCurve(group as NonNullable<typeof group>, 15);
    expect(points).toHaveLength(16);
    expect(points[0]).toEqual({ kept: 0, x: -1, y: 1, error: 0 });
    expect(points[10]).toEqual({ kept: 10, x: 0, y: 0, error: 0 });
    // Mean of 1, 1.005 and 1.01; standard error 0.005 / sqrt(3).
    expect(points[5]?.y).toBeCloseTo(Math.exp(-2.5) * 1.005, 12);
    expect(points[5]?.error).toBeCloseTo((Math.exp(-2.5) * 0.005) / Math.sqrt(3), 12);
  });

  it('that are one exponential collapse, and the fit finds it', () => {
    const curves = groupTrials(exponential).map((group) => normalisedCurve(group, 40));
    const { factor, quality, exponential: fit } = collapseOf(curves);
    expect(factor).toBeCloseTo(1, 4);
    expect(quality?.compared).toBeGreaterThan(20);
    expect(fit.converged && fit.parameters.rate.value).toBeCloseTo(5 - 0.01, 2);
  });

  it('that coincide have no better scaling than none', () => {
    const { best, quality } = collapseOf(groupTrials(exponential).map((group) => normalisedCurve(group, 40)));
    expect(best?.converged).toBe(true);
    // Curves of 10 and 20 points are straight between them, and errors of 0.3 % count that.
    expect(best?.scaling.xExponent).toBeCloseTo(0, 1);
    expect(best?.scaling.yExponent).toBeCloseTo(0, 1);
    expect(best?.quality).toBeLessThanOrEqual(quality?.quality as number);
  });

  it('that steepen with the teacher have the corresponding exponents', () => {
    // y = exp(-3 c (x + 1)), c = (h_T / 10)^0.5: one curve of x h_T^0.5, up to the factor exp(-3 c), which two sizes allow as
    // a power of h_T: b = 3 (c_20 - c_10) / ln 2.
    const steeper = [10, 20].flatMap((size) =>
      trialsWith((share) => (share < 1 ? 8 * Math.exp(-3 * Math.sqrt(size / 10) * share) : 0), {
        teacherSizes: [size],
      }),
    );
    const { best, quality } = collapseOf(groupTrials(steeper).map((group) => normalisedCurve(group, 40)));
    expect(best?.scaling.xExponent).toBeCloseTo(0.5, 1);
    expect(best?.scaling.yExponent).toBeCloseTo((3 * (Math.SQRT2 - 1)) / Math.LN2, 1);
    expect(best?.quality).toBeLessThan((quality?.quality as number) / 10);
  });

  it('that differ by a factor of two everywhere are apart by the corresponding deviation', () => {
    const [narrow, wide] = groupTrials(exponential).map((group) => normalisedCurve(group, 40));
    if (!narrow || !wide) throw new Error('two teacher sizes');
    const half = { ...wide, points: wide.points.map((point) => ({ ...point, y: point.y / 2 })) };
    // Sample standard deviation of ln y and ln y - ln 2: ln 2 / sqrt(2).
    expect(collapseOf([narrow, half]).factor).toBeCloseTo(Math.exp(Math.LN2 / Math.SQRT2), 3);
  });

  it('that are a power law of the distance from h_T have the fit of that power law', () => {
    const power = trialsWith((share) => (share < 1 ? 8 * (1 - share) ** 2.5 : 0), { trials: 1 });
    const { powerLaw, quality } = collapseOf(groupTrials(power).map((group) => normalisedCurve(group, 40)));
    expect(powerLaw.converged && powerLaw.parameters.exponent.value).toBeCloseTo(2.5, 6);
    expect(quality).toBeUndefined();
  });
});

describe('the figure of universality', () => {
  it('states what is missing with one teacher size', () => {
    expect(reasonOf(syntheticTrials())).toBe(
      'It compares teachers of at least two sizes; this run has one, h_T = 20.',
    );
  });

  it('states what is missing without students wider than two teachers', () => {
    expect(reasonOf(syntheticTrials({ widths: [15], teacherSizes: [10, 20] }))).toBe(
      'It compares teachers of at least two sizes by students wider than they are and with an error that pruning changes; ' +
        'of h_T = 10, 20 this run has only h_T = 10 in each parametrisation.',
    );
    expect(reasonOf(syntheticTrials({ widths: [5, 10], teacherSizes: [10, 20] }))).toContain(
      'this run has none.',
    );
  });

  it('states the exponents of the best collapse, and its improvement', () => {
    const { notes } = figureOf(exponential);
    expect(notes.find((note) => note.startsWith('The best collapse of spectral students'))).toMatch(
      /x stretched by h_\{T\}ᵃ and y by h_\{T\}ᵇ, a = .*, b = .*: S = .* instead of .*; n_\{kept\} \/ h_T as it stands is a = b = 0\.$/,
    );
  });

  it('has no S and no error with one trial, with a note', () => {
    const { notes, table, caption } = figureOf(trialsWith((share) => Math.exp(-share), { trials: 1 }));
    expect(notes).toContain('One trial per curve: no standard errors, hence no S.');
    expect(table.rows.every((row) => row.at(-1) === null)).toBe(true);
    expect(caption).not.toContain('(S =');
  });

  it('leaves out students no wider than their teacher, with a note', () => {
    const { notes, table } = figureOf(syntheticTrials({ widths: [10, 60], teacherSizes: [10, 20] }));
    expect(notes).toContain('Students no wider than their teacher have no nodes to spare and are left out.');
    expect(new Set(table.rows.map((row) => row[2]))).toEqual(new Set([60]));
  });

  it('does not draw a fit that did not converge, with the reason', () => {
    // One node is enough: nothing rises but the first point of each curve.
    const { notes, datasets, caption } = figureOf(
      trialsWith((share) => (share === 0 ? 8 : 0), { trials: 1 }),
    );
    expect(caption).toContain('lie where they cannot be compared.');
    expect(datasets.fits).toEqual([]);
    expect(notes[0]).toMatch(
      /the exponential did not converge \(.+\) and is not drawn; the power law did not/,
    );
  });
});
