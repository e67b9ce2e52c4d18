import { describe, expect, it } from 'vitest';
import { fitBrokenLine } from '../../../src/analysis/transition/broken-line.js';
import { type SizesAtWidth, sizeTransition } from '../../../src/analysis/transition/size-transition.js';
import { failureOf } from '../../failure.js';
import { uniformNumbers } from '../seeded-numbers.js';

/** Least squares for a joint at `joint`, by normal equations and Cramer's rule. */
function residualWithJoint(x: number[], y: number[], weights: number[], joint: number): number {
  const rows = x.map((at) => [1, Math.min(at - joint, 0), Math.max(at - joint, 0)]);
  const sum = (a: number[], b: number[]) =>
    weights.reduce((total, weight, i) => total + weight * (a[i] as number) * (b[i] as number), 0);
  const columns = [0, 1, 2].map((c) => rows.map((row) => row[c] as number));
  const normal = columns.map((a) => columns.map((b) => sum(a, b)));
  const right = columns.map((a) => sum(a, y));
  const determinant = (m: number[][]) => {
    const at = (i: number, j: number) => (m[i] as number[])[j % 3] as number;
    return [0, 1, 2].reduce(
      (total, j) => total + at(0, j) * (at(1, j + 1) * at(2, j + 2) - at(1, j + 2) * at(2, j + 1)),
      0,
    );
  };
  const solution = [0, 1, 2].map(
    (c) =>
      determinant(normal.map((row, i) => row.map((value, j) => (j === c ? (right[i] as number) : value)))) /
      determinant(normal),
  );
  return rows.reduce((total, row, i) => {
    const model = row.reduce((value, entry, c) => value + entry * (solution[c] as number), 0);
    return total + (weights[i] as number) * ((y[i] as number) - model) ** 2;
  }, 0);
}

describe('fitBrokenLine', () => {
  it('is the best of a fine search over the joint, on random points', () => {
    const random = uniformNumbers(11);
    for (let k = 0; k < 20; ++k) {
      const x = Array.from({ length: 7 }, (_, i) => i + random());
      const y = x.map((at) => Math.min(at, 3 + random()) + 0.5 * random());
      const weights = x.map(() => 1 + Math.floor(3 * random()));
      const { residual, x: joint } = fitBrokenLine(x, y, weights);
      const [first, last] = [x[1] as number, x[5] as number];
      const searched = Array.from({ length: 2001 }, (_, i) => first + ((last - first) * i) / 2000).map((at) =>
        residualWithJoint(x, y, weights, at),
      );
      const best = Math.min(...searched);
      expect(residual).toBeLessThanOrEqual(best * (1 + 1e-9));
      // the step of the search
      expect(residual).toBeGreaterThan(best - 1e-3);
      expect(residualWithJoint(x, y, weights, joint)).toBeCloseTo(residual, 9);
    }
  });
});

/**
 * Joint, height, slopes and p from NumPy and SciPy 1.17, minimising over the joint t with
 *   D = np.c_[ones, np.minimum(X-t, 0), np.maximum(X-t, 0)]; p = np.linalg.lstsq(D, Y)[0]; sse = sum((Y - D@p)**2)
 *   scipy.optimize.minimize_scalar(sse, bounds=..., method='bounded', options=dict(xatol=1e-12))
 *   one = sum((Y - np.polyval(np.polyfit(X, Y, 1), X))**2)
 *   scipy.stats.f.sf((one - sse)/2/(sse/12), 2, 12)
 * where X, Y are the logarithms of the 16 widths and sizes below.
 */
const noise = [
  0.04, -0.03, 0.02, -0.05, 0.01, 0.03, -0.02, 0.05, -0.01, 0.02, -0.04, 0.03, 0.01, -0.02, 0.04, -0.03,
];
const groups: SizesAtWidth[] = [5, 10, 15, 20, 40, 80, 160, 320].map((width, i) => ({
  width,
  effectiveSizes: [0, 1].map(
    (t) => (width < 18 ? width : 18 * (width / 18) ** 0.1) * Math.exp(noise[2 * i + t] as number),
  ),
}));

describe('sizeTransition', () => {
  it('finds the joint that SciPy finds', () => {
    const transition = sizeTransition(groups, { random: uniformNumbers(1) });
    if (!transition.located) throw new Error(transition.reason);
    expect(transition.width.estimate).toBeCloseTo(17.998371981885903, 5);
    expect(transition.effectiveSize).toBeCloseTo(18.170858178043165, 5);
    expect(transition.slopeBelow).toBeCloseTo(1.0090763, 6);
    expect(transition.slopeAbove).toBeCloseTo(0.09567192, 6);
    expect(transition.pValue / 4.5836995828395914e-12).toBeCloseTo(1, 6);
    expect(transition.width.low).toBeGreaterThan(16.5);
    expect(transition.width.low).toBeLessThan(transition.width.estimate);
    expect(transition.width.high).toBeGreaterThan(transition.width.estimate);
    expect(transition.width.high).toBeLessThan(19.5);
  });

  it('does not depend on the order of the widths, and repeats', () => {
    const options = () => ({ random: uniformNumbers(2), resamples: 50 });
    expect(sizeTransition(groups.toReversed(), options())).toEqual(sizeTransition(groups, options()));
  });

  it('finds none where size grows as one power of the width throughout', () => {
    const direct = groups.map(({ width }, i) => ({
      width,
      effectiveSizes: [0, 1].map((t) => width ** 0.8 * Math.exp(noise[2 * i + t] as number)),
    }));
    const transition = sizeTransition(direct, { random: uniformNumbers(1) });
    expect(transition.located).toBe(false);
    expect(!transition.located && transition.reason).toMatch(
      /^two power laws are no better than one \(p = 0\.\d+, at most 0\.01 is needed\)$/,
    );
  });

  it.each([
    [
      'constant sizes',
      [5, 10, 20, 40, 80],
      7,
      'two power laws are no better than one (p = 1.0, at most 0.01 is needed)',
    ],
    ['three widths', [5, 10, 20], 7, 'too few widths: 3, at least 4 are needed'],
    ['one width', [5], 7, 'too few widths: 1, at least 4 are needed'],
    ['four students', [5, 10, 20, 40], 7, 'too few students: 4 for 4 parameters, at least 5 are needed'],
  ])('returns the reason when there are only %s', (_, widths, size, reason) => {
    const some = widths.map((width) => ({ width, effectiveSizes: [size] }));
    expect(sizeTransition(some, { random: uniformNumbers(1) })).toEqual({ located: false, reason });
  });

  it.each([
    [
      [],
      'expected an array of at least one { width, effectiveSizes } for groups, received an array of length 0',
    ],
    [
      [{ width: 5, effectiveSizes: [3, 0] }],
      'expected a number above 0 for groups[0].effectiveSizes[1], received 0',
    ],
    [
      [{ width: 5, effectiveSizes: [] }],
      'expected an array of at least one number for groups[0].effectiveSizes, received an array of length 0',
    ],
    [[null as never], 'expected { width, effectiveSizes } for groups[0], received null'],
    [[{ width: 0.5, effectiveSizes: [3] }], 'expected a positive integer for groups[0].width, received 0.5'],
    [
      [
        { width: 5, effectiveSizes: [3] },
        { width: 5, effectiveSizes: [3] },
      ],
      'expected every width once for groups, received 5. Put its trials into one group',
    ],
  ])('refuses %j', (some, message) => {
    expect(failureOf(() => sizeTransition(some, { random: uniformNumbers(1) }))).toBe(
      `invalid_argument: ${message}`,
    );
  });
});
