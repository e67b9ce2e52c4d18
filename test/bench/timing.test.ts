import { describe, expect, it } from 'vitest';
import { type Contender, interleaved } from '../../bench/timing.js';

/** Claims a time without taking it, and writes down when it ran. */
function claims(name: string, unitsPerRepeat: number, milliseconds: number, log: string[] = []): Contender {
  const run = async (repeats: number) => {
    log.push(name);
    return repeats * milliseconds;
  };
  return { name, unitsPerRepeat, run, facts: { version: '1' } };
}

/** Rounds without warm-up: calibration only ever runs one contender several times in a row. */
function rounds(log: readonly string[], size: number): string[][] {
  const tail = log.slice(-5 * size);
  return Array.from({ length: 5 }, (_, i) => tail.slice(i * size, (i + 1) * size));
}

describe('interleaved', () => {
  it('gives microseconds of a unit and the ratio of the rival, whatever a repeat of each holds', async () => {
    const timing = await interleaved(claims('ours', 10, 1), [claims('rival', 2.5, 2)], { seconds: 0 });
    expect(timing.microseconds).toBeCloseTo(100, 9);
    expect(timing.spreadPercent).toBe(0);
    expect(timing.samples).toBeGreaterThanOrEqual(5);
    expect(timing.peers.rival?.microseconds).toBeCloseTo(800, 9);
    expect(timing.peers.rival?.ratio).toBeCloseTo(8, 9);
    expect(timing.peers.rival?.version).toBe('1');
  });

  it('runs every contender once a round and lets each go first in turn', async () => {
    const log: string[] = [];
    const all = ['a', 'b', 'c'].map((name) => claims(name, 1, 30, log)) as [Contender, ...Contender[]];
    await interleaved(all[0], all.slice(1), { seconds: 0 });
    const firsts = rounds(log, 3).map((round) => {
      expect([...round].sort()).toEqual(['a', 'b', 'c']);
      return round[0];
    });
    expect(new Set(firsts)).toEqual(new Set(['a', 'b', 'c']));
  });

  it('repeats what is short until a sample is long enough', async () => {
    const repeats: number[] = [];
    const ours: Contender = {
      name: 'ours',
      unitsPerRepeat: 1,
      run: async (count) => {
        repeats.push(count);
        return count * 0.001;
      },
    };
    await interleaved(ours, [], { seconds: 0, secondsPerSample: 0.02 });
    expect((repeats.at(-1) as number) * 0.001).toBeGreaterThanOrEqual(20);
  });
});
