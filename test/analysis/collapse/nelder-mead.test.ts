import { describe, expect, it } from 'vitest';
import { nelderMead } from '../../../src/analysis/collapse/nelder-mead.js';

describe('nelderMead', () => {
  it("walks Rosenbrock's valley to (1, 1)", () => {
    const minimum = nelderMead(
      ([x, y]) => (1 - (x as number)) ** 2 + 100 * ((y as number) - (x as number) ** 2) ** 2,
      [-1.2, 1],
      [0.1, 0.1],
    );
    expect(minimum.converged).toBe(true);
    expect(minimum.point[0]).toBeCloseTo(1, 6);
    expect(minimum.point[1]).toBeCloseTo(1, 6);
  });

  it('finds the minimum in one, three and four dimensions, where every kind of step is taken', () => {
    for (const dimensions of [1, 3, 4]) {
      const target = Array.from({ length: dimensions }, (_, k) => 3 - 2 * k);
      // |x|^1.5 has an unbounded curvature at its minimum, and scales that differ
      const { point, converged } = nelderMead(
        (at) => at.reduce((total, x, k) => total + 10 ** k * Math.abs(x - (target[k] as number)) ** 1.5, 0),
        target.map(() => 0.5),
        target.map(() => 0.1),
      );
      expect(converged).toBe(true);
      for (const [k, x] of point.entries()) expect(x).toBeCloseTo(target[k] as number, 3);
    }
  });

  it('stays where the function is defined', () => {
    const { point } = nelderMead(([x]) => ((x as number) < 2 ? Number.NaN : (x as number)), [5], [1]);
    expect(point[0]).toBeGreaterThanOrEqual(2);
    expect(point[0]).toBeCloseTo(2, 4);
  });

  it('says that it has not converged where there is no minimum', () => {
    const { converged, evaluations } = nelderMead(([x]) => -(x as number), [0], [1]);
    expect(converged).toBe(false);
    expect(evaluations).toBeGreaterThanOrEqual(500);
    expect(evaluations).toBeLessThan(510);
  });
});
