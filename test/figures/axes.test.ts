import { parse, View } from 'vega';
import { describe, expect, it } from 'vitest';
import {
  labelledTicks,
  logDomain,
  logLabel,
  logTicks,
  plainLabel,
  powerLabel,
  powerOfTen,
} from '../../src/figures/axes.js';

describe('logDomain', () => {
  it('contains all positive values with a margin, and ignores zeros and negative ones', () => {
    const [low, high] = logDomain([1, 100, 0, -5, Number.NaN, Number.POSITIVE_INFINITY]);
    expect(low).toBeCloseTo(1 / 100 ** 0.06, 12);
    expect(high).toBeCloseTo(100 * 100 ** 0.06, 12);
  });

  it('has an extent around a single value, and without any value', () => {
    expect(logDomain([20], 0.5)).toEqual([20 / 1.5, 30]);
    expect(logDomain([0, 0])).toEqual([1e-12, 1]);
  });
});

describe('logTicks', () => {
  it('are as many as are legible, from a fraction of a decade to many', () => {
    expect(logTicks([17, 24])).toEqual([18, 20, 22]);
    expect(logTicks([0.005, 0.03])).toEqual([0.005, 0.007, 0.01, 0.015, 0.02, 0.03]);
    expect(logTicks([8, 300])).toEqual([10, 20, 50, 100, 200]);
    expect(logTicks([1e-6, 30])).toEqual([1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10]);
  });
});

describe('axes to the ends of float64', () => {
  const ends: [number, number] = [5e-324, 1.7e308];

  it('have a domain within it, and few ticks', () => {
    expect(logDomain(ends)).toEqual([Number.MIN_VALUE, Number.MAX_VALUE]);
    expect(logDomain([1e308], 1)).toEqual([5e307, Number.MAX_VALUE]);
    expect(logTicks(ends)).toEqual([1e-300, 1e-200, 1e-100, 1, 1e100, 1e200, 1e300]);
    expect(logTicks([1e-40, 1])).toEqual([1e-40, 1e-35, 1e-30, 1e-25, 1e-20, 1e-15, 1e-10, 1e-5, 1]);
  });
});

describe('labels of ticks', () => {
  /** What Vega makes of them. */
  const labels = (expression: string, values: number[]): string[] => {
    const view = new View(
      parse({
        data: [
          {
            name: 'ticks',
            values: values.map((value) => ({ value })),
            transform: [{ type: 'formula', as: 'label', expr: expression }],
          },
        ],
      }),
    ).run();
    return view.data('ticks').map((tick: { label: string }) => tick.label);
  };

  it('are powers of ten, and multiples of them', () => {
    const values = [1e-12, 1e-6, 2e-3, 0.1, 1, 10, 1.5e3];
    expect(labels(powerLabel, values)).toEqual(['10⁻¹²', '10⁻⁶', '2·10⁻³', '10⁻¹', '10⁰', '10¹', '1.5·10³']);
  });

  it('are correct to the ends of float64', () => {
    const values = [5e-324, 2e-310, 1e-100, 5e-99, 1e99, 1e100, 1.5e308];
    expect(labels(powerLabel, values)).toEqual([
      '4.9·10⁻³²⁴',
      '2·10⁻³¹⁰',
      '10⁻¹⁰⁰',
      '5·10⁻⁹⁹',
      '10⁹⁹',
      '10¹⁰⁰',
      '1.5·10³⁰⁸',
    ]);
  });

  it('are plain decimals only where those are short', () => {
    expect(logLabel([0.002, 0.9])).toBe(plainLabel);
    expect(labels(plainLabel, [0.002, 0.015, 1, 20, 1500])).toEqual(['0.002', '0.015', '1', '20', '1500']);
    expect(logLabel([1e-4, 1])).toBe(powerLabel);
    expect(logLabel([1, 1e6])).toBe(powerLabel);
  });
});

describe('powerOfTen', () => {
  it('equals the literal', () => {
    expect([-7, -5, -4, 0, 3].map(powerOfTen)).toEqual([1e-7, 1e-5, 1e-4, 1, 1000]);
  });
});

describe('labels of many ticks', () => {
  const widths = [10, 20, 40, 60, 100, 200, 400, 500, 700, 800, 1000];

  it('contain both ends, and those that fit between them', () => {
    expect(labelledTicks(widths, [8, 1300], 320)).toEqual([10, 20, 40, 60, 100, 200, 500, 1000]);
    expect(labelledTicks(widths, [8, 1300], 3200)).toEqual(widths);
    expect(labelledTicks(widths, [8, 1300], 20)).toEqual([10]);
  });

  it('are one for one value', () => {
    expect(labelledTicks([20], [10, 40], 320)).toEqual([20]);
    expect(labelledTicks([], [10, 40], 320)).toEqual([]);
  });
});
