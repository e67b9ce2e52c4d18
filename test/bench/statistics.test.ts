import { describe, expect, it } from 'vitest';
import { median, pairedRatio, relativeDifference } from '../../bench/statistics.js';

describe('median', () => {
  it('is the middle value, or the mean of two, by size and not by text', () => {
    expect(median([10, 9, 100])).toBe(10);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(() => median([])).toThrow('the median of no values');
  });
});

describe('pairedRatio', () => {
  it('does not see a slow stretch that both lived through', () => {
    // the machine is ten times slower in the last two rounds
    expect(pairedRatio([2, 2, 20, 20], [1, 1, 10, 10])).toBe(2);
  });

  it('refuses rounds that timed only one', () => {
    expect(() => pairedRatio([1, 2], [1])).toThrow('expected a pair a round, got 2 and 1 samples');
  });
});

describe('relativeDifference', () => {
  it('is relative to the second, and absolute where that is zero', () => {
    expect(relativeDifference([3, 5], [3, 4])).toBeCloseTo(1 / 5, 12);
    expect(relativeDifference([3, 4], [0, 0])).toBe(5);
    expect(relativeDifference([0], [0])).toBe(0);
  });

  it('lets a NaN through and refuses other lengths', () => {
    expect(relativeDifference([NaN], [1])).toBeNaN();
    expect(() => relativeDifference([1], [1, 2])).toThrow('expected as many values, got 1 and 2');
  });
});
