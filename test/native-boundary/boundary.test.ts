/** Some of the random calls of run.mjs; all 100 000 are `npm run test:boundary -- --count 100000`. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';

const script = fileURLToPath(new URL('run.mjs', import.meta.url));

// a process of its own, because the failure to look for is a crash of the process
function run(...options: string[]) {
  const { stdout, stderr, status, signal } = spawnSync(process.execPath, [script, ...options], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { stdout, stderr, status, signal };
}

let together: ReturnType<typeof run>;
beforeAll(() => {
  together = run('--from', '1000000', '--count', '200', '--verbose');
}, 60_000);
const linesOf = ({ stdout }: { readonly stdout: string }) => stdout.trimEnd().split('\n');

it('200 random calls over the boundary have the results of the model, or are refused with a reason', () => {
  const { stdout: _, ...rest } = together;
  const summary = linesOf(together).at(-1)?.replace(/;.*/, '');
  expect({ ...rest, summary }).toEqual({
    stderr: '',
    status: 0,
    signal: null,
    summary: '200 calls from 1000000, 0 failed',
  });
});

it('a scenario is the same when it is run alone', () => {
  const alone = run('--from', '1000150', '--count', '1', '--verbose');
  expect(linesOf(alone)[0]).toBe(linesOf(together)[150]);
}, 60_000);
