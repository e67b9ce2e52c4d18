import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { chooseDevices } from '../../src/sweep/devices.js';
import { sweep } from '../../src/sweep.js';
import { smallProtocol } from './small-protocol.js';

const both = smallProtocol({
  dtype: ['float32', 'float64'],
  trials: 1,
  student: { width: 4, secondWidth: 2 },
});

it('a sweep over dtypes trains each in batches of one dtype', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'eigenstudent-dtypes-'));
  try {
    const { summary } = await sweep(both, { directory, device: 'cpu', threads: 1 });
    expect(summary.trials).toEqual({ total: 4, finished: 4, failed: 0 });
    expect(summary.groups.map(({ settings }) => settings)).toEqual([
      ...[{ dtype: 'float32' }, { dtype: 'float64' }, { dtype: 'float32' }, { dtype: 'float64' }],
    ]);
    expect(summary.engines).toHaveLength(2);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

it('a device that lacks one of the dtypes is refused before anything is trained', () => {
  expect(() => chooseDevices({ device: 'gpu' as 'cuda' }, both)).toThrow(
    /^expected one of auto, cpu, reference, cuda/,
  );
});
