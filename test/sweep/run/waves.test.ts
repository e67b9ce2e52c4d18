import { describe, expect, it } from 'vitest';
import { preset } from '../../../src/sweep/protocol/presets.js';
import { expand, type Trial } from '../../../src/sweep/protocol/trials.js';
import { stepsOf, type WaveLimits, waveLimits, workOf } from '../../../src/sweep/run/waves.js';
import { WorkList } from '../../../src/sweep/run/work-list.js';

/** The waves of a process that has all trials for itself. */
async function planWaves(trials: readonly Trial[], limits: WaveLimits): Promise<Trial[][]> {
  const list = new WorkList(
    trials,
    () => limits,
    async () => 'ours',
  );
  const waves: Trial[][] = [];
  while (!list.isEmpty) waves.push(await list.nextWave());
  return waves;
}

describe('waves', () => {
  const trials = expand(preset('quick'));

  it('hold every trial once, the costly ones first, four students a thread', async () => {
    const waves = await planWaves(trials, waveLimits('cpu', 2));
    expect(waves.map((wave) => wave.length)).toEqual([8, 8, 2]);
    const flat = waves.flat();
    expect(flat.map(({ key }) => key).sort()).toEqual(trials.map(({ key }) => key).sort());
    const widths = flat.map(({ protocol }) => protocol.student.width);
    expect(widths).toEqual([...widths].sort((a, b) => b - a));
    expect((await planWaves(trials, waveLimits('cpu', 16))).map((wave) => wave.length)).toEqual([18]);
    expect(await planWaves([], waveLimits('cpu', 2))).toEqual([]);
  });

  it('are one for all where a GPU is filled', async () => {
    expect((await planWaves(trials, waveLimits('cuda', 2))).map((wave) => wave.length)).toEqual([18]);
  });

  it('keep to one number of epochs and of points and one dtype', async () => {
    const mixed = [
      ...expand(preset('quick', { widths: [20], trials: 1, epochs: 100 })),
      ...expand(preset('quick', { widths: [20], trials: 1, epochs: 50 })),
      ...expand({ ...preset('quick', { widths: [20], trials: 1, epochs: 50 }), dtype: 'float64' as const }),
    ];
    const points = preset('quick', { widths: [20], trials: 1, epochs: 50 });
    mixed.push(...expand({ ...points, evaluation: { ...points.evaluation, points: 7 } }));
    expect(await planWaves(mixed, waveLimits('cpu', 16))).toHaveLength(4);
    for (const wave of await planWaves(mixed, waveLimits('cpu', 16))) {
      expect(new Set(wave.map(({ protocol }) => `${protocol.epochs} ${protocol.dtype}`)).size).toBe(1);
    }
  });

  it('are shorter where students would not fit into memory', async () => {
    const wide = expand(preset('quick', { widths: [4_000_000], trials: 4 }));
    // 4e6 x 31 parameters, three times, in float64: 2.8 GiB a student
    expect((await planWaves(wide, waveLimits('cpu', 16))).map((wave) => wave.length)).toEqual(
      Array(8).fill(1),
    );
  });
});

describe('the work of one of several processes', () => {
  const trials = expand(preset('quick', { widths: [20, 60], trials: 1 }));
  const limits = () => ({ students: 3, bytes: Infinity });
  const names = (wave: readonly Trial[]) =>
    wave.map(({ protocol }) => `${protocol.parametrization} ${protocol.student.width}`);

  it('leaves out what others hold until the end, and drops what they have finished', async () => {
    let held = ['spectral 60'];
    const list = new WorkList(trials, limits, async (trial) => {
      const [name = ''] = names([trial]);
      return held.includes(name) ? 'theirs' : name === 'direct 60' ? 'done' : 'ours';
    });
    expect(names(await list.nextWave())).toEqual(['spectral 20', 'direct 20']);
    expect(await list.nextWave()).toEqual([]);
    expect(list.isEmpty).toBe(false);
    held = [];
    const last = await list.nextWave();
    expect(names(last)).toEqual(['spectral 60']);
    expect(list.isEmpty).toBe(true);
    list.putBack(last[0] as Trial);
    expect(await list.nextWave()).toEqual(last);
  });
});

describe('the cost of a trial', () => {
  const [spectral, , , direct] = expand(preset('quick'));

  it('is counted in steps, the last batch of an epoch too', () => {
    expect(spectral && stepsOf(spectral.protocol)).toBe(2000 * 27); // 8000 / 300 = 26.7
    expect(direct && stepsOf(direct.protocol)).toBe(2000 * 16);
  });

  it('does not depend on the batch, and grows with the width', () => {
    expect(spectral && workOf(spectral.protocol)).toBe(2000 * 8000 * 20 * 31);
    expect(direct && workOf(direct.protocol)).toBe(2000 * 8000 * 20 * 31);
  });
});
