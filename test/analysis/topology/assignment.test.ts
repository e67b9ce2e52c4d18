import { describe, expect, it } from 'vitest';
import { assign } from '../../../src/analysis/topology/assignment.js';
import { uniformNumbers } from '../seeded-numbers.js';

/** Smallest sum over all one-to-one assignments of rows to columns, rows <= columns. */
function bruteForce(rows: number, columns: number, cost: (i: number, j: number) => number): number {
  const from = (row: number, free: number[]): number =>
    row === rows
      ? 0
      : Math.min(
          ...free.map(
            (j) =>
              cost(row, j) +
              from(
                row + 1,
                free.filter((other) => other !== j),
              ),
          ),
        );
  return from(
    0,
    Array.from({ length: columns }, (_, j) => j),
  );
}

describe('assign', () => {
  it.each([
    [1, 1],
    [1, 5],
    [5, 1],
    [2, 3],
    [4, 4],
    [6, 6],
    [3, 7],
    [7, 3],
  ])('is the best of all, %i x %i, 30 times, negative costs and ties included', (rows, columns) => {
    const random = uniformNumbers(rows * 10 + columns);
    for (let k = 0; k < 30; ++k) {
      // every other time whole numbers, which tie
      const values = Float64Array.from({ length: rows * columns }, () =>
        k % 2 ? 2 * random() - 1 : Math.floor(4 * random()),
      );
      const at = (i: number, j: number) => values[i * columns + j] as number;
      const pairs = assign({ rows, columns, values });
      const count = Math.min(rows, columns);
      expect(pairs.length).toBe(count);
      expect(new Set(pairs.map(([i]) => i)).size).toBe(count);
      expect(new Set(pairs.map(([, j]) => j)).size).toBe(count);
      const best =
        rows <= columns ? bruteForce(rows, columns, at) : bruteForce(columns, rows, (i, j) => at(j, i));
      expect(pairs.reduce((total, [i, j]) => total + at(i, j), 0)).toBeCloseTo(best, 12);
    }
  });

  it('is the sum that SciPy finds for 60 x 40', () => {
    // c = uniformNumbers(77) as 60 x 40; i, j = scipy.optimize.linear_sum_assignment(c); c[i, j].sum(), SciPy 1.17
    const values = Float64Array.from({ length: 2400 }, uniformNumbers(77));
    const pairs = assign({ rows: 60, columns: 40, values });
    const sum = pairs.reduce((total, [i, j]) => total + (values[i * 40 + j] as number), 0);
    expect(sum).toBeCloseTo(0.7849558563902974, 12);
  });
});
