/** Carries out one disturbance of a sweep, and holds against an undisturbed one what the same call makes of the rest. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { call } from '../cli/captured-terminal.js';
import { mount } from '../sweep/mount.js';
import {
  expectNothingElse,
  outcomes,
  recordTimes,
  type SweepProcess,
  startSweep,
  sweepArguments,
  wait,
} from '../sweep/sweep-processes.js';
import type { Disturbance } from './disturbance.js';

/** An undisturbed sweep. */
export interface Undisturbed {
  /** The protocol. */
  readonly file: string;
  readonly trials: number;
  readonly outcomes: Record<string, unknown>;
  /** From the start of the process to its end. */
  readonly milliseconds: number;
}

type Ended = Awaited<SweepProcess['ended']>;

/** Thrown where this machine cannot stage the disturbance. */
export class CannotStage extends Error {}

/** A clock that is set back by `days` after so many milliseconds; the monotonic clock is not, as in an operating system. */
function clockSetBack(days: number, after: number): string[] {
  const source = `
    const real = Date; const start = performance.now();
    const now = () => real.now() - (performance.now() - start < ${after} ? 0 : ${days} * 864e5);
    globalThis.Date = class extends real {
      constructor(...given) { if (given.length > 0) super(...given); else super(now()); }
      static now() { return now(); }
    };`;
  return ['--import', `data:text/javascript,${encodeURIComponent(source)}`];
}

/** Bytes that the disk of a case has: from what nothing can be made on to what all of it nearly fits into. */
function diskSize(choice: number): string {
  return `${Math.round(8 + 130 * choice)}k`;
}
const roomy = '4m';

/**
 * @param folder of the case alone, not there yet
 * @throws CannotStage; what `expect` throws
 */
export async function stage(
  disturbance: Disturbance,
  undisturbed: Undisturbed,
  folder: string,
): Promise<void> {
  await mkdir(folder);
  const ownDisk = disturbance.kind === 'disk full' || disturbance.kind === 'read-only directory';
  if (
    ownDisk &&
    !mount(folder, `size=${disturbance.kind === 'disk full' ? diskSize(disturbance.choice) : roomy}`)
  )
    throw new CannotStage('may not mount a disk here');
  try {
    const directory = join(folder, 'run');
    await disturb(disturbance, undisturbed, directory, folder);
    await expectWholeAfterSameCall(undisturbed, directory, disturbance);
  } finally {
    if (ownDisk) execFileSync('umount', [folder]);
  }
}

async function disturb(
  { kind, moment, choice }: Disturbance,
  { file, milliseconds, trials }: Undisturbed,
  directory: string,
  folder: string,
): Promise<void> {
  const threads = ['--threads', String(1 + (Math.floor(8 * choice) % 2))];
  const delay = moment * milliseconds;
  switch (kind) {
    case 'one of three': {
      const all = [1, 2, 3].map(() => startSweep(file, directory, '--threads', '1'));
      await wait(delay);
      const doomed = all[Math.floor(3 * choice)] as SweepProcess;
      doomed.child.kill('SIGKILL');
      await doomed.ended;
      const before = await recordTimes(directory);
      const results = await Promise.all(all.filter((one) => one !== doomed).map(({ ended }) => ended));
      for (const { status, stderr } of results) expect(`${status} ${stderr}`).toMatch(/^0 /);
      const after = await recordTimes(directory);
      expect(after).toMatchObject(before);
      expect(Object.keys(after)).toHaveLength(trials);
      return;
    }
    case 'disk full': {
      expectFileError(await startSweep(file, directory, ...threads).ended, 'ENOSPC');
      execFileSync('mount', ['-o', `remount,size=${roomy}`, folder]);
      return;
    }
    case 'read-only directory': {
      const sweep = startSweep(file, directory, ...threads);
      await wait(delay);
      const isReadOnly = await remountReadOnly(folder, sweep);
      expectFileError(await sweep.ended, 'EROFS');
      if (isReadOnly) execFileSync('mount', ['-o', 'remount,rw', folder]);
      return;
    }
    case 'clock set back': {
      const clock = { execArgv: clockSetBack(1 + Math.floor(400 * choice), delay / 2) };
      const sweep = startSweep(file, directory, clock, ...threads);
      await wait(delay);
      sweep.child.kill('SIGKILL');
      await sweep.ended;
      return;
    }
    default:
      return signal(
        kind.split(' '),
        startSweep(file, directory, ...threads),
        delay,
        choice,
        directory,
        trials,
      );
  }
}

