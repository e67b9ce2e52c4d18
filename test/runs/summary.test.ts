import { mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { mixedProvenanceNote } from '../../src/runs/provenance.js';
import { openRunDirectory } from '../../src/runs/run-directory.js';
import { writeSummary } from '../../src/sweep.js';
import { rejectionOf } from '../failure.js';
import { syntheticFailure } from '../report/synthetic-run.js';
import { madeUpTrial, smallProtocol } from '../sweep/small-protocol.js';
import { knownBefore, type StudentToSeal, withScalars, writeStudent } from '../sweep/student-records.js';
import { expand } from '../sweep/student-trials.js';

const protocol = smallProtocol({ student: { width: 40, secondWidth: 2 } });
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'eigenstudent-summary-'));
  await openRunDirectory(directory, protocol);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it('a summary has mean and spread per group, with both normalisations of the effective size', async () => {
  for (const trial of expand(protocol)) {
    // Relevance i/40 up to 1, and in trial 1 up to 1/4: above 0.05 are 38 nodes of either by its own maximum (i > 2);
    // by the pooled one 38 and 32 (i > 8).
    const { record, arrays } = madeUpTrial(trial, trial.protocol.trial === 0 ? 1 : 0.25);
    await writeStudent(directory, withScalars(record, { effectiveSize: 38 }), arrays);
  }
  const summary = await writeSummary(directory);
  const group = {
    teacherSize: 2,
    width: 40,
    settings: {},
    trials: 2,
    effectiveSize: { mean: 38, sd: 0 },
    effectiveSizePooled: { mean: 35, sd: expect.closeTo(Math.sqrt(18), 12) },
    trainLoss: { mean: expect.closeTo(0.15, 12), sd: expect.closeTo(0.1 * Math.SQRT1_2, 12) },
    validationLoss: { mean: expect.closeTo(0.3, 12), sd: expect.closeTo(0.2 * Math.SQRT1_2, 12) },
    testLoss: { mean: expect.closeTo(0.45, 12), sd: expect.closeTo(0.3 * Math.SQRT1_2, 12) },
    didNotLearn: 0,
    seconds: { mean: 0.5, sd: 0 },
  };
  expect(summary).toEqual({
    schema: 1,
    protocol,
    engines: ['made-up float32'],
    versions: ['0.0.0'],
    arithmetic: [null],
    mixedEngines: false,
    trials: { total: 4, finished: 4, failed: 0 },
    groups: [
      { parametrization: 'spectral', ...group },
      { parametrization: 'direct', ...group },
    ],
    failures: [],
    damaged: [],
  });
});

it('a summary of few records has no spread of one trial, no empty group, and failures apart', async () => {
  const [first, second] = expand(protocol).map((trial) => madeUpTrial(trial));
  if (!first || !second) throw new Error('there are four trials');
  await writeStudent(directory, first.record, first.arrays);
  const error = { code: 'diverged', message: 'its loss was not finite', step: 3, layer: -1, learningRate: 1 };
  await writeStudent(directory, { ...knownBefore(second.record), error }, second.arrays);
  const summary = await writeSummary(directory);
  expect(summary.trials).toEqual({ total: 4, finished: 1, failed: 1 });
  expect(summary.groups).toHaveLength(1);
  expect(summary.groups[0]).toMatchObject({ trials: 1, testLoss: { mean: 0.3, sd: null } });
  expect(summary.failures).toEqual([
    {
      key: second.record.key,
      parametrization: 'spectral',
      teacherSize: 2,
      width: 40,
      settings: {},
      seed: 5,
      trial: 1,
      code: 'diverged',
      message: 'its loss was not finite',
    },
  ]);
});

it('a summary leaves out trials with damaged files, and names them', async () => {
  const all = expand(protocol).map((trial) => madeUpTrial(trial, trial.protocol.trial === 0 ? 1 : 0.25));
  const [first, second, third, fourth] = all;
  if (!first || !second || !third || !fourth) throw new Error('there are four trials');
  for (const { record, arrays } of all) await writeStudent(directory, record, arrays);
  const path = (key: string, name: string) => join(directory, 'trials', key, name);
  await rm(path(first.record.key, 'arrays.safetensors'));
  await truncate(path(third.record.key, 'arrays.safetensors'), 99);
  await truncate(path(fourth.record.key, 'record.json'), 99);
  const summary = await writeSummary(directory);
  expect(summary.trials).toEqual({ total: 4, finished: 1, failed: 0 });
  // What is left of the spectral group is its second trial, which is now measured by its own maximum.
  expect(summary.groups).toEqual([
    expect.objectContaining({
      parametrization: 'spectral',
      trials: 1,
      effectiveSizePooled: { mean: 38, sd: null },
    }),
  ]);
  expect(new Map(summary.damaged.map(({ key, reason }) => [key, reason]))).toEqual(
    new Map([
      [
        first.record.key,
        expect.stringMatching(/arrays\.safetensors is missing: its record expects it, with SHA-256 /),
      ],
      [third.record.key, expect.stringMatching(/arrays\.safetensors has changed since it was written/)],
      [fourth.record.key, expect.stringMatching(/record\.json is not a readable record/)],
    ]),
  );
});

