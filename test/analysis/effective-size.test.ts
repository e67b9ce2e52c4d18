import { describe, expect, it } from 'vitest';
import { effectiveSize, normalize } from '../../src/analysis/effective-size.js';

describe('effectiveSize', () => {
  it('counts the nodes above 0.05 of the largest, wherever they stand', () => {
    expect(effectiveSize([0, 8, 0.4, 0.41, 4])).toBe(3); // 0.4 / 8 is the threshold itself: not above it
  });

  it('does not depend on the scale of relevance', () => {
    const relevance = Float64Array.of(3, 1, 0.2, 0.1);
    const scaled = relevance.map((value) => value * 1e-9);
    expect(effectiveSize(relevance)).toBe(3);
    expect(effectiveSize(scaled)).toBe(3);
  });

  it('takes another threshold', () => {
    expect(effectiveSize([1, 0.5, 0.25], { threshold: 0.4 })).toBe(2);
    expect(effectiveSize([1, 0.5, 0], { threshold: 0 })).toBe(2);
    expect(effectiveSize([1, 0.5, 0], { threshold: 1 })).toBe(0);
  });

  it('takes the maximum pooled over trials, under which a weak trial has fewer nodes', () => {
    expect(effectiveSize([1, 0.5, 0.1])).toBe(3);
    expect(effectiveSize([1, 0.5, 0.1], { maximum: 5 })).toBe(2);
  });

  it('gives a layer of dead nodes size 0', () => {
    expect(effectiveSize([0, 0, 0])).toBe(0);
    expect(effectiveSize([0, 0, 0], { maximum: 0 })).toBe(0);
  });

  it.each<[string, () => number, string]>([
    [
      'nothing',
      () => effectiveSize([]),
      'expected an array of at least one number for relevance, received an array of length 0',
    ],
    [
      'NaN',
      () => effectiveSize([1, Number.NaN]),
      'expected a finite number of at least 0 for relevance[1], received NaN',
    ],
    [
      'a signed eigenvalue',
      () => effectiveSize([-1, 1]),
      'expected a finite number of at least 0 for relevance[0], received -1',
    ],
    [
      'a threshold in per cent',
      () => effectiveSize([1], { threshold: 5 }),
      'expected a finite number between 0 and 1 for threshold, received 5',
    ],
    [
      'a maximum that is none',
      () => effectiveSize([3, 2], { maximum: 1 }),
      'expected at least the largest relevance (3) for maximum, received 1. Pool it over all trials',
    ],
    [
      'a misspelt option',
      () => effectiveSize([1], { treshold: 0.1 } as never),
      'unknown option "treshold" in effectiveSize; known: threshold, maximum. Did you mean "threshold"?',
    ],
  ])('refuses %s', (_, call, message) => {
    expect(call).toThrow(expect.objectContaining({ code: 'invalid_argument', message }));
  });
});

describe('normalize', () => {
  const trials = [Float64Array.of(1, 4, 0), [8, 2]];

  it('divides every trial by its own maximum', () => {
    expect(normalize(trials, 'trial')).toEqual([
      [0.25, 1, 0],
      [1, 0.25],
    ]);
  });

  it('divides all trials by the maximum over them', () => {
    expect(normalize(trials, 'pooled')).toEqual([
      [0.125, 0.5, 0],
      [1, 0.25],
    ]);
  });

  it('keeps dead trials at zero and does not change its arguments', () => {
    const dead = [
      [0, 0],
      [0, 2],
    ];
    expect(normalize(dead, 'trial')).toEqual([
      [0, 0],
      [0, 1],
    ]);
    expect(normalize([[0, 0]], 'pooled')).toEqual([[0, 0]]);
    expect(dead).toEqual([
      [0, 0],
      [0, 2],
    ]);
  });

  it.each<[string, () => unknown, string]>([
    [
      'an unknown normalisation',
      () => normalize(trials, 'pool' as never),
      'expected one of trial, pooled for normalization, received "pool". Did you mean "pooled"?',
    ],
    [
      'no trials',
      () => normalize([], 'trial'),
      'expected an array of at least one trial for relevances, received an array of length 0',
    ],
    [
      'an empty trial',
      () => normalize([[1], []], 'trial'),
      'expected an array of at least one number for relevances[1], received an array of length 0',
    ],
    [
      'a value that is not finite',
      () => normalize([[1], [2, Number.POSITIVE_INFINITY]], 'pooled'),
      'expected a finite number of at least 0 for relevances[1][1], received Infinity',
    ],
  ])('refuses %s', (_, call, message) => {
    expect(call).toThrow(expect.objectContaining({ code: 'invalid_argument', message }));
  });
});
