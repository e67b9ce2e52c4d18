import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { normals, purposes, seededRandom, uniforms } from '../../src/network/random.js';
import { failureOf } from '../failure.js';

describe('streams', () => {
  it('have the purposes of native/core/philox.h', () => {
    const header = readFileSync(new URL('../../native/core/philox.h', import.meta.url), 'utf8');
    const listed = header.match(/enum class Purpose[^{]*\{([^}]*)\}/)?.[1] ?? '';
    const native = [...listed.matchAll(/(\w+) = (\d+)/g)].map(([, name = '', value]) => [
      name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
      Number(value),
    ]);
    expect(native.length).toBeGreaterThanOrEqual(8);
    expect(Object.fromEntries(native)).toEqual(purposes);
  });

  const stream = { seed: 1, trial: 2, purpose: 'freeUse', part: 3 } as const;

  it('give the same numbers to the same name', () => {
    expect(normals(stream, 5)).toEqual(normals(stream, 5));
    expect(normals(stream, 3)).toEqual(normals(stream, 5).slice(0, 3));
    expect(normals(stream, 5, 2)).toEqual(normals(stream, 5).map((x) => 2 * x));
    expect(normals({ ...stream, part: 0 }, 5)).toEqual(normals({ seed: 1, trial: 2, purpose: 'freeUse' }, 5));
  });

  it.each([
    { seed: 2 },
    { seed: Number.MAX_SAFE_INTEGER },
    { trial: 0 },
    { trial: 2 ** 32 - 1 },
    { purpose: 'bootstrap' },
    { part: 4 },
  ] as const)('give others to %j', (change) => {
    expect(uniforms({ ...stream, ...change }, 1, 0, 1)).not.toEqual(uniforms(stream, 1, 0, 1));
  });

  it('keep uniform numbers inside their limits', () => {
    const values = uniforms(stream, 10_000, -3, 5);
    expect(values.every((x) => x > -3 && x < 5)).toBe(true);
    expect(Math.min(...values)).toBeLessThan(-2.99);
    expect(Math.max(...values)).toBeGreaterThan(4.99);
  });
});

describe('seededRandom', () => {
  const first = (seed: number, count: number) => Array.from({ length: count }, seededRandom(seed));

  it('gives the same numbers to the same seed, in (0, 1), over the ends of blocks', () => {
    const numbers = first(4, 3000);
    expect(first(4, 3000)).toEqual(numbers);
    expect(first(5, 3000)).not.toEqual(numbers);
    expect(new Set(numbers).size).toBe(3000);
    expect(numbers.every((value) => value > 0 && value < 1)).toBe(true);
    // mean of 3000 uniforms has sd 0.0053; five of them
    expect(Math.abs(numbers.reduce((total, value) => total + value) / 3000 - 0.5)).toBeLessThan(0.027);
  });

  it('refuses an invalid seed', () => {
    expect(failureOf(() => seededRandom(-1))).toBe(
      'invalid_argument: expected a non-negative integer for seed of seededRandom, received -1',
    );
  });
});
