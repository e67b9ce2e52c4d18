import { describe, expect, it } from 'vitest';
import { rank, select } from '../../src/pruning/ranking.js';

describe('rank', () => {
  it('orders nodes by ascending relevance', () => {
    expect(rank([0.3, 0.1, 10, 9])).toEqual(Uint32Array.of(1, 0, 3, 2));
  });

  it('breaks ties by index, whatever the length', () => {
    expect(rank([1, 0, 1, 0, 1])).toEqual(Uint32Array.of(1, 3, 0, 2, 4));
    const many = rank(new Float64Array(1000));
    expect(many).toEqual(Uint32Array.from({ length: 1000 }, (_, i) => i));
  });

  it('refuses numbers that cannot be ordered', () => {
    expect(() => rank([1, Number.NaN])).toThrow('expected a finite number for relevance[1], received NaN');
    expect(() => rank([])).toThrow(
      'expected an array of at least one number for relevance, received an array of length 0',
    );
  });
});

describe('select', () => {
  const relevance = [5, 1, 4, 2, 3];

  it('keeps the most relevant nodes, in the order in which they stand', () => {
    expect(select(relevance, { keep: 3 })).toEqual(Uint32Array.of(0, 2, 4));
    expect(select(relevance, { keep: 1 })).toEqual(Uint32Array.of(0));
    expect(select(relevance, { keep: 5 })).toEqual(Uint32Array.of(0, 1, 2, 3, 4));
    expect(select([1, 1, 1], { keep: 1 })).toEqual(Uint32Array.of(2)); // of equals the last of the order
  });

  it('sorts node indices as numbers, not as text', () => {
    expect(
      select(
        Float64Array.from({ length: 12 }, (_, i) => i),
        { keep: 4 },
      ),
    ).toEqual(Uint32Array.of(8, 9, 10, 11));
  });

  it('removes what lies below a percentile of the layer, and not what lies on it', () => {
    // Percentiles of 1 ... 5: 0 -> 1, 25 -> 2, 30 -> 2.2, 50 -> 3, 100 -> 5
    expect(select(relevance, { percentile: 0 })).toHaveLength(5);
    expect(select(relevance, { percentile: 25 })).toEqual(Uint32Array.of(0, 2, 3, 4));
    expect(select(relevance, { percentile: 30 })).toEqual(Uint32Array.of(0, 2, 4));
    expect(select(relevance, { percentile: 50 })).toEqual(Uint32Array.of(0, 2, 4));
    expect(select(relevance, { percentile: 100 })).toEqual(Uint32Array.of(0));
  });

  it('keeps or removes equal nodes together under a percentile', () => {
    expect(select([0, 0, 0, 7], { percentile: 50 })).toHaveLength(4);
    expect(select([0, 0, 0, 7], { percentile: 90 })).toEqual(Uint32Array.of(3));
    expect(select([2, 2, 2], { percentile: 100 })).toHaveLength(3);
  });

  it.each<[string, Parameters<typeof select>[1], string]>([
    ['neither', {}, 'expected exactly one of keep and percentile, received neither'],
    ['both', { keep: 1, percentile: 5 }, 'expected exactly one of keep and percentile, received both'],
    [
      'no node kept',
      { keep: 0 },
      'expected at least 1 node for keep, received 0. A layer without nodes would cut the network in two',
    ],
    [
      'more than there are',
      { keep: 6 },
      'expected at most the 5 nodes that the layer has for keep, received 6',
    ],
    ['half a node', { keep: 2.5 }, 'expected a non-negative integer for keep, received 2.5'],
    ['fewer than none', { keep: -1 }, 'expected a non-negative integer for keep, received -1'],
    [
      'a percentile above 100',
      { percentile: 101 },
      'expected a finite number between 0 and 100 for percentile, received 101',
    ],
  ])('refuses %s', (_, selection, message) => {
    expect(() => select(relevance, selection)).toThrow(
      expect.objectContaining({ code: 'invalid_argument', message }),
    );
  });
});
