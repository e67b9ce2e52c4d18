/** Memory does not grow with what has been done. Measured in processes of their own, which do nothing else. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const job = fileURLToPath(new URL('memory.mjs', import.meta.url));

/**
 * MiB that resident memory may grow by. Measured: 2 to 4. A thousand populations that each left one block of parameters
 * (24 kB) behind would be 23, ten thousand epochs that each left a shuffle of 300 samples (1.2 kB) 11.
 */
const allowed = 8;

it.each([
  ['10 000 epochs of a student of width 20, with 1 000 reports', 'epochs'],
  ['1 000 populations that come and go', 'populations'],
])(
  '%s leave resident memory flat',
  (_, name) => {
    // A small young generation: else V8 lets it grow by 30 MiB, in which nothing else would be seen.
    const flags = ['--expose-gc', '--max-semi-space-size=1'];
    const { stdout, stderr } = spawnSync(process.execPath, [...flags, job, name], { encoding: 'utf8' });
    expect(stderr).toBe('');
    const { warm, end } = JSON.parse(stdout) as { warm: number; end: number };
    expect(warm).toBeGreaterThan(20); // Node alone is 40
    expect(end - warm).toBeLessThan(allowed);
  },
  60_000,
);
