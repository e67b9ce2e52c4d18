/** That nothing is lost and nothing differs: kill -9, two processes, Ctrl-C. More kills: test/survival. */

import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatProtocol } from '../../src/protocol/protocol.js';
import { sweep } from '../../src/sweep.js';
import { rejectionOf } from '../failure.js';
import {
  expectNothingElse,
  killAgainAndAgain,
  killableProtocol,
  outcomes,
  recordTimes,
  startSweep,
  wait,
} from './sweep-processes.js';

const protocol = killableProtocol(1000);
let folder: string;
let file: string;
let undisturbed: Record<string, unknown>;
let seconds: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-survive-'));
  file = join(folder, 'protocol.yaml');
  await writeFile(file, formatProtocol(protocol));
  const directory = join(folder, 'undisturbed');
  ({ seconds } = await sweep(protocol, { directory, threads: 1 }));
  undisturbed = await outcomes(directory);
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Until so many trials of the directory have a checkpoint; which ones. */
async function untilCheckpoint(directory: string, count = 1): Promise<string[]> {
  for (let i = 0; i < 2000; ++i) {
    const trials = join(directory, 'trials');
    const keys = existsSync(trials) ? await readdir(trials) : [];
    const begun = keys.filter((key) => existsSync(join(trials, key, 'checkpoint.safetensors')));
    if (begun.length >= count) return begun;
    await wait(5);
  }
  throw new Error('no checkpoint appeared within 10 s');
}

/** A directory whose sweep was killed in the middle, with the keys that have a checkpoint. */
async function killedInTheMiddle(directory: string, ...options: string[]): Promise<string[]> {
  const { child, ended } = startSweep(file, directory, '--threads', '2', ...options);
  await untilCheckpoint(directory, 2);
  child.kill('SIGKILL');
  await ended;
  return untilCheckpoint(directory);
}

describe('a sweep that is killed', () => {
  it('repeatedly ends with the bits of an undisturbed one', async () => {
    const killing = { kills: 6, seed: 1, seconds };
    for (const directory of await killAgainAndAgain(join(folder, 'killed'), protocol, killing)) {
      expect(await outcomes(directory)).toEqual(undisturbed);
      await expectNothingElse(directory, 8);
    }
  }, 60_000);

  it('continues from checkpoints, unless they are damaged or of another engine, and reports those', async () => {
    const directory = join(folder, 'damaged');
    const begun = await killedInTheMiddle(directory);
    const [flipped = '', cut = ''] = begun;
    const path = (key: string) => join(directory, 'trials', key, 'checkpoint.safetensors');
    const bytes = await readFile(path(flipped));
    bytes[bytes.length - 9] = (bytes.at(-9) as number) ^ 4;
    await writeFile(path(flipped), bytes);
    await truncate(path(cut), 1000);
    const { restarted, continued, trained, reused } = await sweep(protocol, { directory });
    expect(trained + reused).toBe(8);
    expect(restarted).toHaveLength(2);
    expect(continued.map(({ key }) => key).sort()).toEqual(begun.slice(2).sort());
    expect(restarted).toEqual(
      expect.arrayContaining([
        {
          key: flipped,
          reason: expect.stringContaining(`${path(flipped)} has changed since it was written`),
        },
        { key: cut, reason: expect.stringContaining(`${path(cut)} is not a readable safetensors file`) },
      ]),
    );
    expect(await outcomes(directory)).toEqual(undisturbed);
  }, 60_000);

  it('starts its unfinished trials again on another engine', async () => {
    const directory = join(folder, 'other-engine');
    const begun = await killedInTheMiddle(directory, '--device', 'reference');
    const { restarted, trained } = await sweep(protocol, { directory });
    expect(trained).toBe(8);
    expect(restarted.map(({ key }) => key).sort()).toEqual(begun.sort());
    for (const { reason } of restarted)
      expect(reason).toMatch(/engine is "reference" in the file and "cpu-\w+" here/);
    expect(await outcomes(directory)).toEqual(undisturbed);
  }, 60_000);
});