/** A sweep that did not get through says what the operating system said. */
function expectFileError({ status, stdout, stderr }: Ended, code: string): void {
  if (status === 0) return;
  const answer = stdout.startsWith('{') ? JSON.parse(stdout) : { stdout, stderr };
  expect({ status, answer }).toMatchObject({
    status: 1,
    answer: { error: { code: 'file_unwritable', message: expect.stringContaining(`${code}: `) } },
  });
}

/** A disk with files that are being written cannot be made read-only: tried until it can. Whether it could before the sweep ended. */
async function remountReadOnly(folder: string, { ended }: SweepProcess): Promise<boolean> {
  let over = false;
  void ended.then(() => {
    over = true;
  });
  while (!over) {
    try {
      execFileSync('mount', ['-o', 'remount,ro', folder], { stdio: 'pipe' });
      return true;
    } catch {
      await wait(1);
    }
  }
  return false;
}

/** @param words a signal; 'twice' or a second signal: again within a tenth of a second */
async function signal(
  [first = '', ...more]: readonly string[],
  sweep: SweepProcess,
  delay: number,
  choice: number,
  directory: string,
  trials: number,
): Promise<void> {
  await wait(delay);
  sweep.child.kill(first as NodeJS.Signals);
  if (more.length > 0) {
    await wait(100 * choice);
    sweep.child.kill((more[0] === 'twice' ? first : more[1]) as NodeJS.Signals);
  }
  const { status, stderr } = await sweep.ended;
  if (first === 'SIGKILL') return;
  const names = existsSync(directory) ? await readdir(directory, { recursive: true }) : [];
  const finished = names.filter((name) => name.endsWith('record.json')).length;
  // Before the command is loaded, and once it has nothing more to do, the signal has its default effect.
  const idle = finished === trials || names.length === 0;
  if (typeof status === 'string') expect({ idle, status, stderr }).toMatchObject({ idle: true });
  else if (status === 0) expect(finished).toBe(trials);
  else expect({ status, stderr }).toMatchObject({ status: first === 'SIGHUP' ? 129 : 130 });
  expect(names.filter((name) => name.startsWith('locks') || name.endsWith('.tmp'))).toEqual([]);
}

/** The same call; most of them in this process, as the start of one takes longer than these sweeps. */
async function sameCall(file: string, directory: string, { kind, choice }: Disturbance) {
  if (kind === 'clock set back')
    return startSweep(file, directory, { execArgv: clockSetBack(1 + 900 * choice, 0) }).ended;
  const { exitCode, stdout, stderr } = await call(...sweepArguments(file, directory));
  return { status: exitCode, stdout, stderr };
}

async function expectWholeAfterSameCall(
  { file, trials, outcomes: expected }: Undisturbed,
  directory: string,
  disturbance: Disturbance,
): Promise<void> {
  const before = await recordTimes(directory);
  const { status, stdout, stderr } = await sameCall(file, directory, disturbance);
  expect(`${status} ${stderr} ${status === 0 ? '' : stdout}`).toMatch(/^0 /);
  const { trained, reused, elsewhere, damaged, restarted } = JSON.parse(stdout);
  const finished = Object.keys(before).length;
  expect({ trained, reused, elsewhere, damaged, restarted }).toEqual({
    ...{ trained: trials - finished, reused: finished, elsewhere: 0 },
    // Killed between the two files of a trial, or on a full disk: the trial is trained again, and the answer says so.
    damaged: expect.any(Array),
    restarted: [],
  });
  expect(await recordTimes(directory)).toMatchObject(before);
  expect(await outcomes(directory)).toEqual(expected);
  expect(existsSync(join(directory, 'locks'))).toBe(false);
  await expectNothingElse(directory, trials);
}
