import { describe, expect, it } from 'vitest';
import { plateauEdge, pruningTransition } from '../../../src/analysis/transition/pruning-transition.js';
import { failureOf } from '../../failure.js';
import { uniformNumbers } from '../seeded-numbers.js';

/** The definition, word by word: the smallest n such that all losses from n on are within the factor. */
function edgeByDefinition(losses: number[], factor: number): number {
  const last = losses.at(-1) as number;
  return losses.findIndex((_, n) => losses.slice(n).every((loss) => loss <= factor * last));
}

describe('plateauEdge', () => {
  it('is the definition, on random curves', () => {
    const random = uniformNumbers(5);
    for (let k = 0; k < 200; ++k) {
      const losses = Array.from({ length: 12 }, (_, n) => Math.exp(-n * random()) + random());
      expect(plateauEdge(losses)).toBe(edgeByDefinition(losses, 2));
      expect(plateauEdge(losses, 1.3)).toBe(edgeByDefinition(losses, 1.3));
    }
  });

  it('is the width of the plateau of a curve with a known kink', () => {
    const kinked = Float64Array.from({ length: 101 }, (_, n) => 0.01 * Math.exp(Math.max(0, 20 - n)));
    expect(plateauEdge(kinked)).toBe(20);
    expect(plateauEdge(kinked, 3)).toBe(19);
  });

  it('is not changed by a dip under the plateau, nor by a network that overflows', () => {
    expect(plateauEdge([1, 1, 9, 1, 1])).toBe(3);
    expect(plateauEdge([Infinity, Number.NaN, 1, 1])).toBe(2);
  });

  it('is 0 where nothing is lost, and the width where everything counts', () => {
    expect(plateauEdge([3, 3, 3])).toBe(0);
    expect(plateauEdge([3, 2, 0])).toBe(2);
  });

  it.each([
    [
      [],
      2,
      'expected an array of at least two numbers (none kept, ..., all kept) for losses, received an array of length 0',
    ],
    [
      [1],
      2,
      'expected an array of at least two numbers (none kept, ..., all kept) for losses, received an array of length 1',
    ],
    [[1, Number.NaN], 2, 'expected a finite number of at least 0 for losses[1], received NaN'],
    [[1, -1], 2, 'expected a finite number of at least 0 for losses[1], received -1'],
    [[1, 1], 0.5, 'expected a finite number of at least 1 for factor, received 0.5'],
  ])('refuses %j, %j', (losses, factor, message) => {
    expect(failureOf(() => plateauEdge(losses, factor))).toBe(`invalid_argument: ${message}`);
  });
});

describe('pruningTransition', () => {
  const curve = (kink: number) =>
    Array.from({ length: 60 }, (_, n) => 0.01 * Math.exp(Math.max(0, kink - n)));

  it('is the mean over trials, with an interval that repeats', () => {
    const curves = [19, 20, 20, 21, 25].map(curve);
    const transition = () => pruningTransition(curves, { random: uniformNumbers(3) });
    const { estimate, low, high, edges, factor } = transition();
    expect(edges).toEqual([19, 20, 20, 21, 25]);
    expect(estimate).toBe(21);
    expect(factor).toBe(2);
    // 1.96 sd of the mean is 1.85
    expect(low).toBeGreaterThan(19);
    expect(low).toBeLessThan(20.2);
    expect(high).toBeGreaterThan(22);
    expect(high).toBeLessThan(24);
    expect(transition()).toEqual(transition());
  });

  it('of one trial has no interval', () => {
    expect(pruningTransition([curve(20)], { random: uniformNumbers(3) })).toMatchObject({
      estimate: 20,
      low: Number.NaN,
    });
  });

  it('refuses no trials, and names a trial that is broken', () => {
    const random = uniformNumbers(1);
    expect(failureOf(() => pruningTransition([], { random }))).toBe(
      'invalid_argument: expected an array of at least one pruning curve for curves, received an array of length 0',
    );
    expect(failureOf(() => pruningTransition([curve(3), [1, Number.NaN]], { random }))).toBe(
      'invalid_argument: expected a finite number of at least 0 for curves[1][1], received NaN',
    );
  });
});
