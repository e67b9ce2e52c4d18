/** A disk that is full, and one that nothing may be written to, as a user of the command meets them. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import { formatProtocol } from '../../src/protocol/protocol.js';
import { sweep } from '../../src/sweep.js';
import { mount } from '../sweep/mount.js';
import { smallProtocol } from '../sweep/small-protocol.js';
import { expectNothingElse, outcomes, recordTimes } from '../sweep/sweep-processes.js';
import { call } from './captured-terminal.js';

const protocol = smallProtocol();
let folder: string;
let file: string;
let disk: string;
let out: string;
let mounted: boolean;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-cli-disk-'));
  file = join(folder, 'small.yaml');
  await writeFile(file, formatProtocol(protocol));
  disk = join(folder, 'disk');
  out = join(disk, 'run');
  await mkdir(disk);
  mounted = mount(disk, 'size=256k');
});
afterEach(async () => {
  if (mounted) execFileSync('umount', [disk]);
  await rm(folder, { recursive: true, force: true });
});

function needsDisk(context: TestContext): void {
  if (!mounted) context.skip('may not mount a disk here');
}

/** Of /proc/mounts. */
function isReadOnly(): boolean {
  const line = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .find((text) => text.includes(` ${disk} `));
  return line?.split(' ')[3]?.startsWith('ro') ?? false;
}

const run = (...options: string[]) =>
  call('sweep', file, '--out', out, '--no-report', '--threads', '1', '--checkpoint-every', '0', ...options);

describe('a disk that is full', () => {
  it('ends the sweep with 1 and advice; once there is space the same call continues, to the same bits', async (context) => {
    needsDisk(context);
    const undisturbed = join(folder, 'undisturbed');
    await sweep(protocol, { directory: undisturbed, threads: 1 });
    const ballast = join(disk, 'ballast');
    let times: Record<string, string> = {};
    // less of it each time: the disk fills up at another moment
    for (const kibibytes of [252, 240, 220, 196]) {
      execFileSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=1k', `count=${kibibytes}`], {
        stdio: 'ignore',
      });
      const { exitCode, stdout, stderr } = await run();
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
      expect(stderr).toMatch(
        /^error: cannot .*: ENOSPC: no space left on device.*\. Records of finished trials are intact; make room, then run the same again to go on\n$/,
      );
      const now = await recordTimes(out);
      expect(now).toMatchObject(times);
      times = now;
      await rm(ballast);
    }
    expect(Object.keys(times).length).toBeGreaterThan(0);
    const { exitCode, stdout } = await run('--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ reused: Object.keys(times).length, trials: { finished: 8 } });
    expect(await recordTimes(out)).toMatchObject(times);
    expect(await outcomes(out)).toEqual(await outcomes(undisturbed));
    await expectNothingElse(out, 8);
  }, 60_000);
});

describe('a directory that is read-only', () => {
  it('ends what writes with 1 and the reason, and can be read', async (context) => {
    needsDisk(context);
    expect((await run()).exitCode).toBe(0);
    const before = await readdir(out, { recursive: true });
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    expect(isReadOnly()).toBe(true);
    for (const argv of [
      ['sweep', out, '--no-report'],
      ['collect', out],
      ['report', out],
    ]) {
      const { exitCode, stdout, stderr } = await call(...argv);
      expect({ argv, exitCode, stdout }).toEqual({ argv, exitCode: 1, stdout: '' });
      expect(stderr).toMatch(/^error: cannot (?:make|write|tidy up) .*: EROFS: read-only file system/);
    }
    expect((await call('status', out)).stdout).toContain('8 of 8 trials finished');
    expect((await call('thresholds', out, '0.5')).exitCode).toBe(0);
    expect((await call('report', out, '--text')).exitCode).toBe(0);
    const { exitCode, stdout, stderr } = await call(
      'query',
      out,
      'select count(*) as n from trials',
      '--json',
    );
    expect({ exitCode, rows: JSON.parse(stdout) }).toEqual({ exitCode: 0, rows: [{ n: 8 }] });
    expect(stderr).toMatch(
      /^the index was not written, so that every query reads the new records again: .*EROFS/,
    );
    expect(await readdir(out, { recursive: true })).toEqual(before);
  }, 60_000);
});
