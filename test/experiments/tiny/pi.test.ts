import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { liveState } from '../../../src/live/live-state.js';
import { RunFollower } from '../../../src/live/run-follower.js';
import { writeReport } from '../../../src/report/write-report.js';
import { checkpointFile } from '../../../src/runs/trial-checkpoint.js';
import * as library from '../../../src/sweep.js';
import { until } from '../../cli/until.js';
import { piExperiment } from './pi.mjs';

const { queryRecords, readRecords, registerExperiment, runStatus, sweep, writeSummary } = library;
const main = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
const register = fileURLToPath(new URL('register.mjs', import.meta.url));

let remove: () => void;
beforeAll(() => {
  remove = registerExperiment(piExperiment(library));
});
afterAll(() => remove());

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'eigenstudent-pi-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const protocol = { experiment: 'pi', points: [50, 500], rounds: 6, trials: 3, seed: 4 };

/** What each trial found, by key. */
async function estimates(run: string): Promise<Record<string, unknown>> {
  const records = await readRecords(run);
  return Object.fromEntries(records.map(({ key, scalars }) => [key, scalars]));
}

/** `eigenstudent ARGUMENTS`, with the experiment known to it. */
function command(...arguments_: string[]): { child: ChildProcess; ended: Promise<[number | null, string]> } {
  const child = spawn(process.execPath, ['--import', register, main, ...arguments_]);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => (text += piece));
  return { child, ended: new Promise((resolve) => child.on('close', (code) => resolve([code, text]))) };
}

describe('an experiment that is not teacher-student', () => {
  it('sweeps to records with its scalars, and trains nothing twice', async () => {
    const first = await sweep(protocol, { directory });
    expect(first.summary.trials).toEqual({ total: 6, finished: 6, failed: 0 });
    const [record] = await readRecords(directory);
    expect(record).toMatchObject({ schema: 2, experiment: 'pi', engine: 'javascript', steps: 6 });
    expect(Object.keys(record?.scalars ?? {})).toEqual(['estimate', 'inside']);
    const again = await sweep(protocol, { directory });
    expect([again.trained, again.reused]).toEqual([0, 6]);
  });

  it('has distinct keys: the name of the experiment is a part of them', async () => {
    await sweep(protocol, { directory });
    const [record] = await readRecords(directory);
    expect(record?.protocol).toEqual({
      ...{ schema: 1, experiment: 'pi', points: expect.any(Number), rounds: 6, pause: 0, seed: 4 },
      trial: expect.any(Number),
    });
  });

  it('summarizes its groups by the numbers that all of its records have', async () => {
    await sweep(protocol, { directory });
    const { groups } = (await writeSummary(directory)) as unknown as { groups: Record<string, unknown>[] };
    expect(groups.map(({ points }) => points)).toEqual([50, 500]);
    expect(groups[0]).toMatchObject({ trials: 3, settings: {}, estimate: { mean: expect.any(Number) } });
  });

  it('grows with its protocol, and refuses a conflicting one', async () => {
    await sweep(protocol, { directory });
    const grown = await sweep({ ...protocol, points: [50, 500, 1000] }, { directory });
    expect([grown.trained, grown.reused]).toEqual([3, 6]);
    const other = sweep({ ...protocol, rounds: 7 }, { directory });
    await expect(other).rejects.toMatchObject({ code: 'run_directory_conflict' });
  });

  it('is partitioned into shards that are disjoint and complete', async () => {
    for (const index of [1, 2]) await sweep(protocol, { directory, shard: { index, count: 2 } });
    const whole = join(directory, 'whole');
    await sweep(protocol, { directory: whole });
    expect(await estimates(directory)).toEqual(await estimates(whole));
  });

  it('keeps a failed trial as a record of its error, and the others continue', async () => {
    const { summary } = await sweep({ ...protocol, breaks: true }, { directory });
    expect(summary.trials).toEqual({ total: 6, finished: 4, failed: 2 });
    expect(summary.failures[0]).toMatchObject({ points: 50, trial: 1, code: 'internal' });
    expect(summary.failures[0]?.message).toContain('the circle broke');
    const { trials, groups } = await runStatus(directory);
    expect([trials.finished, trials.failed]).toEqual([4, 2]);
    expect(groups[0]).toMatchObject({ points: 50, finished: 2, failed: 1 });
  });

  it('continues from its checkpoint after an interruption, to the same numbers', async () => {
    const whole = join(directory, 'whole');
    await sweep({ ...protocol, rounds: 30, pause: 2 }, { directory: whole });
    const half = join(directory, 'half');
    const stop = new AbortController();
    const slow = { ...protocol, rounds: 30, pause: 2 };
    const onProgress = ({ steps }: { steps: { done: number } }) => steps.done > 70 && stop.abort();
    const interrupted = sweep(slow, { directory: half, signal: stop.signal, onProgress });
    await expect(interrupted).rejects.toMatchObject({ code: 'interrupted' });
    const { continued } = await sweep(slow, { directory: half });
    expect(continued).toHaveLength(1);
    expect(await estimates(half)).toEqual(await estimates(whole));
  });

  it('has its scalars as columns of queries', async () => {
    await sweep(protocol, { directory });
    const sql =
      'select points: protocol.points, n: count(*), best: min(inside) from trials group by 1 order by 1';
    const { rows } = await queryRecords(directory, sql);
    expect(rows).toEqual([
      { points: 50, n: 3, best: expect.any(Number) },
      { points: 500, n: 3, best: expect.any(Number) },
    ]);
  });

  it('has a report of its numbers without a figure of another experiment', async () => {
    await sweep(protocol, { directory });
    const files = await writeReport(directory);
    expect(files.map((file) => file.slice(directory.length + 1))).toEqual(['report.html']);
    const html = await readFile(files[0] as string, 'utf8');
    expect(html.includes('The share of random points that lie in a circle tells π.')).toBe(true);
    const page = html.slice(html.indexOf('<main>'), html.indexOf('</main>')).replaceAll('eigenstudent', '');
    expect(/teacher|student|Giambagli/.exec(page)).toBe(null);
  });

  it('has its histories on the live page', async () => {
    await sweep(protocol, { directory });
    const { run } = await new RunFollower(directory).read();
    const { view, groups } = liveState(directory, run, () => null);
    expect(view?.title).toBe('Points in a circle');
    expect(groups[0]).toMatchObject({ place: { points: 50 }, values: { estimate: { trials: 3 } } });
    const curve = [...run.onDisk.values()][0]?.curve;
    expect(curve?.epoch).toEqual([1, 2, 3, 4, 5, 6]);
    expect(curve?.error).toHaveLength(6);
  });

  it('refuses an invalid field and an unknown experiment by name', async () => {
    const misspelt = sweep({ ...protocol, pionts: 3 } as never, { directory });
    await expect(misspelt).rejects.toThrow('unknown key "pionts"');
    const { experiment: _, ...nameless } = protocol;
    const lost = sweep(nameless as never, { directory });
    await expect(lost).rejects.toThrow(
      'The protocol names no `experiment` and is read as one of teacher-student; pi has such',
    );
    const unknown = sweep({ ...protocol, experiment: 'po' }, { directory });
    await expect(unknown).rejects.toThrow(/experiment: expected one of .*pi, received "po"/);
  });
});

