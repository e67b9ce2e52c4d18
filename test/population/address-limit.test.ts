/** Where the system gives no memory, a call says so, and the same call succeeds once there is some. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const script = fileURLToPath(new URL('address-limit.mjs', import.meta.url));

// skipped: the limit on the address space of a running process is set by prlimit, which is Linux's.
it.skipIf(process.platform !== 'linux')(
  'refuses memory that the system does not give, and goes on',
  () => {
    // Without what is known of free memory, which refuses such calls before they allocate.
    const env = { ...process.env, EIGENSTUDENT_MEMORY: '1000000000000000' };
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, [script], {
      env,
      encoding: 'utf8',
    });
    expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
    const calls = stdout
      .trim()
      .split('\n')
      .map((line): { name: string; limited: string } => JSON.parse(line));
    expect(calls).toHaveLength(11);
    for (const { limited } of calls) expect(limited).toMatch(/^(passed$|out_of_memory: )/);
    // Most; what a call needs it may find in memory that was freed before.
    const refused = calls.filter(({ limited }) => limited !== 'passed');
    expect(refused.length).toBeGreaterThan(2);
  },
  120_000,
);
