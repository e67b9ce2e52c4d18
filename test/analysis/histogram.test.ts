import { describe, expect, it } from 'vitest';
import { histogram } from '../../src/analysis/histogram.js';

describe('histogram', () => {
  it('closes bins on the left, and the last one on both sides', () => {
    const { edges, counts, outside } = histogram([0, 0.24, 0.25, 0.5, 0.74, 1], { bins: 4, range: [0, 1] });
    expect(edges).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(counts).toEqual([2, 1, 2, 1]);
    expect(outside).toBe(0);
  });

  it('counts each edge into the bin that starts there, although the quotient rounds', () => {
    // 0.07 * 100 is 7.000000000000001 and 0.29 * 100 is 28.999999999999996
    const edges = histogram([0], { bins: 100, range: [0, 1] }).edges;
    const { counts } = histogram(edges, { bins: 100, range: [0, 1] });
    expect(counts).toEqual([...new Array<number>(99).fill(1), 2]);
    const below = edges.slice(1, -1).map((value) => value * (1 - Number.EPSILON));
    expect(histogram(below, { bins: 100, range: [0, 1] }).counts).toEqual([
      ...new Array<number>(99).fill(1),
      0,
    ]);
  });

  it('ends at the last edge to the last bit', () => {
    const found = histogram([-0.9], { bins: 3, range: [-3, -0.9] }); // -3 + (-0.9 - -3) = -0.8999999999999999
    expect(found.edges.at(-1)).toBe(-0.9);
    expect(found).toMatchObject({ counts: [0, 0, 1], outside: 0 });
  });

  it('leaves out what lies outside, says how much, and integrates to one over the rest', () => {
    const found = histogram(Float32Array.of(-3, 1, 1.5, 2.5, 4, 9), { bins: 2, range: [0, 4] });
    expect(found).toEqual({ edges: [0, 2, 4], counts: [2, 2], density: [0.25, 0.25], outside: 2 });
    expect(histogram([7], { bins: 2, range: [0, 4] })).toMatchObject({ density: [0, 0], outside: 1 });
  });

  it.each<[string, () => unknown, string]>([
    [
      'no bins',
      () => histogram([1], { bins: 0, range: [0, 1] }),
      'expected a positive integer for bins, received 0',
    ],
    [
      'an empty range',
      () => histogram([1], { bins: 3, range: [2, 2] }),
      'expected a number above range[0] (2) for range[1], received 2',
    ],
    [
      'no range',
      () => histogram([1], { bins: 3 } as never),
      'expected an array of two numbers, [first, last edge] for range, received undefined',
    ],
    [
      'an infinite edge',
      () => histogram([1], { bins: 3, range: [0, Number.POSITIVE_INFINITY] }),
      'expected a finite number for range[1], received Infinity',
    ],
    [
      'no values',
      () => histogram([], { bins: 3, range: [0, 1] }),
      'expected an array of at least one number for values, received an array of length 0',
    ],
    [
      'a misspelt option',
      () => histogram([1], { bin: 3, range: [0, 1] } as never),
      'unknown option "bin" in histogram; known: bins, range. Did you mean "bins"?',
    ],
  ])('refuses %s', (_, call, message) => {
    expect(call).toThrow(expect.objectContaining({ code: 'invalid_argument', message }));
  });
});
