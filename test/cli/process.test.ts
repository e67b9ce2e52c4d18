import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatProtocol } from '../../src/protocol/protocol.js';
import { smallProtocol } from '../sweep/small-protocol.js';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
let folder: string;

beforeAll(async () => {
  if (!existsSync(main)) throw new Error(`${main} is not there; run \`npm run build\` first`);
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-process-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the process of the command', () => {
  it('is a program of Node by its first line', async () => {
    expect(await readFile(main, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  it('prints its help within 150 ms', () => {
    const best = (...argv: string[]) => Math.min(...Array.from({ length: 7 }, () => milliseconds(argv)));
    // On a machine with other work, within what Node itself needs to start, three times.
    expect(best(main, '--help')).toBeLessThan(Math.max(150, 3 * best('-e', '0')));
  });

  it.each([
    [['--version'], 0],
    [['reproduce', '--preset', 'quik'], 2],
    [['init', '/proc/eigenstudent/protocol.yaml'], 1],
  ])('%j exits with %d', (argv, code) => {
    expect(spawnSync(process.execPath, [main, ...argv]).status).toBe(code);
  });

  it.each(['stdout', 'stderr'] as const)('prints no error when the reader of %s has gone', async (name) => {
    const protocol = join(folder, `closed ${name}.yaml`);
    const out = join(folder, `run with closed ${name}`);
    await writeFile(protocol, formatProtocol(smallProtocol()));
    const child = spawn(process.execPath, [main, 'train', protocol, '--out', out]);
    let other = '';
    child[name === 'stdout' ? 'stderr' : 'stdout'].on('data', (text) => {
      other += text;
    });
    child[name].destroy(); // long before the first word
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0);
    expect(other).toMatch(name === 'stdout' ? /^drawing the report \.\.\.\n$/ : /8 of 8 trials finished/);
    expect(existsSync(join(out, 'report.html'))).toBe(true);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'on %s ends cleanly, with the command that continues',
    async (signal) => {
      const protocol = join(folder, `${signal}.yaml`);
      const out = join(folder, `run on ${signal}`);
      await writeFile(
        protocol,
        formatProtocol(smallProtocol({ epochs: 50_000_000, evaluation: { points: 1 } })),
      );
      const child = spawn(process.execPath, [main, 'train', protocol, '--out', out, '--json']);
      let stdout = '';
      let stderr = '';
      child.stdout.on('data', (text) => {
        stdout += text;
      });
      child.stderr.on('data', (text) => {
        stderr += text;
      });
      const exit = new Promise<number | null>((resolve) => child.on('exit', resolve));
      await untilThere(join(out, 'protocol.yaml'));
      await new Promise((resolve) => setTimeout(resolve, 500)); // well into the first chunk
      child.kill(signal);
      expect(await exit).toBe(130);
      expect(stderr).toBe(`${signal}: finishing the step; once more to stop at once\n`);
      expect(JSON.parse(stdout)).toEqual({
        error: {
          code: 'interrupted',
          message:
            `interrupted: 0 of 8 trials are finished and kept in ${out}. The same call goes on from there:\n` +
            `  eigenstudent train ${protocol} --out '${out}' --json`,
        },
      });
    },
  );
});

function milliseconds(argv: string[]): number {
  const start = performance.now();
  expect(spawnSync(process.execPath, argv).status).toBe(0);
  return performance.now() - start;
}

async function untilThere(path: string): Promise<void> {
  for (let i = 0; !existsSync(path); ++i) {
    if (i === 1000) throw new Error(`${path} did not appear within 20 s`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