describe('two processes on one directory', () => {
  it('share the work, and train no trial twice', async () => {
    const directory = join(folder, 'shared');
    const both = [
      startSweep(file, directory, '--threads', '1'),
      startSweep(file, directory, '--threads', '1'),
    ];
    const answers = await Promise.all(both.map(({ ended }) => ended));
    const results = answers.map(({ status, stdout, stderr }) => {
      expect(`${status} ${stderr}`).toMatch(/^0 /);
      return JSON.parse(stdout) as { trained: number; reused: number; elsewhere: number };
    });
    expect(results.reduce((sum, { trained }) => sum + trained, 0)).toBe(8);
    for (const { trained, reused, elsewhere } of results) expect(trained + reused + elsewhere).toBe(8);
    expect(await outcomes(directory)).toEqual(undisturbed);
    await expectNothingElse(directory, 8);
  }, 60_000);

  it('finish all trials when one is killed: the other takes its trials over, from their checkpoints', async () => {
    const directory = join(folder, 'taken-over');
    const doomed = startSweep(file, directory, '--threads', '1');
    await untilCheckpoint(directory);
    const heir = startSweep(file, directory, '--threads', '1');
    await wait(250 * seconds);
    doomed.child.kill('SIGKILL');
    await doomed.ended;
    const times = await recordTimes(directory);
    const { status, stdout, stderr } = await heir.ended;
    expect(`${status} ${stderr}`).toMatch(/^0 /);
    const { trained, reused, elsewhere, restarted, continued } = JSON.parse(stdout);
    expect({ all: trained + reused + elsewhere, restarted }).toEqual({ all: 8, restarted: [] });
    expect(continued.length).toBeGreaterThan(0);
    expect(await recordTimes(directory)).toMatchObject(times);
    expect(await outcomes(directory)).toEqual(undisturbed);
    await expectNothingElse(directory, 8);
  }, 60_000);
});

describe('a sweep that is interrupted', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'by %s ends at once, with checkpoints and the command that continues',
    async (signal) => {
      const directory = join(folder, signal);
      const endless = join(folder, `${signal}.yaml`);
      await writeFile(endless, formatProtocol(killableProtocol(1_000_000)));
      const { child, ended } = startSweep(endless, directory, '--threads', '1');
      await untilCheckpoint(directory);
      const start = performance.now();
      child.kill(signal);
      const { status, stdout, stderr } = await ended;
      expect(performance.now() - start).toBeLessThan(3000);
      expect({ status, stderr }).toEqual({
        status: 130,
        stderr: `${signal}: finishing the step; once more to stop at once\n`,
      });
      expect(JSON.parse(stdout).error.message).toContain(
        `\n  eigenstudent sweep ${endless} --out ${directory}`,
      );
      expect((await untilCheckpoint(directory)).length).toBeGreaterThan(0);
      expect(existsSync(join(directory, 'locks'))).toBe(false);
    },
    60_000,
  );

  it('many times continues each time, to the same bits', async () => {
    const directory = join(folder, 'interrupted');
    let interruptions = 0;
    for (;;) {
      const controller = new AbortController();
      let reports = 0;
      const onProgress = () => {
        reports += 1;
        // the first is that of the start; a little after the second is in the middle of a chunk
        if (reports === 2) setTimeout(() => controller.abort(new Error('enough')), 5);
      };
      // only an interruption writes checkpoints
      const options = { directory, signal: controller.signal, checkpointEvery: 1000, onProgress };
      const message = await rejectionOf(sweep(protocol, options)).catch(() => 'ended');
      if (message === 'ended') break;
      expect(message).toMatch(/^interrupted: interrupted: \d of 8 trials are finished and kept in/);
      interruptions += 1;
    }
    expect(interruptions).toBeGreaterThan(0);
    expect(await outcomes(directory)).toEqual(undisturbed);
    await expectNothingElse(directory, 8);
  }, 60_000);
});
