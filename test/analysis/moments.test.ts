import fc from 'fast-check';
import { expect, it } from 'vitest';
import { columnMoments } from '../../src/analysis/moments.js';

/** Numbers offset + k / 1024 are exact in float64, so that integers give their mean and variance exactly. */
function exactMoments(offset: number, steps: readonly number[]) {
  const count = BigInt(steps.length);
  const sum = steps.reduce((total, k) => total + BigInt(k), 0n);
  const squares = steps.reduce((total, k) => total + BigInt(k) * BigInt(k), 0n);
  // n^2 variance = n sum(k^2) - sum(k)^2, in units of 1 / 1024 squared
  const variance = Number(count * squares - sum * sum) / Number(count * count) / 1024 ** 2;
  return { mean: offset + Number(sum) / Number(count) / 1024, deviation: Math.sqrt(variance) };
}

function seededSteps(count: number): number[] {
  let state = 1;
  return Array.from({ length: count }, () => {
    state = (state * 48271) % 2147483647;
    return (state % 4096) - 2048;
  });
}

it.each([
  [1e3, 0],
  [1e5, 1e8],
  [2e5, 1e8],
  [2e5, -1e10],
])('%d numbers around %d have their mean and deviation to a few roundings', (count, offset) => {
  const steps = seededSteps(count);
  const { mean, deviation } = columnMoments(
    Float64Array.from(steps, (k) => offset + k / 1024),
    1,
  );
  const exact = exactMoments(offset, steps);
  // The mean is right to half a unit in the last place of the sum and of the quotient; of the deviation likewise.
  expect(Math.abs((mean[0] as number) - exact.mean)).toBeLessThanOrEqual(
    4 * Number.EPSILON * (Math.abs(offset) + 2),
  );
  expect(Math.abs((deviation[0] as number) / exact.deviation - 1)).toBeLessThan(8 * Number.EPSILON);
});

it('every column has its own moments, whatever other columns hold', () => {
  const column = fc.tuple(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 1e6 }));
  fc.assert(
    fc.property(
      fc.array(column, { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 60 }),
      (columns, rows) => {
        const steps = columns.map(([, spread], j) =>
          seededSteps(rows).map((k) => ((k * spread * (j + 1)) % 1e6) | 0),
        );
        const values = Float64Array.from({ length: rows * columns.length }, (_, i) => {
          const j = i % columns.length;
          return (
            (columns[j] as [number, number])[0] +
            ((steps[j] as number[])[Math.floor(i / columns.length)] as number) / 1024
          );
        });
        const { mean, deviation, minimum, maximum } = columnMoments(values, columns.length);
        columns.forEach(([offset], j) => {
          const exact = exactMoments(offset, steps[j] as number[]);
          expect(mean[j]).toBeCloseTo(exact.mean, 5);
          expect(deviation[j]).toBeCloseTo(exact.deviation, 6);
          expect(minimum[j]).toBe(offset + Math.min(...(steps[j] as number[])) / 1024);
          expect(maximum[j]).toBe(offset + Math.max(...(steps[j] as number[])) / 1024);
        });
      },
    ),
    { seed: 1, numRuns: 100 },
  );
});

it('equal numbers have exactly their value as mean and 0 as deviation, in float32 and float64', () => {
  for (const value of [37, 37.5, 0.1, 14.62, -1e-300, 1e300, 0, Number.MAX_VALUE, Number.MIN_VALUE])
    for (const count of [1, 3, 10, 48_000, 100_000]) {
      const { mean, deviation } = columnMoments(new Float64Array(count).fill(value), 1);
      expect([mean[0], deviation[0]]).toEqual([value, 0]);
    }
  const { mean, deviation } = columnMoments(new Float32Array(100_000).fill(0.1), 1);
  expect([mean[0], deviation[0]]).toEqual([Math.fround(0.1), 0]);
});

it('the spread of very large and very small numbers neither overflows nor vanishes', () => {
  for (const unit of [1e-310, 1e-200, 1e200, 1e307]) {
    const { mean, deviation } = columnMoments(Float64Array.of(-unit, unit, -unit, unit), 1);
    expect(mean[0]).toBe(0);
    expect((deviation[0] as number) / unit).toBeCloseTo(1, 10);
  }
});
