import { describe, expect, it } from 'vitest';
import { multiplyAddsPerPattern, operationsPerStep, stepsPerEpoch } from '../../bench/arithmetic.js';

describe('useful arithmetic', () => {
  it.each([20, 200, 1000])("is 80 h multiply-adds per pattern for the paper's student of width %i", (h) => {
    expect(multiplyAddsPerPattern([10, h, 20])).toBe(80 * h);
  });

  it('has no gradient of the input in the first layer', () => {
    expect(multiplyAddsPerPattern([784, 4096])).toBe(2 * 784 * 4096);
    expect(multiplyAddsPerPattern([784, 4096, 10])).toBe(2 * 784 * 4096 + 3 * 4096 * 10);
  });

  it('is 48 000 h operations for a batch of 300, and less for the average one when the last is smaller', () => {
    expect(operationsPerStep([10, 200, 20], 300, 300)).toBe(48_000 * 200);
    expect(operationsPerStep([10, 200, 20], 8000, 300)).toBeCloseTo((160 * 200 * 8000) / 27, 6);
  });

  it('counts the partial batch as a step', () => {
    expect(stepsPerEpoch(8000, 300)).toBe(27);
    expect(stepsPerEpoch(900, 300)).toBe(3);
    expect(stepsPerEpoch(5, 300)).toBe(1);
  });
});
