/** Every command on one directory in which some trials diverged: none is left out without a word, and no finished one suffers. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Protocol } from '../../src/experiments/teacher-student/protocol/schema.js';
import { liveState } from '../../src/live/live-state.js';
import { RunFollower } from '../../src/live/run-follower.js';
import { isFinished } from '../../src/runs/record.js';
import { readRecords, sweep, type TrialRecord, writeSummary } from '../../src/sweep.js';
import { smallProtocol } from '../sweep/small-protocol.js';
import { call } from './captured-terminal.js';
import { parquetRows } from './query-run.js';

const withRates = (...learningRate: number[]): Protocol =>
  smallProtocol({
    arms: { direct: { optimizer: { sgd: { learningRate } }, batchSize: 16, l2: { eigenvectors: 0.01 } } },
    epochs: 60,
  });

let folder: string;
/** Two rates, of which one makes trials fail. */
let run: string;
/** The other rate alone: the same trials, by key. */
let sound: string;
/** The rate that makes trials fail alone. */
let broken: string;
let failed: TrialRecord[];
let total: number;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-failed-'));
  [run, sound, broken] = ['run', 'sound', 'broken'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await sweep(withRates(0.001, 1000), { directory: run });
  await sweep(withRates(0.001), { directory: sound });
  await sweep(withRates(1000), { directory: broken });
  const records = await readRecords(run);
  total = records.length;
  failed = records.filter((record) => !isFinished(record));
  expect(total).toBe(8);
  expect(failed).toHaveLength(4);
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Names every trial that failed, and says why. */
function tellsAll(text: string): void {
  const flat = text.replaceAll(/[\s│]+/g, ' ');
  for (const { key, error } of failed) {
    expect(flat).toContain(key);
    expect(flat).toContain(error?.message.slice(0, 40));
  }
}

/** Means of a group without what depends on the clock. */
const measured = ({ seconds: _, settings: __, ...group }: Record<string, unknown>) => group;

describe('with trials that failed', () => {
  it('sweep exits with 1 and trains none of them again', async () => {
    const { exitCode, stdout, stderr } = await call('sweep', run, '--no-report');
    expect(exitCode).toBe(1);
    expect(stdout).toContain('4 of 8 trials finished, 4 failed: 0 trained now');
    expect(stderr).toContain('4 of 8 trials failed:');
    tellsAll(stderr);
  });

  it('sweep --dry-run distinguishes them from finished trials', async () => {
    const { stdout } = await call('sweep', run, '--dry-run');
    expect(stdout).toContain(`8 of them done in ${run}, of which 4 failed and are not trained again\n`);
    expect(JSON.parse((await call('sweep', run, '--dry-run', '--json')).stdout).trials).toMatchObject({
      done: 8,
      failed: 4,
    });
  });

  it('status counts them by group and lists them with the reason', async () => {
    const { exitCode, stdout, stderr } = await call('status', run);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('4 of 8 trials finished, 4 failed, 0 unfinished');
    expect(stdout).toContain('Failed trials, which no sweep trains again:\n');
    tellsAll(stdout);
    const { failures, groups } = JSON.parse((await call('status', run, '--json')).stdout);
    expect(failures).toHaveLength(4);
    for (const { key, code, message, settings } of failures) {
      const { error } = failed.find((record) => record.key === key) as TrialRecord;
      expect({ code, message }).toEqual({ code: error?.code, message: error?.message });
      expect(Object.values(settings)).toEqual([1000]);
    }
    expect(
      groups.map((group: { finished: number; failed: number }) => [group.finished, group.failed]),
    ).toEqual([
      [2, 0],
      [0, 2],
      [2, 0],
      [0, 2],
    ]);
  });

  it('query has a row for each of them, and a note that their scalars are null', async () => {
    const sql = 'select count(*)::int as rows, count(testLoss)::int as measured from trials';
    const { exitCode, stdout, stderr } = await call('query', run, sql, '--format', 'json');
    expect({ exitCode, rows: JSON.parse(stdout) }).toEqual({ exitCode: 0, rows: [{ rows: 8, measured: 4 }] });
    expect(stderr).toBe(
      '4 trials failed: scalars that they lack are null, and means leave them out; errorCode and errorMessage say why\n',
    );
    const why = await call('query', run, 'select key, errorMessage from trials where errorCode is not null');
    for (const { key } of failed) expect(why.stdout).toContain(key);
    expect((await call('query', sound, sql)).stderr).toBe('');
  });

  it.each(['parquet', 'csv', 'json'])('export as %s has them, with their errors', async (format) => {
    const out = join(folder, `trials.${format}`);
    const { exitCode, stdout, stderr } = await call('export', run, '--out', out);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: `${out}\n8 rows\n` });
    expect(stderr).toMatch(/^4 trials failed: /);
    const read = { parquet: `'${out}'`, csv: `read_csv('${out}')`, json: `read_json('${out}')` }[format];
    const rows = (await parquetRows(
      String(read),
      'SELECT key, errorCode, errorMessage, errorStage, testLoss FROM',
    )) as Record<string, unknown>[];
    expect(rows).toHaveLength(8);
    for (const { key, error } of failed)
      expect(rows.find((row) => row.key === key)).toEqual({
        ...{ key, errorCode: error?.code, errorMessage: error?.message, errorStage: error?.stage },
        testLoss: null,
      });
    expect(rows.filter(({ errorCode, testLoss }) => errorCode === null && testLoss !== null)).toHaveLength(4);
  });

  it('report names them on standard error and in the page, and draws the others', async () => {
    const { exitCode, stdout, stderr } = await call('report', run, '--format', 'html,csv');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('report.html');
    expect(stderr).toContain('4 of 8 trials failed, and are in no figure:\n');
    tellsAll(stderr);
    const page = await readFile(join(run, 'report.html'), 'utf8');
    expect(page).toContain('4 trials without a result</a>: in no figure, and in no mean.');
    tellsAll(page);
    expect(page).toContain('learningRate 1000, trial 0');
    const losses = async (directory: string) => {
      await call('report', directory, '--format', 'csv');
      const [head = '', ...rows] = (await readFile(join(directory, 'figures', 'loss.csv'), 'utf8'))
        .trim()
        .split('\n');
      // The other rate is no column where it is the only one.
      const varied = head.split(',').indexOf('learningRate');
      return rows.map((row) => row.split(',').filter((_, i) => i !== varied)).join('\n');
    };
    expect(await losses(run)).toBe(await losses(sound));
  });

  it('report --text lists them after its table', async () => {
    const { exitCode, stdout, stderr } = await call('report', run, '--text');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('Trials: 4 of 8 finished, 4 failed\n');
    tellsAll(stdout.slice(stdout.indexOf('Trials without a result:')));
    expect(stdout).toContain('learningRate 1000, trial 1');
  });

  it('the live page has them in its counts and its list, with their learning rate', async () => {
    const { run: onDisk } = await new RunFollower(run).read();
    const { counts, failures, groups } = liveState(run, onDisk, () => null);
    expect(counts).toEqual({ finished: 4, failed: 4, training: 0, paused: 0, waiting: 0 });
    expect(new Set(failures.map(({ key }) => key))).toEqual(new Set(failed.map(({ key }) => key)));
    for (const { settings, message } of failures) {
      expect(settings).toBe('learningRate 1000');
      expect(message).toMatch(/finite/);
    }
    for (const { counts: own, values } of groups)
      expect(values.effectiveSize?.trials ?? 0).toBe(own.finished);
  });

  it('collect summarizes the others as without them', async () => {
    const { exitCode, stdout, stderr } = await call('collect', run);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('4 of 8 trials finished, 4 failed.\n');
    tellsAll(stderr);
    const [mixed, alone] = [await writeSummary(run), await writeSummary(sound)];
    expect(mixed.failures).toHaveLength(4);
    expect(mixed.groups.map((group) => measured({ ...group }))).toEqual(
      alone.groups.map((group) => measured({ ...group })),
    );
  });

  it('thresholds leaves them out with a note', async () => {
    const { exitCode, stderr } = await call('thresholds', run, '0.05');
    expect(exitCode).toBe(0);
    expect(stderr).toContain('Failed, and left out:\n');
    tellsAll(stderr);
    const { groups, failures } = JSON.parse((await call('thresholds', run, '0.05', '--json')).stdout);
    expect(failures).toHaveLength(4);
    expect(groups.map(({ trials }: { trials: number }) => trials)).toEqual([2, 2]);
  });

  it('prune selects the best of the others and states how many it could not consider', async () => {
    const out = join(folder, 'small.safetensors');
    const { exitCode, stdout, stderr } = await call('prune', run, '--width', '4', '--out', out);
    expect(exitCode).toBe(0);
    expect(failed.some(({ key }) => stdout.includes(key))).toBe(false);
    expect(stderr).toMatch(
      /^2 of the 4 trials that match finished\. 2 trials failed, first \w{16}: .*not finite/,
    );
  });
});

describe('with no trial that finished', () => {
  it.each([
    ['collect', 0, 'No trial has finished.\n0 of 4 trials finished, 4 failed.'],
    ['thresholds', 0, 'No trial has finished.'],
    ['status', 0, '0 of 4 trials finished, 4 failed, 0 unfinished'],
  ])('%s prints that', async (command, code, text) => {
    const { exitCode, stdout } = await call(command, broken, ...(command === 'thresholds' ? ['0.05'] : []));
    expect(exitCode).toBe(code);
    expect(stdout).toContain(text);
  });

  it.each(['report', 'prune'])('%s is refused with the first reason', async (command) => {
    const { exitCode, stderr } = await call(command, broken);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/expected (at least one|a) finished trial/);
    expect(stderr).toMatch(/not finite at step \d+/);
  });
});
