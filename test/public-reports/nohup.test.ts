/**
 * A run of twelve hours under `nohup` died as its session ended: the program had set SIGHUP back to its default (dispy #154, kitex
 * PR #1055, hertz PR #441, ScienceFlow PR #2). Node does so before any program runs.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkpoints, untilCheckpoint } from '../cli/until.js';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const protocol = fileURLToPath(new URL('../fixtures/public-reports/nohup/long.yaml', import.meta.url));
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-nohup-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function underNohup(file: string, out: string, ...options: string[]) {
  const argv = [process.execPath, main, 'sweep', file, '--out', out, '--no-report', ...options];
  const child = spawn('nohup', argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text) => {
      log += text;
    });
  const ended = new Promise<{ status: number | string | null; log: string }>((resolve) =>
    child.on('close', (code, signal) => resolve({ status: code ?? signal, log })),
  );
  return { child, ended };
}

describe('a sweep under nohup whose terminal is closed', () => {
  it('keeps a checkpoint of its trials, says how to go on, and ends with 129', async () => {
    const out = join(folder, 'ended');
    const { child, ended } = underNohup(protocol, out, '--checkpoint-every', '1');
    const before = await untilCheckpoint(out);
    child.kill('SIGHUP');
    const { status, log } = await ended;
    expect(status).toBe(129);
    expect(log).toContain(
      'SIGHUP: finishing the step; once more to stop at once (--ignore-hangup goes on)\n',
    );
    expect(log).toContain(`error: interrupted: 0 of 2 trials are finished and kept in ${out}. The same call`);
    expect(await checkpoints(out)).toEqual(expect.arrayContaining(before));
    expect(existsSync(join(out, 'locks'))).toBe(false);
  }, 60_000);

  it('goes on to the end with --ignore-hangup', async () => {
    const out = join(folder, 'gone on');
    const short = join(folder, 'short.yaml');
    await writeFile(short, (await readFile(protocol, 'utf8')).replace('epochs: 200000', 'epochs: 200'));
    const { child, ended } = underNohup(short, out, '--ignore-hangup', '--checkpoint-every', '0.05');
    await untilCheckpoint(out);
    child.kill('SIGHUP');
    child.kill('SIGHUP');
    const { status, log } = await ended;
    expect(`${status} ${log}`).toMatch(/^0 /);
    expect(log).toContain('2 of 2 trials finished: 2 trained now');
  }, 60_000);
});
