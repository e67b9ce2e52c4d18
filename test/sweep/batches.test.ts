import { describe, expect, it } from 'vitest';
import { stepsOf, workOf } from '../../src/experiments/teacher-student/protocol/trial-cost.js';
import { batchLimits, planBatches } from '../../src/sweep/batches.js';
import { preset } from '../../src/sweep.js';
import type { ShortTrial as StudentTrial } from './student-trials.js';
import { checkProtocol, expand } from './student-trials.js';

const plan = planBatches as unknown as (
  trials: readonly StudentTrial[],
  limitsOf: Parameters<typeof planBatches>[1],
) => StudentTrial[][];

describe('batches', () => {
  const trials = expand(preset('quick'));

  it('contain every trial once, the costliest first, four students per thread', () => {
    const batches = plan(trials, () => batchLimits('cpu', 2));
    expect(batches.map((batch) => batch.length)).toEqual([8, 8, 2]);
    const flat = batches.flat();
    expect(flat.map(({ key }) => key).sort()).toEqual(trials.map(({ key }) => key).sort());
    const widths = flat.map(({ protocol }) => protocol.student.width);
    expect(widths).toEqual([...widths].sort((a, b) => b - a));
    expect(plan(trials, () => batchLimits('cpu', 16)).map((batch) => batch.length)).toEqual([18]);
    expect(plan([], () => batchLimits('cpu', 2))).toEqual([]);
  });

  it('are one for all trials on a GPU', () => {
    expect(plan(trials, () => batchLimits('cuda', 2)).map((batch) => batch.length)).toEqual([18]);
  });

  it('have one number of epochs and one dtype', () => {
    const mixed = [
      ...expand(preset('quick', { widths: [20], trials: 1, epochs: 100 })),
      ...expand(preset('quick', { widths: [20], trials: 1, epochs: 50 })),
      ...expand({ ...preset('quick', { widths: [20], trials: 1, epochs: 50 }), dtype: 'float64' as const }),
    ];
    for (const batch of plan(mixed, () => batchLimits('cpu', 16))) {
      expect(new Set(batch.map(({ protocol }) => `${protocol.epochs} ${protocol.dtype}`)).size).toBe(1);
    }
  });

  it('are full where numbers of epochs and of reports alternate in cost', () => {
    const grid = checkProtocol(
      {
        ...preset('quick', { widths: [20, 40], trials: 4 }),
        epochs: [100, 200],
        evaluation: { points: [10, 20], threshold: 0.05 },
      },
      'of this test',
    );
    const batches = plan(expand(grid), () => batchLimits('cpu', 2));
    const kinds = batches.map(
      (batch) => new Set(batch.map(({ protocol }) => `${protocol.epochs} ${protocol.evaluation.points}`)),
    );
    expect(kinds.map((kind) => kind.size)).toEqual(Array(8).fill(1));
    expect(batches.map((batch) => batch.length)).toEqual(Array(8).fill(8));
    const [[first]] = batches as [[StudentTrial]];
    expect(workOf(first.protocol)).toBe(200 * 8000 * 40 * 31);
  });

  it('are smaller where students would not fit into memory', () => {
    const wide = expand(preset('quick', { widths: [4_000_000], trials: 4 }));
    // 4e6 x 31 parameters, three times, in float64: 2.8 GiB a student
    expect(plan(wide, () => batchLimits('cpu', 16)).map((batch) => batch.length)).toEqual(Array(8).fill(1));
  });
});

describe('the cost of a trial', () => {
  const [spectral, , , direct] = expand(preset('quick'));

  it('counts steps, the last batch of an epoch included', () => {
    expect(spectral && stepsOf(spectral.protocol)).toBe(2000 * 27); // 8000 / 300 = 26.7
    expect(direct && stepsOf(direct.protocol)).toBe(2000 * 16);
  });

  it('does not depend on the batch, and grows with the width', () => {
    expect(spectral && workOf(spectral.protocol)).toBe(2000 * 8000 * 20 * 31);
    expect(direct && workOf(direct.protocol)).toBe(2000 * 8000 * 20 * 31);
  });
});
