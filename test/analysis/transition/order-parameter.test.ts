import { describe, expect, it } from 'vitest';
import {
  criticalExponent,
  orderParameter,
  orderParameterCurve,
} from '../../../src/analysis/transition/order-parameter.js';
import { failureOf } from '../../failure.js';
import { uniformNumbers } from '../seeded-numbers.js';

/** Losses of a student of width 2 h_T on an exact power law below h_T, 1 at no node, and flat above. */
const powerLaw = (teacherSize: number, exponent: number, scale = 1) =>
  Array.from({ length: 2 * teacherSize + 1 }, (_, n) => {
    const below = Math.max(0, 1 - n / teacherSize);
    return 0.01 + scale * below ** exponent;
  });

describe('the order parameter', () => {
  it('is the change of loss on a scale from 0 to 1', () => {
    expect(orderParameter([5, 3, 1, 2, 1])).toEqual(Float64Array.of(1, 0.5, 0, 0.25, 0));
  });

  it('is undefined where pruning changes nothing, or overflows', () => {
    expect(orderParameter([1, 1, 1])).toBeUndefined();
    expect(orderParameter([Infinity, 2, 1])).toBeUndefined();
  });

  it('is averaged over trials, over nodes per teacher node', () => {
    const { x, y, dy } = orderParameterCurve({
      size: 2,
      curves: [
        [2, 1, 0],
        [4, 0, 0],
        [1, 1, 1],
      ],
    });
    expect([...x]).toEqual([-1, -0.5, 0]);
    expect([...y]).toEqual([1, 0.25, 0]);
    expect(dy[0]).toBe(0);
    expect(dy[1]).toBeCloseTo(0.25, 12); // sd 0.5 / sqrt(2), over two trials: sqrt(0.125) / sqrt(2)
    expect(orderParameterCurve({ size: 2, curves: [[2, 1, 0]] }).dy).toEqual(Float64Array.of(NaN, NaN, NaN));
  });
});

describe('the critical exponent', () => {
  it('is that of the law, whatever the size of the teacher and the scale of the loss', () => {
    const groups = [10, 20, 40].map((teacherSize, k) => ({
      size: teacherSize,
      curves: [1, 2, 3].map((scale) => powerLaw(teacherSize, 1.5, scale * 10 ** k)),
    }));
    const found = criticalExponent(groups, { random: uniformNumbers(1), resamples: 50 });
    expect(found.estimate).toBeCloseTo(1.5, 6);
    expect(found.high - found.low).toBeLessThan(1e-6);
    expect(found.amplitude).toBeCloseTo(1, 6);
    expect(found.points).toBe(6 + 12 + 24);
  });

  it('has an interval that covers what trials differ in', () => {
    const curves = [1.3, 1.4, 1.6, 1.7].map((exponent) => powerLaw(20, exponent));
    const { estimate, low, high } = criticalExponent([{ size: 20, curves }], {
      random: uniformNumbers(1),
    });
    expect(estimate).toBeGreaterThan(1.4);
    expect(estimate).toBeLessThan(1.6);
    expect(low).toBeGreaterThan(1.29);
    expect(low).toBeLessThan(estimate);
    expect(high).toBeGreaterThan(estimate);
    expect(high).toBeLessThan(1.71);
  });

  it('is of the window alone', () => {
    const curve = powerLaw(20, 1.5);
    for (let n = 1; n < 8; ++n) curve[n] = 0.3;
    const exponent = (from: number) =>
      criticalExponent([{ size: 20, curves: [curve] }], {
        random: uniformNumbers(1),
        window: [from, 0],
      }).estimate;
    expect(exponent(-0.6)).toBeCloseTo(1.5, 6);
    expect(exponent(-0.9)).not.toBeCloseTo(1.5, 2);
  });

  it('ignores points without damage', () => {
    const curve = powerLaw(20, 1.5);
    curve[19] = 0.01 + 1e-12;
    const exponent = (floor?: number) =>
      criticalExponent([{ size: 20, curves: [curve] }], {
        random: uniformNumbers(1),
        ...(floor !== undefined && { floor }),
      }).estimate;
    expect(exponent()).toBeCloseTo(1.5, 6);
    expect(Math.abs(exponent(0) - 1.5)).toBeGreaterThan(0.1);
  });

  it('is refused, with the reason', () => {
    const groups = [{ size: 20, curves: [powerLaw(20, 1.5)] }];
    const random = uniformNumbers(1);
    expect(failureOf(() => criticalExponent([], { random }))).toBe(
      'invalid_argument: expected an array of at least one { size, curves } for groups, received an array of length 0',
    );
    expect(failureOf(() => criticalExponent([null as never], { random }))).toBe(
      'invalid_argument: expected { size, curves } for groups[0], received null',
    );
    expect(failureOf(() => criticalExponent(groups, { random, window: null as never }))).toBe(
      'invalid_argument: expected two numbers, from < to <= 0 for window, received null',
    );
    expect(failureOf(() => criticalExponent(groups, { random, window: [-1, Symbol('0')] as never }))).toBe(
      'invalid_argument: expected two numbers, from < to <= 0 for window, received an array of length 2',
    );
    expect(failureOf(() => criticalExponent(groups, { random, window: [-0.1, 0.2] }))).toBe(
      'invalid_argument: expected two numbers, from < to <= 0 for window, received an array of length 2',
    );
    expect(failureOf(() => criticalExponent(groups, { random, window: [-0.06, -0.04] }))).toMatch(
      /^invalid_argument: expected curves with a power law in the window \(too few points: 1 for 2 parameters/,
    );
    expect(failureOf(() => orderParameterCurve({ size: 0, curves: [[1, 0]] }))).toBe(
      'invalid_argument: expected a number of nodes above 0 for size, received 0',
    );
    expect(failureOf(() => orderParameterCurve({ size: 2, curves: [[1, 1]] }))).toBe(
      'invalid_argument: expected at least one pruning curve with finite losses that are not all the same for curves, received an array of length 1',
    );
  });
});
