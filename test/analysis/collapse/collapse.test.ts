import { describe, expect, it } from 'vitest';
import {
  fitCollapse,
  rescaleCurves,
  type Scaling,
  type SizedCurve,
} from '../../../src/analysis/collapse/fit-collapse.js';
import { type Curve, collapseQuality } from '../../../src/analysis/collapse/quality.js';
import { failureOf } from '../../failure.js';
import { normalNumbers } from '../seeded-numbers.js';

/** y = size^-0.5 tanh((x - 2) size^0.75) on [1.6, 2.4], with normal errors of 0.03 size^-0.5 */
function tanhCurves(seed: number, noise = 0.03): SizedCurve[] {
  const normal = normalNumbers(seed);
  return [8, 16, 32].map((size) => {
    const x = Array.from({ length: 41 }, (_, i) => 2 + (i - 20) / 50);
    const y = x.map(
      (at) => size ** -0.5 * Math.tanh((at - 2) * size ** 0.75) + noise * size ** -0.5 * normal(),
    );
    return { size, x, y, dy: x.map(() => 0.03 * size ** -0.5) };
  });
}
const truth: Scaling = { critical: 2, xExponent: 0.75, yExponent: 0.5 };

describe('collapseQuality', () => {
  it('is the value computed by hand for two points and one between them', () => {
    // line from (0, 0) to (2, 2), both +-1: at x = 1 it is 1 +- sqrt(1/2). Point 4 +- 1 is 3 away: 9 / (1 + 1/2) = 6.
    // The second curve's other point lies outside.
    const curves: Curve[] = [
      { x: [0, 2], y: [0, 2], dy: [1, 1] },
      { x: [1, 5], y: [4, 0], dy: [1, 1] },
    ];
    // and (2, 2) lies on the second curve's line from (1, 4) to (5, 0): 3 there; its variance 9/16 + 1/16
    const second = 1 / (1 + 10 / 16);
    expect(collapseQuality(curves)).toEqual({
      quality: expect.closeTo((6 + second) / 2, 12),
      compared: 2,
      points: 4,
    });
  });

  /**
   * From NumPy 2.4, with the same noise: each point against np.linalg.inv(A.T @ A) for A = vander(x, 2) / dy through the
   * neighbours in the other curves; 1.0595 at the truth, 49.89 unscaled, 16.64 with the critical point at 2.05.
   */
  it.each([
    [truth, 1.0595032314980781, 105],
    [{ critical: 2, xExponent: 0, yExponent: 0 }, 49.89077177262098, 123],
    [{ ...truth, critical: 2.05 }, 16.640012625820976, 105],
  ])('is what NumPy gives for %j', (scaling, quality, compared) => {
    const found = collapseQuality(rescaleCurves(tanhCurves(8), scaling));
    expect(found.quality / quality).toBeCloseTo(1, 9);
    expect(found).toMatchObject({ compared, points: 123 });
  });

  it('is about 1 for true collapses, whatever the noise: 50 of them', () => {
    const values = Array.from(
      { length: 50 },
      (_, seed) => collapseQuality(rescaleCurves(tanhCurves(seed + 1), truth)).quality,
    );
    const mean = values.reduce((total, value) => total + value) / 50;
    // each has sd near sqrt(2 / 105), more for common neighbours; the curve bends between points
    expect(Math.abs(mean - 1)).toBeLessThan(0.15);
    expect(Math.max(...values)).toBeLessThan(1.8);
  });

  it('has no value where nothing overlaps: NaN', () => {
    const apart: Curve[] = [
      { x: [0, 1], y: [0, 1], dy: [1, 1] },
      { x: [2, 3], y: [2, 3], dy: [1, 1] },
    ];
    expect(collapseQuality(apart)).toEqual({ quality: Number.NaN, compared: 0, points: 4 });
  });

  it('compares a curve of one point, and ends of curves that meet', () => {
    const line = { x: [3, 1, 2], y: [3, 1, 2], dy: [1, 1, 1] };
    expect(collapseQuality([line, { x: [1], y: [1], dy: [1] }])).toEqual({
      quality: 0,
      compared: 1,
      points: 4,
    });
    expect(collapseQuality([line, { x: [3, 4], y: [3, 4], dy: [1, 1] }]).compared).toBe(2);
  });

  it.each([
    [
      [],
      'expected an array of at least two curves for curves, received an array of length 0. One curve has nothing to fall on',
    ],
    [
      [{ x: [1], y: [1] } as never, { x: [1], y: [1], dy: [1] }],
      'expected standard errors of y for curves[0].dy, received undefined. They say how near is near; more trials give them',
    ],
    [
      [
        { x: [1], y: [1], dy: [1] },
        { x: [1, 2], y: [1], dy: [1, 1] },
      ],
      'expected as many numbers as curves[1].x has (2) for curves[1].y, received Float64Array(1)',
    ],
    [
      [
        { x: [1], y: [Number.NaN], dy: [1] },
        { x: [1], y: [1], dy: [1] },
      ],
      'expected a finite number for curves[0].y[0], received NaN',
    ],
    [
      [
        { x: [1], y: [1], dy: [0] },
        { x: [1], y: [1], dy: [1] },
      ],
      'expected a number above 0 for curves[0].dy[0], received 0',
    ],
    [
      [{ x: [1], y: [1], dy: [1] }, undefined as never],
      'expected a curve { x, y, dy } for curves[1], received undefined',
    ],
    [
      [
        { x: [1, 1], y: [1, 1], dy: [1, 1] },
        { x: [1], y: [1], dy: [1] },
      ],
      'expected every x once for curves[0].x, received 1. Average its points into one',
    ],
  ])('refuses %j', (curves, message) => {
    expect(failureOf(() => collapseQuality(curves))).toBe(`invalid_argument: ${message}`);
  });
});

