import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { effectiveSize } from '../../src/analysis/effective-size.js';
import { readArrays } from '../../src/experiments/teacher-student/record/arrays.js';
import { SharedData } from '../../src/experiments/teacher-student/run/shared-data.js';
import type { SpectralLayer } from '../../src/network/layers.js';
import { removalOrder } from '../../src/pruning/rankings.js';
import { isFinished } from '../../src/runs/record.js';
import type { SweepProgress } from '../../src/sweep/progress.js';
import { type FinishedRecord, readRecords, sweep, type TrialRecord } from '../../src/sweep.js';
import { rejectionOf } from '../failure.js';
import { smallProtocol } from './small-protocol.js';
import { expand } from './student-trials.js';

const protocol = smallProtocol();
let folder: string;
let directory: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-run-'));
  directory = join(folder, 'run');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** What must not depend on how a trial came about: everything that was trained, by key. */
async function bits(of: string): Promise<Record<string, string>> {
  const records = await readRecords(of);
  return Object.fromEntries(records.map(({ key, arraysSha256 }) => [key, arraysSha256]));
}

describe('a run', () => {
  it('leaves one record per trial, with measures that can be computed again from its files', async () => {
    const { summary, ...result } = await sweep(protocol, { directory });
    expect(result).toMatchObject({ directory, trained: 8, reused: 0, damaged: [] });
    const records = await readRecords(directory);
    expect(records.map(({ key }) => key).sort()).toEqual(
      expand(protocol)
        .map(({ key }) => key)
        .sort(),
    );
    const data = new SharedData();
    for (const record of records as FinishedRecord[]) {
      const { network, relevance, pruningLosses, lossHistory } = await readArrays(directory, record);
      const { scalars } = record;
      const { train, validation, test } = await data.of(record.protocol);
      expect((await network.evaluate(test)).loss).toBeCloseTo(scalars.testLoss, 6);
      expect((await network.evaluate(validation)).loss).toBeCloseTo(scalars.validationLoss, 6);
      expect((await network.evaluate(train)).loss).toBeCloseTo(scalars.trainLoss, 6);
      expect(scalars.effectiveSize).toBe(effectiveSize(relevance, { threshold: 0.05 }));
      expect(scalars.maximumRelevance).toBe(Math.max(...relevance));
      expect(scalars.prunedLoss).toBe(pruningLosses[scalars.effectiveSize]);
      expect(pruningLosses.at(-1)).toBeCloseTo(scalars.testLoss, 6);
      expect([...lossHistory.epoch]).toEqual([2, 4, 6]);
      expect(lossHistory.trainLoss.at(-1)).toBe(scalars.trainLoss);
      expect(lossHistory.effectiveSize.at(-1)).toBe(scalars.effectiveSize);
      expect(record).toMatchObject({ steps: 18, dtype: 'float32', seed: 5 });
      expect(scalars).toMatchObject({ epochs: 6, batchSize: 16 });
      expect(record.engine).toMatch(/^cpu-/);
      expect(scalars.criterion).toBe(scalars.parametrization === 'spectral' ? 'L' : 'M');
    }
    expect(JSON.parse(await readFile(join(directory, 'summary.json'), 'utf8'))).toEqual(summary);
  });

  it('gives both parametrisations of a trial the same data and the same first network', async () => {
    await sweep(protocol, { directory });
    const records = (await readRecords(directory)) as FinishedRecord[];
    for (const spectral of records.filter(({ scalars }) => scalars.parametrization === 'spectral')) {
      const direct = records.find(
        ({ scalars: { parametrization, width }, trial }) =>
          parametrization === 'direct' && width === spectral.scalars.width && trial === spectral.trial,
      );
      expect(direct?.scalars.initialTestLoss).toBe(spectral.scalars.initialTestLoss);
      expect(direct?.scalars.labelVariance).toBe(spectral.scalars.labelVariance);
      expect(direct?.scalars.testLoss).not.toBe(spectral.scalars.testLoss);
    }
    expect(new Set(records.map(({ scalars }) => scalars.labelVariance)).size).toBe(2);
    expect(new Set(records.map(({ scalars }) => scalars.initialTestLoss)).size).toBe(4);
  });

  it('gives the same bits on any number of threads and among any neighbours', async () => {
    await sweep(protocol, { directory, threads: 1 });
    const part = smallProtocol({ student: { width: 6, secondWidth: 2 } });
    await sweep(part, { directory: join(folder, 'part'), threads: 2 });
    const all = await bits(directory);
    const some = await bits(join(folder, 'part'));
    expect(Object.keys(some)).toHaveLength(4);
    expect(all).toMatchObject(some);
  });

  it('trains in float64, and on the reference, and records it', async () => {
    const float64 = smallProtocol({ dtype: 'float64', trials: 1 });
    const { summary } = await sweep(float64, { directory, device: 'reference' });
    expect(summary.engines).toEqual(['reference float64']);
    const [record] = await readRecords(directory);
    expect((await readArrays(directory, record as FinishedRecord)).network.dtype).toBe('float64');
  });

  it('trains phases, other optimisers and eigenvaluesIn', async () => {
    const arm = {
      trainable: ['eigenvectors', 'eigenvaluesIn', 'eigenvaluesOut'],
      optimizer: { sgd: { learningRate: { cosine: { base: 0.01, total: 6 } }, momentum: 0.9 } },
      batchSize: 8,
      alternating: { every: 1, unit: 'epochs' },
    };
    await sweep(smallProtocol({ arms: { spectral: arm }, trials: 1 }), { directory });
    const [record] = (await readRecords(directory)) as FinishedRecord[];
    expect(record?.scalars.criterion).toBe('M');
    const { network } = await readArrays(directory, record as FinishedRecord);
    expect(network.tensor('layers.0.eigenvaluesIn').some((value: number) => value !== 0)).toBe(true);
  });

  it('keeps the pruning curves of other rankings, where they are requested', async () => {
    const rankings = ['random', 'oracle', 'eigenvalue'];
    const evaluation = { points: 3, rankings };
    await sweep(smallProtocol({ evaluation, trials: 1, student: { width: 6, secondWidth: 2 } }), {
      directory,
    });
    const data = new SharedData();
    for (const record of (await readRecords(directory)) as FinishedRecord[]) {
      const { network, pruningLosses, rankedLosses } = await readArrays(directory, record);
      const { validation, test } = await data.of(record.protocol);
      const spectral = record.scalars.parametrization === 'spectral';
      expect(Object.keys(rankedLosses)).toEqual(spectral ? rankings : ['random', 'oracle']);
      const { seed, trial } = record;
      for (const [ranking, options] of [
        ['random', { seed, trial }],
        ['oracle', { data: validation }],
        ['eigenvalue', {}],
      ] as const) {
        if (!rankedLosses[ranking]) continue;
        const order = await removalOrder(network, { ranking, ...options });
        expect(rankedLosses[ranking]).toEqual(await network.pruningLosses(0, order, test));
        expect(rankedLosses[ranking]?.at(-1)).toBeCloseTo(pruningLosses.at(-1) as number, 6);
      }
    }
  });

  it('penalises rows where an arm requests it', async () => {
    const small = smallProtocol({ trials: 1, student: { width: 6, secondWidth: 2 } });
    const direct = { ...small.arms.direct, groupLasso: { eigenvectors: [0, 0.1] } };
    await sweep({ ...small, arms: { direct } } as typeof small, { directory });
    const norms = new Map<number, number>();
    for (const record of (await readRecords(directory)) as FinishedRecord[]) {
      const { network, relevance } = await readArrays(directory, record);
      const { tensors } = network.spec.layers[0] as SpectralLayer;
      const asked = record.protocol.arm.groupLasso?.eigenvectors as number;
      expect(tensors.eigenvectors?.groupLasso ?? 0).toBe(asked);
      norms.set(
        asked,
        relevance.reduce((sum, value) => sum + value, 0),
      );
    }
    expect(norms.get(0.1)).toBeLessThan(norms.get(0) as number);
  });

  it('reports its progress', async () => {
    const progress: SweepProgress[] = [];
    await sweep(protocol, { directory, threads: 1, onProgress: (one) => progress.push(one) });
    const [first, last] = [progress[0], progress.at(-1)] as [SweepProgress, SweepProgress];
    expect(first).toMatchObject({ steps: { done: 0, total: 8 * 18 }, fraction: 0, secondsLeft: null });
    expect(last).toMatchObject({ steps: { done: 8 * 18, total: 8 * 18 }, fraction: 1, secondsLeft: 0 });
    expect(last.trials).toEqual({ total: 8, finished: 8, failed: 0, reused: 0 });
    const fractions = progress.map(({ fraction }) => fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(fractions.length).toBeGreaterThan(6);
  });
});

describe('a run that is started again', () => {
  it('trains no finished trial again', async () => {
    await sweep(protocol, { directory });
    const before = await times();
    expect(await sweep(protocol, { directory })).toMatchObject({ trained: 0, reused: 8 });
    expect(await times()).toEqual(before);
  });

  it('trains missing and damaged trials, to the same bits', async () => {
    await sweep(protocol, { directory });
    const before = await bits(directory);
    const [first, second] = Object.keys(before) as [string, string];
    await rm(join(directory, 'trials', first), { recursive: true });
    await rm(join(directory, 'trials', second, 'arrays.safetensors'));
    const { trained, reused, damaged } = await sweep(protocol, { directory });
    expect({ trained, reused }).toEqual({ trained: 2, reused: 6 });
    expect(damaged).toEqual([{ key: second, reason: expect.stringContaining('arrays.safetensors') }]);
    expect(await bits(directory)).toEqual(before);
  });

  it('after an interruption trains the remaining trials, to the same bits', async () => {
    const undisturbed = join(folder, 'undisturbed');
    await sweep(protocol, { directory: undisturbed });
    const controller = new AbortController();
    // one thread: batches of four trials
    const onProgress = ({ trials, fraction }: SweepProgress) => {
      if (trials.finished === 4 && fraction > 0.75) controller.abort(new Error('enough'));
    };
    expect(
      await rejectionOf(sweep(protocol, { directory, threads: 1, signal: controller.signal, onProgress })),
    ).toBe(
      `interrupted: interrupted: 4 of 8 trials are finished and kept in ${directory}. The same call goes on from there`,
    );
    expect(JSON.parse(await readFile(join(directory, 'summary.json'), 'utf8')).trials).toEqual({
      total: 8,
      finished: 4,
      failed: 0,
    });
    expect(await sweep(protocol, { directory })).toMatchObject({ trained: 4, reused: 4 });
    expect(await bits(directory)).toEqual(await bits(undisturbed));
    const files = await readdir(directory, { recursive: true });
    expect(files.filter((path) => path.endsWith('.tmp'))).toEqual([]);
  });

  it('may be aborted before it begins, and aborted twice', async () => {
    const controller = new AbortController();
    controller.abort();
    controller.abort();
    expect(await rejectionOf(sweep(protocol, { directory, signal: controller.signal }))).toMatch(
      /^interrupted: interrupted: 0 of 8 trials are finished/,
    );
  });

  async function times(): Promise<Record<string, number>> {
    const files = await readdir(join(directory, 'trials'), { recursive: true });
    const entries = await Promise.all(
      files.map(async (file) => [file, (await stat(join(directory, 'trials', file))).mtimeMs] as const),
    );
    return Object.fromEntries(entries);
  }
});

describe('the profile of a sweep', () => {
  it('has parts whose sum is the total', async () => {
    const { profile, seconds } = await sweep(smallProtocol({ epochs: 600 }), { directory });
    const sum = Object.values(profile.seconds).reduce((all, part) => all + part, 0);
    expect(sum).toBeCloseTo(seconds, 1);
    for (const part of ['training', 'data', 'evaluation', 'writing'] as const)
      expect(profile.seconds[part]).toBeGreaterThan(0);
    const { training, evaluation, waiting } = profile.seconds;
    const busy = sum - waiting;
    expect(profile.overheadPercent).toBeCloseTo(100 * (1 - training / busy), 0);
    expect(profile.orchestrationPercent).toBeCloseTo(100 * (1 - (training + evaluation) / busy), 0);
  });
});

describe('shards', () => {
  it('are disjoint and complete, with the same bits', async () => {
    const whole = join(folder, 'whole');
    await sweep(protocol, { directory: whole });
    for (const [index, trained] of [3, 3, 2].entries()) {
      const shard = { index: index + 1, count: 3 };
      expect(await sweep(protocol, { directory, shard })).toMatchObject({ trained, reused: 0 });
    }
    expect(await bits(directory)).toEqual(await bits(whole));
  });

  it('without trials finish', async () => {
    const shard = { index: 9, count: 9 };
    expect(await sweep(protocol, { directory, shard })).toMatchObject({ trained: 0, reused: 0 });
  });
});

describe('a trial that diverges', () => {
  const arms = {
    ...smallProtocol().arms,
    spectral: { optimizer: { adam: { learningRate: 1e30 } }, batchSize: 16 },
  };
  const failing = smallProtocol({ arms });

  it('has a record with its error, and does not affect its neighbours', async () => {
    await sweep(protocol, { directory });
    const other = join(folder, 'other');
    const { summary } = await sweep(failing, { directory: other });
    expect(summary.trials).toEqual({ total: 8, finished: 4, failed: 4 });
    expect(summary.groups.map(({ parametrization, trials }) => [parametrization, trials])).toEqual([
      ['direct', 2],
      ['direct', 2],
    ]);
    expect(summary.failures).toHaveLength(4);
    expect(summary.failures[0]).toMatchObject({ parametrization: 'spectral', code: 'diverged' });
    expect(summary.failures[0]?.message).toMatch(
      /^(its loss|the output of layer \d) was not finite at step \d+, learning rate 1e\+30; lower the learning rate$/,
    );
    const records = await readRecords(other);
    const direct = (record: TrialRecord) => record.scalars.parametrization === 'direct';
    const expected = await bits(directory);
    for (const { key, arraysSha256 } of records.filter(direct)) expect(arraysSha256).toBe(expected[key]);
    for (const record of records.filter((one) => !direct(one))) {
      expect(isFinished(record)).toBe(false);
      expect(record.scalars).not.toHaveProperty('testLoss');
      expect(record.steps).toBe(record.error?.step);
    }
  });

  it('is not trained again', async () => {
    await sweep(failing, { directory });
    const { summary, trained } = await sweep(failing, { directory });
    expect(trained).toBe(0);
    expect(summary.trials.failed).toBe(4);
  });
});

describe('an invalid call', () => {
  it('with an invalid protocol fails with the field, and writes nothing', async () => {
    expect(await rejectionOf(sweep({ ...protocol, epochs: 0 }, { directory }))).toBe(
      'invalid_protocol: invalid protocol of sweep(): epochs: expected a positive integer, received 0',
    );
    expect(await readdir(folder)).toEqual([]);
  });

  it('without CUDA fails, and writes nothing', async () => {
    expect(await rejectionOf(sweep(protocol, { directory, device: 'cuda' }))).toMatch(/^cuda_unavailable: /);
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    [{ shard: { index: 3, count: 2 } }, 'expected 1 to 2 for index of shard, received 3'],
    [{ checkpointEvery: -1 }, 'expected a finite number of at least 0 for checkpointEvery, received -1'],
    [{ threads: 0 }, 'expected a positive integer for threads, received 0'],
    [
      { directory: '' },
      'expected the path of a run directory for directory, received "". As in { directory: \'runs/first\' }',
    ],
    [{ directory: 7 as never }, 'expected the path of a run directory for directory, received 7. As in'],
    [
      { directory: undefined as never },
      'expected the path of a run directory for directory, received undefined',
    ],
    [{ onProgress: 'yes' as never }, 'expected a function for onProgress, received "yes"'],
    [
      { signal: new AbortController() as never },
      'expected an AbortSignal for signal, received an object (AbortController). The `signal` of an AbortController is one',
    ],
    [{ device: 'gpu' as 'cpu' }, 'expected one of auto, cpu, reference, cuda for device, received "gpu"'],
    [
      { treads: 2 },
      'unknown option "treads" in sweep; known: directory, device, devices, threads, shard, checkpointEvery, signal, onProgress. Did you mean "threads"?',
    ],
  ])('is refused: %j', async (options, message) => {
    expect(await rejectionOf(sweep(protocol, { directory, ...options }))).toContain(message);
    expect(await readdir(folder)).toEqual([]);
  });

  it('without options is refused', async () => {
    expect(await rejectionOf(sweep(protocol, undefined as never))).toBe(
      'invalid_argument: expected an object of options for sweep, received undefined',
    );
  });
});
