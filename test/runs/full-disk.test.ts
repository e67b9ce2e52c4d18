import type { FileHandle } from 'node:fs/promises';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { StudentTrial } from '../../src/experiments/teacher-student/protocol/trial.js';
import { openRunDirectory, survey } from '../../src/runs/run-directory.js';
import { readRecords, sweep } from '../../src/sweep.js';
import { rejectionOf } from '../failure.js';
import { madeUpTrial, smallProtocol } from '../sweep/small-protocol.js';
import { writeStudent } from '../sweep/student-records.js';
import { expand } from '../sweep/student-trials.js';
import { outcomes } from '../sweep/sweep-processes.js';

/** Bytes that the pretended disk still takes. */
const disk = vi.hoisted(() => {
  vi.resetModules(); // what test/setup has loaded has the real node:fs/promises
  return { free: Number.POSITIVE_INFINITY };
});

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const open: typeof real.open = async (path, flags, mode) => {
    const file = await real.open(path, flags, mode);
    const write = file.writeFile.bind(file);
    file.writeFile = async (data: Parameters<FileHandle['writeFile']>[0]) => {
      const bytes = Buffer.from(data as string | Uint8Array);
      const fitting = bytes.subarray(0, Math.max(0, Math.min(bytes.length, disk.free)));
      disk.free -= fitting.length;
      await write(fitting);
      if (fitting.length < bytes.length) {
        throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
      }
    };
    return file;
  };
  return { ...real, open };
});

const trials = expand(smallProtocol());
const [first, second] = trials as [StudentTrial, StudentTrial, ...StudentTrial[]];
let directory: string;

beforeEach(async () => {
  disk.free = Number.POSITIVE_INFINITY;
  directory = await mkdtemp(join(tmpdir(), 'eigenstudent-full-disk-'));
  await openRunDirectory(directory, smallProtocol());
});
afterEach(() => rm(directory, { recursive: true, force: true }));

function write(trial: StudentTrial) {
  const { record, arrays } = madeUpTrial(trial);
  return writeStudent(directory, record, arrays);
}

describe('a disk that fills up', () => {
  it('loses no finished trial, whenever it fills up in a sweep', async () => {
    const undisturbed = join(directory, 'undisturbed');
    await sweep(smallProtocol(), { directory: undisturbed });
    const failures: string[] = [];
    for (let free = 300; free < 60_000; free *= 1.2) {
      // with no checkpoints, and with some at every turn, which fill the disk first
      for (const checkpointEvery of [1000, 0]) {
        disk.free = free;
        const before = (await readRecords(directory)).length;
        const run = sweep(smallProtocol(), { directory, checkpointEvery });
        failures.push(await rejectionOf(run).catch(() => 'ended'));
        disk.free = Number.POSITIVE_INFINITY;
        expect((await readRecords(directory)).length).toBeGreaterThanOrEqual(before);
        const names = await readdir(directory, { recursive: true });
        expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([]);
      }
    }
    const refused = failures.filter((message) => message !== 'ended');
    expect(refused.length).toBeGreaterThan(3);
    for (const message of refused)
      expect(message).toMatch(/^file_unwritable: cannot write .*: ENOSPC: no space left on device, write/);
    // which file it is depends on how far the sweep is when the disk is full; arrays and records are tried by themselves below
    const kinds = new Set(refused.map((message) => /\w+\.(json|safetensors)/.exec(message)?.[0]));
    expect(kinds.size).toBeGreaterThan(0);
    await sweep(smallProtocol(), { directory });
    expect(await outcomes(directory)).toEqual(await outcomes(undisturbed));
  });

  it.each([
    ['in the arrays', 100, 'arrays.safetensors', []],
    // the arrays of such a trial take between 1 and 2 kB, its record more than what is left
    ['in the record', 2500, 'record.json', ['arrays.safetensors']],
  ])('loses only the trial that is being written: %s', async (_, free, file, left) => {
    const record = await write(first);
    disk.free = free;
    expect(await rejectionOf(write(second))).toBe(
      `file_unwritable: cannot write ${join(directory, 'trials', second.key, file)}: ENOSPC: no space left on device, ` +
        'write. Records of finished trials are intact; make room, then run the same again to go on',
    );
    expect(await readdir(join(directory, 'trials', second.key))).toEqual(left);
    expect(await readRecords(directory)).toEqual([record]);
    disk.free = Number.POSITIVE_INFINITY;
    await write(second);
    expect((await survey(directory, trials)).found.size).toBe(2);
  });
});
