import { describe, expect, it } from 'vitest';
import { nodeStrengths } from '../../../src/analysis/topology/node-strengths.js';
import { pathValues, resampleSorted } from '../../../src/analysis/topology/paths.js';
import { failureOf } from '../../failure.js';
import { normalNumbers } from '../seeded-numbers.js';

const layer = (rows: number, columns: number, next: () => number) => ({
  rows,
  columns,
  values: Float64Array.from({ length: rows * columns }, next),
});

describe('pathValues', () => {
  const normal = normalNumbers(2);
  const [first, second, third] = [layer(4, 3, normal), layer(2, 4, normal), layer(5, 2, normal)];

  it('is every product w1_ij w2_jk, sorted', () => {
    const products: number[] = [];
    for (let i = 0; i < 3; ++i)
      for (let j = 0; j < 4; ++j)
        for (let k = 0; k < 2; ++k)
          products.push((first.values[j * 3 + i] as number) * (second.values[k * 4 + j] as number));
    const values = pathValues([first, second]);
    expect(values.length).toBe(24);
    for (const [p, value] of products.sort((a, b) => a - b).entries())
      expect(values[p]).toBeCloseTo(value, 14);
  });

  it('adds up to the linear network with input and output summed', () => {
    // sum over paths = 1^T W3 W2 W1 1
    let ones = [1, 1, 1];
    for (const { rows, columns, values } of [first, second, third]) {
      ones = Array.from({ length: rows }, (_, i) =>
        ones.reduce((total, one, j) => total + one * (values[i * columns + j] as number), 0),
      );
    }
    const values = pathValues([first, second, third]);
    expect(values.length).toBe(3 * 4 * 2 * 5);
    const sum = (list: Iterable<number>) => [...list].reduce((total, value) => total + value, 0);
    expect(sum(values)).toBeCloseTo(sum(ones), 12);
  });

  it('of one layer is its weights', () => {
    expect(pathValues([{ rows: 1, columns: 3, values: [2, -1, 0] }])).toEqual(Float64Array.of(-1, 0, 2));
  });

  it.each([
    [[], 'expected an array of at least one matrix for layers, received an array of length 0'],
    [[first, third], 'expected 4, the rows of the layer before for layers[1].columns, received 2'],
    [
      [
        { rows: 2000, columns: 1, values: new Float64Array(2000) },
        { rows: 1000, columns: 2000, values: new Float64Array(2e6) },
        { rows: 100, columns: 1000, values: new Float64Array(1e5) },
      ],
      'expected at most 100000000 paths for layers, received 200000000. Prune the network, or take fewer layers',
    ],
  ])('refuses layers that do not fit (%#)', (layers, message) => {
    expect(failureOf(() => pathValues(layers))).toBe(`invalid_argument: ${message}`);
  });
});

describe('resampleSorted', () => {
  it('is what NumPy gives', () => {
    // np.interp(np.linspace(0, 1, 7), np.linspace(0, 1, 5), sorted([3, 1, 4, 1.5, 9]))
    const expected = [1, 1.3333333333333333, 2, 3, 3.6666666666666665, 5.666666666666667, 9];
    const values = resampleSorted([3, 1, 4, 1.5, 9], 7);
    for (const [k, value] of expected.entries()) expect(values[k]).toBeCloseTo(value, 13);
  });

  it('of a line is a line, at any number of points; as many points are the values themselves', () => {
    const line = Float64Array.from({ length: 501 }, (_, k) => k / 500);
    for (const points of [2, 3, 100, 1999]) {
      const values = resampleSorted(line, points);
      for (const [k, value] of values.entries()) expect(value).toBeCloseTo(k / (points - 1), 13);
    }
    expect(resampleSorted(line.toReversed(), 501)).toEqual(line);
    expect(resampleSorted([7], 3)).toEqual(Float64Array.of(7, 7, 7));
  });

  it.each([
    [[], 5, 'expected an array of at least one number for values, received an array of length 0'],
    [[1], 1, 'expected an integer of at least 2 for points, received 1'],
    [[1], 2.5, 'expected a positive integer for points, received 2.5'],
    [[Number.NaN], 2, 'expected a finite number for values[0], received NaN'],
  ])('refuses %j, %j', (values, points, message) => {
    expect(failureOf(() => resampleSorted(values, points))).toBe(`invalid_argument: ${message}`);
  });
});

describe('nodeStrengths', () => {
  const incoming = { rows: 3, columns: 2, values: [1, 2, 3, -4, 0, 0] };
  const outgoing = { rows: 2, columns: 3, values: [1, -1, 5, 2, -2, 6] };

  it('sums rows of incoming and columns of outgoing weights', () => {
    expect(nodeStrengths(incoming, outgoing)).toEqual({
      in: Float64Array.of(3, -1, 0),
      out: Float64Array.of(3, -3, 11),
    });
    expect(nodeStrengths(incoming, outgoing, { magnitudes: true })).toEqual({
      in: Float64Array.of(3, 7, 0),
      out: Float64Array.of(3, 3, 11),
    });
  });

  it('refuses layers that do not fit', () => {
    expect(failureOf(() => nodeStrengths(incoming, { rows: 1, columns: 2, values: [1, 2] }))).toBe(
      'invalid_argument: expected 3, the rows of incoming for outgoing.columns, received 2',
    );
    expect(failureOf(() => nodeStrengths(incoming, outgoing, { magnitudes: 1 as never }))).toBe(
      'invalid_argument: expected true or false for magnitudes, received 1',
    );
  });
});
