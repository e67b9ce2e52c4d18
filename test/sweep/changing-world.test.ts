/** What other processes, the clock and the disk do to a run. A disk that fills up: ../directory/full-disk.test.ts */

import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { StudentTrial } from '../../src/experiments/teacher-student/protocol/trial.js';
import { TrialLocks } from '../../src/runs/trial-locks.js';
import type { SweepProgress } from '../../src/sweep/progress.js';
import { readRecords, sweep } from '../../src/sweep.js';
import { rejectionOf } from '../failure.js';
import { mount } from './mount.js';
import { madeUpTrial, smallProtocol } from './small-protocol.js';
import { writeStudent } from './student-records.js';
import { expand } from './student-trials.js';
import { expectNothingElse, outcomes } from './sweep-processes.js';

const protocol = smallProtocol();
let folder: string;
let directory: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-changing-world-'));
  directory = join(folder, 'run');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a run under changing conditions', () => {
  it('leaves a trial to a process that took it over meanwhile, and waits for that process', async () => {
    const long = smallProtocol({ epochs: 3000 });
    const [trial] = expand(long) as [StudentTrial, ...StudentTrial[]];
    const made = madeUpTrial(trial);
    let other: Promise<void> | undefined;
    const onProgress = ({ fraction }: SweepProgress) => {
      if (fraction === 0 || other) return;
      other = takeOver();
    };
    async function takeOver(): Promise<void> {
      // as if this process had hung for a minute
      const locks = await TrialLocks.enter(directory);
      await writeFile(join(directory, 'locks', trial.key, '2'), locks.owner.id);
      setTimeout(async () => {
        await writeStudent(directory, made.record, made.arrays);
        await locks.leave();
      }, 600);
    }
    const start = performance.now();
    const { trained, elsewhere, profile } = await sweep(long, { directory, onProgress });
    await other;
    expect(other).toBeDefined();
    expect({ trained, elsewhere }).toEqual({ trained: 7, elsewhere: 1 });
    expect(performance.now() - start).toBeGreaterThan(500);
    expect(profile.seconds.waiting).toBeGreaterThan(0);
    const record = (await readRecords(directory)).find(({ key }) => key === trial.key);
    expect(record?.engine).toBe('made-up');
  });

  it('is not affected by a clock that is set back', async () => {
    const undisturbed = join(folder, 'undisturbed');
    await sweep(protocol, { directory: undisturbed });
    vi.useFakeTimers({ toFake: ['Date'] });
    let now = Date.UTC(2026, 0, 1);
    const onProgress = () => {
      now -= 86_400_000;
      vi.setSystemTime(now);
    };
    const options = { directory, onProgress, threads: 1, checkpointEvery: 0 };
    try {
      const { profile, seconds } = await sweep(protocol, options);
      expect(seconds).toBeGreaterThan(0);
      for (const part of Object.values(profile.seconds)) expect(part).toBeGreaterThanOrEqual(0);
    } finally {
      vi.useRealTimers();
    }
    expect(await outcomes(directory)).toEqual(await outcomes(undisturbed));
    await expectNothingElse(directory, 8);
  });

  it('fails with the path where it may not write', async (context) => {
    await mkdir(directory);
    if (!mount(directory, 'size=10m')) context.skip('may not mount a disk here');
    try {
      await sweep(smallProtocol({ trials: 1 }), { directory });
      execFileSync('mount', ['-o', 'remount,ro', directory]);
      expect(await rejectionOf(sweep(smallProtocol({ trials: 1 }), { directory }))).toMatch(
        /^file_unwritable: cannot make the folder .*locks\/owners: EROFS: read-only file system/,
      );
    } finally {
      execFileSync('umount', [directory]);
    }
  });
});
