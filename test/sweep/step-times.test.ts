import { describe, expect, it } from 'vitest';
import { fitStepTimes } from '../../src/sweep/step-times.js';

const line = (fixed: number, perOperation: number) => (operations: number) => ({
  operations,
  seconds: fixed + perOperation * operations,
});

describe('times of steps between those that were measured', () => {
  it('lie on the line through the measured times', () => {
    const { of, error } = fitStepTimes([1e3, 1e5, 1e7].map(line(2e-6, 1e-11)));
    expect(of(1e6)).toBeCloseTo(1.2e-5, 12);
    expect(error).toBeCloseTo(0, 9);
  });

  it('have an error where the measured times lie on no line', () => {
    // Times of 1 and 3 for the same operations: 1.2 minimises (1.2 - 1)^2 + (1.2 / 3 - 1)^2.
    const { of, error } = fitStepTimes([1, 3, 1, 3].map((seconds) => ({ operations: 10, seconds })));
    expect(of(10)).toBeCloseTo(1.2, 9);
    expect(error).toBeCloseTo(Math.sqrt((0.2 ** 2 + 0.6 ** 2) / 2), 9);
  });

  it('are never negative', () => {
    const steep = fitStepTimes([line(-5e-7, 1e-9)(1e3), line(-5e-7, 1e-9)(1e4), line(-5e-7, 1e-9)(1e6)]);
    expect(steep.of(0)).toBe(0);
    const falling = fitStepTimes([
      { operations: 1, seconds: 3 },
      { operations: 10, seconds: 2 },
      { operations: 100, seconds: 1 },
    ]);
    expect(falling.of(1e6)).toBe(falling.of(0));
    expect(falling.of(0)).toBeGreaterThan(1);
  });

  it('are proportional to a single measured one, whose error is unknown', () => {
    const { of, error } = fitStepTimes([{ operations: 100, seconds: 2 }]);
    expect(of(50)).toBe(1);
    expect(error).toBeNull();
  });
});
