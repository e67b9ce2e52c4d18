import { expect, it } from 'vitest';
import { collapseFactor } from '../../../src/analysis/collapse/factor.js';
import { failureOf } from '../../failure.js';

const x = [-1, -0.75, -0.5, -0.25];
const curve = (scale: number, at = x) => ({ x: at, y: at.map((value) => scale * Math.exp(-3 * value)) });

it('is 1 where curves are one, wherever their points lie', () => {
  expect(collapseFactor([curve(1), curve(1, [-0.9, -0.6, -0.4, -0.1])], [-1, 0])).toBeCloseTo(1, 12);
});

it('is the factor between curves: of two that lie a factor f apart, f to the power 1 / sqrt(2)', () => {
  expect(collapseFactor([curve(1), curve(2)], [-1, 0])).toBeCloseTo(2 ** Math.SQRT1_2, 12);
});

it('is undefined where no two curves overlap', () => {
  expect(collapseFactor([curve(1)], [-1, 0])).toBeUndefined();
  expect(collapseFactor([], [-1, 0])).toBeUndefined();
});

it('is refused for curves without a logarithm, and for an invalid range', () => {
  expect(failureOf(() => collapseFactor([{ x: [0, 1], y: [1, 0] }], [0, 1]))).toBe(
    'invalid_argument: expected numbers above 0 for curves[0].y, received 0',
  );
  expect(failureOf(() => collapseFactor([undefined as never], [0, 1]))).toBe(
    'invalid_argument: expected a curve { x, y } for curves[0], received undefined',
  );
  expect(failureOf(() => collapseFactor([curve(1)], [0, 0]))).toBe(
    'invalid_argument: expected two numbers, from < to for range, received "[0, 0]"',
  );
});