describe('fitCollapse', () => {
  const start: Scaling = { critical: 2.02, xExponent: 0.7, yExponent: 0.45 };

  it('finds the scaling that SciPy finds, or a better one', () => {
    // scipy.optimize.minimize(S, start, method='Nelder-Mead'): S = 1.00171 at 2.0000, 0.7513, 0.5129
    const fit = fitCollapse(tanhCurves(8), { start });
    expect(fit.converged).toBe(true);
    expect(fit.quality).toBeLessThan(1.02);
    expect(Math.abs(fit.scaling.critical - 2)).toBeLessThan(0.01);
    expect(Math.abs(fit.scaling.xExponent - 0.75)).toBeLessThan(0.05);
    expect(Math.abs(fit.scaling.yExponent - 0.5)).toBeLessThan(0.05);
  });

  it('keeps what is fixed', () => {
    const fit = fitCollapse(tanhCurves(8), {
      start: { ...start, critical: 2 },
      fixed: ['critical', 'yExponent'],
    });
    expect(fit.scaling).toMatchObject({ critical: 2, yExponent: 0.45 });
    expect(fit.scaling.xExponent).not.toBe(0.7);
    expect(fit.quality).toBeGreaterThan(1.02);
  });

  it('has a best quality far above 1 for curves that do not collapse', () => {
    const different = tanhCurves(8).map((curve, i) => ({
      ...curve,
      y: Array.from(curve.x, (x) => curve.size ** -0.5 * (i === 1 ? Math.cos(9 * x) : Math.tanh(x - 2))),
    }));
    expect(fitCollapse(different, { start }).quality).toBeGreaterThan(20);
  });

  it.each([
    [
      [],
      { start },
      'expected an array of at least two curves for curves, received an array of length 0. One curve has nothing to fall on',
    ],
    [
      tanhCurves(1).map((curve) => ({ ...curve, size: 4 })),
      { start },
      'expected curves of different sizes for curves, received 4. One size says nothing about scaling',
    ],
    [
      tanhCurves(1).map((curve) => ({ ...curve, size: 0 })),
      { start },
      'expected a number above 0 for curves[0].size, received 0',
    ],
    [
      tanhCurves(1),
      { start: { ...start, critical: Number.NaN } },
      'expected a finite number for start.critical, received NaN',
    ],
    [
      tanhCurves(1),
      { start: { ...start, critical: 500 } },
      'expected a scaling that lets at least 62 of 123 points be compared for start, received 0. Start nearer, or lower ' +
        'minimumOverlap',
    ],
    [
      tanhCurves(1),
      { start, fixed: ['critical', 'xExponent', 'yExponent'] as const },
      'expected at most two of the three for fixed, received an array of length 3. collapseQuality fits nothing',
    ],
    [
      tanhCurves(1),
      { start, fixed: ['nu'] as never },
      'expected an array of some of critical, xExponent, yExponent for fixed, received an array of length 1',
    ],
    [[null as never], { start }, 'expected a curve { size, x, y, dy } for curves[0], received null'],
    [tanhCurves(1), {} as never, 'expected an object of options for start, received undefined'],
  ])('refuses bad input (%#)', (curves, options, message) => {
    expect(failureOf(() => fitCollapse(curves, options))).toBe(`invalid_argument: ${message}`);
  });
});