it('a summary leaves out a failed trial without its arrays', async () => {
  const [trial] = expand(protocol);
  if (!trial) throw new Error('there are four trials');
  const { record, arrays } = syntheticFailure(trial);
  await writeStudent(directory, record, arrays);
  await rm(join(directory, 'trials', trial.key, 'arrays.safetensors'));
  expect(await writeSummary(directory)).toMatchObject({
    trials: { total: 4, finished: 0, failed: 0 },
    engines: [],
    failures: [],
    damaged: [{ key: trial.key }],
  });
});

it('a summary states that engines are mixed', async () => {
  const [first, second] = expand(protocol).map((trial) => madeUpTrial(trial));
  if (!first || !second) throw new Error('there are four trials');
  await writeStudent(directory, { ...first.record, engine: 'cpu-avx2' }, first.arrays);
  await writeStudent(directory, second.record, second.arrays);
  expect(await writeSummary(directory)).toMatchObject({
    engines: ['cpu-avx2 float32', 'made-up float32'],
    mixedEngines: true,
  });
});

it('a summary states that two versions of one engine are mixed, and ignores two dtypes', async () => {
  const [first, second] = expand(protocol).map((trial) => madeUpTrial(trial));
  if (!first || !second) throw new Error('there are four trials');
  await writeStudent(directory, first.record, first.arrays);
  const float64 = { ...second.record, dtype: 'float64' } as const;
  await writeStudent(directory, float64, second.arrays);
  expect((await writeSummary(directory)).mixedEngines).toBe(false);
  const versions = { eigenstudent: '0.0.1', node: '20.0.0' };
  await writeStudent(directory, { ...second.record, versions }, second.arrays);
  expect(await writeSummary(directory)).toMatchObject({ engines: ['made-up float32'], mixedEngines: true });
});

it('a summary states that two revisions of the arithmetic of one engine and version are mixed, an unknown one included', async () => {
  const [first, second] = expand(protocol).map((trial) => madeUpTrial(trial));
  if (!first || !second) throw new Error('there are four trials');
  const of = (record: StudentToSeal, arithmetic: number) => ({
    ...record,
    versions: { ...record.versions, arithmetic },
  });
  await writeStudent(directory, of(first.record, 10), first.arrays);
  await writeStudent(directory, of(second.record, 10), second.arrays);
  expect(await writeSummary(directory)).toMatchObject({ arithmetic: [10], mixedEngines: false });
  await writeStudent(directory, of(second.record, 9), second.arrays);
  const summary = await writeSummary(directory);
  expect(summary).toMatchObject({ arithmetic: [9, 10], mixedEngines: true });
  expect(mixedProvenanceNote(summary)).toBe(
    'results of different arithmetic stand side by side: engine made-up float32; version 0.0.0; arithmetic 9, 10',
  );
  await writeStudent(directory, second.record, second.arrays);
  const unknown = await writeSummary(directory);
  expect(unknown).toMatchObject({ arithmetic: [null, 10], mixedEngines: true });
  expect(mixedProvenanceNote(unknown)).toMatch(/; arithmetic unknown, 10$/);
});

it('a summary counts trials that predict no better than a constant', async () => {
  const [first, second] = expand(protocol).map((trial) => madeUpTrial(trial));
  if (!first || !second) throw new Error('there are four trials');
  const lost = (testLoss: number) => ({ testLoss, labelVariance: 3.5 });
  await writeStudent(directory, withScalars(first.record, lost(3.5)), first.arrays);
  await writeStudent(directory, withScalars(second.record, lost(3.49)), second.arrays);
  expect((await writeSummary(directory)).groups).toMatchObject([{ trials: 2, didNotLearn: 1 }]);
});

it('a summary of a directory without a run is refused', async () => {
  expect(await rejectionOf(writeSummary(join(directory, 'trials')))).toMatch(
    /^file_unreadable: .*trials is not a run directory/,
  );
});

it('a summary separates groups that differ in more than trial and seed, and names the fields', async () => {
  const varied = smallProtocol({
    student: { width: 4, secondWidth: 2 },
    seed: { count: 2 },
    data: { train: [40, 80], validation: 16, test: 24 },
    arms: {
      spectral: { optimizer: { adam: { learningRate: [0.1, 0.01] } }, batchSize: [16] },
      direct: { optimizer: { sgd: { learningRate: 0.3 } }, batchSize: 8 },
    },
  });
  const folder = join(directory, 'varied');
  await openRunDirectory(folder, varied);
  for (const trial of expand(varied)) {
    const { record, arrays } = madeUpTrial(trial);
    await writeStudent(folder, record, arrays);
  }
  const { groups } = await writeSummary(folder);
  const rate = 'arms.spectral.optimizer.adam.learningRate';
  expect(groups.map(({ parametrization, trials, settings }) => [parametrization, trials, settings])).toEqual([
    ['spectral', 4, { 'data.train': 40, [rate]: 0.1 }],
    ['spectral', 4, { 'data.train': 40, [rate]: 0.01 }],
    ['spectral', 4, { 'data.train': 80, [rate]: 0.1 }],
    ['spectral', 4, { 'data.train': 80, [rate]: 0.01 }],
    ['direct', 4, { 'data.train': 40 }],
    ['direct', 4, { 'data.train': 80 }],
  ]);
});
