import { describe, expect, it } from 'vitest';
import type { Trial } from '../../src/protocol/experiment-form.js';
import { WorkList } from '../../src/sweep/work-list.js';
import { preset } from '../../src/sweep.js';
import type { ShortProtocol as StudentProtocol } from './student-trials.js';
import { expand } from './student-trials.js';

describe('the work list of one of several processes', () => {
  const trials = expand(preset('quick', { widths: [20, 60], trials: 1 }));
  const limits = () => ({ students: 3, bytes: Infinity });
  const names = (batch: readonly Trial[]) =>
    batch.map(({ protocol }) => {
      const { parametrization, student } = protocol as StudentProtocol;
      return `${parametrization} ${student.width}`;
    });

  it('defers trials that others hold, and drops those that others have ended', async () => {
    let held = ['spectral 60'];
    const list = new WorkList(trials, limits, async (trial) => {
      const [name = ''] = names([trial]);
      return held.includes(name) ? 'theirs' : name === 'direct 60' ? 'done' : 'ours';
    });
    expect(names(await list.nextBatch()).sort()).toEqual(['direct 20', 'spectral 20']); // of one cost: ordered by their keys
    expect(await list.nextBatch()).toEqual([]);
    expect(list.isEmpty).toBe(false);
    held = [];
    const last = await list.nextBatch();
    expect(names(last)).toEqual(['spectral 60']);
    expect(list.isEmpty).toBe(true);
    list.putBack(last[0] as Trial);
    expect(await list.nextBatch()).toEqual(last);
  });
});