describe('the command, with an experiment that is not teacher-student', () => {
  it('continues after it was killed, to the numbers of an undisturbed sweep', async () => {
    const file = join(directory, 'pi.yaml');
    await writeFile(file, 'experiment: pi\npoints: [50, 500]\nrounds: 40\npause: 10\ntrials: 3\nseed: 4\n');
    const [half, whole] = [join(directory, 'half'), join(directory, 'whole')];
    const options = ['--no-report', '--checkpoint-every', '0.02', '--threads', '1'];
    const { child, ended } = command('sweep', file, '--out', half, ...options);
    await until('a checkpoint', async () =>
      (await filesOf(half)).find((name) => name.endsWith(checkpointFile)),
    );
    child.kill('SIGKILL');
    await ended;
    const [code, text] = await command('sweep', half, ...options, '--json').ended;
    expect(code, text).toBe(0);
    await sweep(
      { experiment: 'pi', points: [50, 500], rounds: 40, pause: 10, trials: 3, seed: 4 },
      { directory: whole },
    );
    expect(await estimates(half)).toEqual(await estimates(whole));
  });

  it('writes its protocol, reproduces it, prints its status, and refuses what requires a network', async () => {
    const file = join(directory, 'mine.yaml');
    expect(await command('init', file, '--experiment', 'pi').ended).toEqual([
      0,
      expect.stringContaining(file),
    ]);
    const out = join(directory, 'run');
    const [code, table] = await command('reproduce', 'pi', '--out', out).ended;
    expect([code, table]).toEqual([0, expect.stringMatching(/points .* estimate/)]);
    expect(await command('status', out).ended).toEqual([
      0,
      expect.stringContaining('6 of 6 trials finished'),
    ]);
    expect(await command('thresholds', out, '0.1').ended).toEqual([2, expect.stringContaining('one of pi')]);
    expect(await command('prune', out).ended).toEqual([2, expect.stringContaining('one of pi')]);
  });
});

async function filesOf(folder: string): Promise<string[]> {
  return readdir(folder, { recursive: true }).catch(() => []);
}
