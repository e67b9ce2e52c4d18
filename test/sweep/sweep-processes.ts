/** Sweeps in processes of their own, which can be killed, and what they leave. */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { Protocol } from '../../src/experiments/teacher-student/protocol/schema.js';
import { formatProtocol } from '../../src/protocol/protocol.js';
import { cleanRunDirectory } from '../../src/runs/clean.js';
import { readRecords } from '../../src/sweep.js';
import { smallProtocol } from './small-protocol.js';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface SweepProcess {
  readonly child: ChildProcess;
  /** Once it has ended: its exit code, or the signal that ended it, and what it wrote. */
  readonly ended: Promise<{ status: number | string | null; stdout: string; stderr: string }>;
}

/** Eight trials that take about `epochs` / 400 seconds of a core together. */
export function killableProtocol(epochs: number): Protocol {
  return smallProtocol({
    data: { train: 1000, validation: 100, test: 100 },
    student: { width: [40, 60], secondWidth: 10 },
    epochs,
  });
}

export function sweepArguments(what: string, directory: string): string[] {
  return ['sweep', what, '--out', directory, '--no-report', '--json', '--checkpoint-every', '0.05'];
}

/**
 * `eigenstudent sweep WHAT --out DIRECTORY`, with a checkpoint every 50 ms.
 * @param options of the command; `execArgv` are options of Node
 */
export function startSweep(
  what: string,
  directory: string,
  ...options: (string | { readonly execArgv: readonly string[] })[]
): SweepProcess {
  if (!existsSync(main)) throw new Error(`${main} is not there; run \`npm run build\` first`);
  const ofNode = options.flatMap((one) => (typeof one === 'string' ? [] : one.execArgv));
  const ofCommand = options.filter((one) => typeof one === 'string');
  const child = spawn(process.execPath, [...ofNode, main, ...sweepArguments(what, directory), ...ofCommand]);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const ended = new Promise<{ status: number | string | null; stdout: string; stderr: string }>((resolve) =>
    child.on('close', (code, signal) => resolve({ status: code ?? signal, stdout, stderr })),
  );
  return { child, ended };
}

/** All of each trial that must not depend on how it came about: numbers and arrays, by key. */
export async function outcomes(directory: string): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const record of await readRecords(directory)) {
    const { seconds, finishedAt, recordSha256, ...numbers } = record;
    const arrays = await readFile(join(directory, 'trials', record.key, 'arrays.safetensors'));
    found[record.key] = { numbers, arrays: arrays.toString('base64') };
  }
  return found;
}

/** When each record was written, by key: one that is written twice has two. */
export async function recordTimes(directory: string): Promise<Record<string, string>> {
  const times: Record<string, string> = {};
  for (const key of existsSync(join(directory, 'trials')) ? await readdir(join(directory, 'trials')) : []) {
    const path = join(directory, 'trials', key, 'record.json');
    if (!existsSync(path)) continue;
    const { ino, mtimeMs } = await stat(path);
    times[key] = `${ino} ${mtimeMs}`;
  }
  return times;
}

/** After cleaning there is nothing but protocol, summary, and two files per trial. */
export async function expectNothingElse(directory: string, trials: number): Promise<void> {
  await cleanRunDirectory(directory);
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  const expected = ['protocol.yaml', 'summary.json'];
  for (let i = 0; i < trials; ++i) expected.push('arrays.safetensors', 'record.json');
  expect(names.sort()).toEqual(expected.sort());
}

export const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Until a process has made itself known in the directory; or has ended already. */
async function untilAtWork({ child, ended }: SweepProcess, directory: string): Promise<void> {
  let over = false;
  void ended.then(() => {
    over = true;
  });
  const folder = join(directory, 'locks', 'owners');
  while (!over) {
    const names = await readdir(folder).catch(() => []);
    if (names.some((name) => name.includes(`-${child.pid}-`))) return;
    await wait(2);
  }
}

export interface Killing {
  /** In all, whatever the speed of the machine. */
  readonly kills: number;
  readonly seed: number;
  /** That the sweep takes undisturbed: a killed process works for less than its share of them. */
  readonly seconds: number;
}

/** Sweeps that `kills` may be spread over; arbitrary: each makes some, as its moments are those of the one before. */
const mostSweeps = 8;

/**
 * Kills a sweep with signal 9, at moments that the seed says, and goes on each time, until it has been killed `kills` times;
 * then lets it finish. How far a process gets until its moment depends on what else the machine does: a sweep that ends
 * before it has been killed that often is followed by another one, with moments from the time that the first was at work.
 * @returns the directories of the sweeps, all of which have ended
 * @throws where that many sweeps end before they have been killed so often
 */
export async function killAgainAndAgain(
  directory: string,
  protocol: Protocol,
  { kills, seed, seconds }: Killing,
): Promise<string[]> {
  const file = `${directory}.yaml`;
  await writeFile(file, formatProtocol(protocol));
  const directories: string[] = [];
  for (let killed = 0, share = seconds; killed < kills; ) {
    if (directories.length === mostSweeps)
      throw new Error(`expected ${kills} kills in ${mostSweeps} sweeps, there were ${killed}`);
    const next = `${directory} ${directories.length}`;
    const moments = { kills: kills - killed, seed: seed + directories.length, seconds: share };
    const round = await killUntilItEnds(next, file, moments);
    directories.push(next);
    killed += round.killed;
    share = round.seconds;
  }
  return directories;
}

/**
 * One sweep, with one thread and two, from the protocol and from the directory; every tenth process is killed while it starts.
 * @returns how many processes were killed before they had ended, and the seconds that all were at work
 */
async function killUntilItEnds(
  directory: string,
  file: string,
  { kills, seed, seconds }: Killing,
): Promise<{ killed: number; seconds: number }> {
  let times: Record<string, string> = {};
  let worked = 0;
  for (let i = 0; i < kills; ++i) {
    const what = i % 2 === 1 && existsSync(join(directory, 'protocol.yaml')) ? directory : file;
    const sweep = startSweep(what, directory, '--threads', String(1 + (i % 3 === 0 ? 1 : 0)));
    if (i % 10 < 9) await untilAtWork(sweep, directory);
    const start = performance.now();
    await Promise.race([wait(((1000 * seconds) / kills) * pseudoRandom(seed, i)), sweep.ended]);
    sweep.child.kill('SIGKILL');
    const { status, stderr } = await sweep.ended;
    worked += (performance.now() - start) / 1000;
    const now = await recordTimes(directory);
    expect(now).toMatchObject(times); // what is finished is never written again
    times = now;
    if (status === 'SIGKILL') continue;
    expect(`${status} ${stderr}`).toMatch(/^0 /);
    return { killed: i, seconds: worked };
  }
  const { status, stderr } = await startSweep(file, directory).ended;
  expect(`${status} ${stderr}`).toMatch(/^0 /);
  expect(await recordTimes(directory)).toMatchObject(times);
  return { killed: kills, seconds: worked };
}

/** In [0, 1), the same for the same seed and index. */
export function pseudoRandom(seed: number, index: number): number {
  const wild = 43758.5453 * Math.sin(12.9898 * (index + 1) + 78.233 * seed);
  return wild - Math.floor(wild);
}
