/** Some of the random calls of run.mjs; all 100 000 are `npm run test:boundary -- --count 100000`. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const script = fileURLToPath(new URL('run.mjs', import.meta.url));

// a process of its own, because the failure to look for is a crash of the process
function run(...options: string[]) {
  const { stdout, stderr, status, signal } = spawnSync(process.execPath, [script, ...options], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { stdout, stderr, status, signal };
}

it('400 random calls over the boundary do what the model says, or are refused with a reason', () => {
  const { stdout, ...rest } = run('--from', '1000000', '--count', '400');
  expect({ ...rest, stdout: stdout.replace(/;.*\n/, '') }).toEqual({
    stderr: '',
    status: 0,
    signal: null,
    stdout: '400 calls from 1000000, 0 failed',
  });
}, 60_000);

it('a scenario is the same when it is run alone', () => {
  const of = (from: number, count: number) =>
    run('--from', String(from), '--count', String(count), '--verbose').stdout.split('\n');
  expect(of(1_000_007, 1)[0]).toBe(of(1_000_000, 8)[7]);
}, 60_000);
