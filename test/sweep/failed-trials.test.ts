import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EigenstudentError } from '../../src/errors.js';
import { finishedOutcome } from '../../src/experiments/teacher-student/run/outcome.js';
import { SharedData } from '../../src/experiments/teacher-student/run/shared-data.js';
import type { StudentBatchOptions } from '../../src/experiments/teacher-student/run/student-batch-options.js';
import { trainBatch } from '../../src/experiments/teacher-student/run/train-batch.js';
import { isFinished } from '../../src/runs/record.js';
import { openRunDirectory, writeTrial } from '../../src/runs/run-directory.js';
import { Profiler } from '../../src/sweep/profile.js';
import { type FailedRecord, readRecords, sweep } from '../../src/sweep.js';
import { rejectionOf } from '../failure.js';
import { smallProtocol } from './small-protocol.js';
import { recordOf } from './student-records.js';
import { expand } from './student-trials.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'eigenstudent-failed-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const sgd = (learningRate: unknown) => ({ sgd: { learningRate } });
const failures = async () =>
  (await readRecords(directory)).filter((record): record is FailedRecord => !isFinished(record));

/** Each makes some students lose their numbers in another way, beside students that train well. */
const wild: Readonly<Record<string, object>> = {
  'a learning rate at which the loss grows without bound': {
    arm: { optimizer: sgd([0.001, 1000]), l2: { eigenvectors: 0.01 } },
    epochs: 60,
  },
  'parameters that are infinite after the last step': {
    arm: { optimizer: sgd([0.001, 1e30]) },
    epochs: 1,
    batch: 64,
  },
  'a penalty whose gradient float32 cannot hold': {
    arm: { optimizer: sgd(0.001), l2: { eigenvectors: [0.001, 1e38] } },
    epochs: 2,
    batch: 16,
  },
  'a penalty on rows that overflows': {
    arm: { optimizer: sgd(0.001), groupLasso: { eigenvectors: [0.001, 3e38] } },
    epochs: 2,
    batch: 7,
  },
  'alternating phases at a learning rate of 1e30': {
    arm: { optimizer: { adam: { learningRate: [0.001, 1e30] } }, alternating: { every: 1, unit: 'epochs' } },
    epochs: 4,
  },
};

describe('a sweep', () => {
  for (const [name, { arm, epochs, batch }] of Object.entries(wild) as [
    string,
    { arm: object; epochs: number; batch?: number },
  ][]) {
    it(`finishes its valid trials beside ${name}, and does not train the failed ones again`, async () => {
      const arms = { spectral: { ...arm, batchSize: batch ?? 16 } };
      const protocol = smallProtocol({ arms, epochs, evaluation: { points: 2 } });
      const { summary } = await sweep(protocol, { directory });
      expect(summary.trials.total).toBe(8);
      expect(summary.trials.failed).toBeGreaterThan(0);
      expect(summary.trials.finished).toBeGreaterThanOrEqual(4);
      for (const { error } of await failures()) {
        expect(error.code).toBe('diverged');
        expect(error.message).toMatch(/finite|NaN|Infinity/);
        expect(error.stage).toMatch(/^(training|measurement)$/);
      }
      const again = await sweep(protocol, { directory });
      expect(again).toMatchObject({
        trained: 0,
        reused: 8,
        damaged: [],
        summary: { trials: summary.trials },
      });
    });
  }

  it('fails only the trials whose dtype cannot represent the data, and trains those of the other', async () => {
    const teacher = { inputs: 3, teacherSize: 2, secondWidth: 2, activation: 'linear' };
    const protocol = smallProtocol({ teacher: { ...teacher, seed: 1 } });
    const data = new SharedData();
    const [trial] = expand(protocol);
    const splits = await data.load(trial?.protocol as never); // not yet in native memory
    (splits.test.targets as Float64Array)[5] = 1e39; // as a file may hold it
    const kept: string[] = [];
    await trainBatch(expand(protocol).slice(0, 3), {
      ...options(data),
      onTrial: async ({ key }, { error }) => {
        kept.push(`${key} ${error?.stage ?? 'finished'} ${error?.message ?? ''}`);
      },
    });
    expect(kept).toHaveLength(3);
    expect(kept.filter((text) => text.includes('preparation'))[0]).toMatch(
      /expected a number that float32 can hold \(magnitude below 3.4e38\) for targets\[5\], received 1e\+39/,
    );
  });
});

function options(data = new SharedData()): StudentBatchOptions {
  return {
    directory,
    data,
    chosen: { device: 'cpu', devices: [] },
    threads: 1,
    signal: undefined,
    checkpointEvery: 60,
    profiler: new Profiler(),
    isOurs: async () => true,
    onEpochs: () => {},
    onLayerwise: () => {},
    onContinue: () => {},
    onRestart: () => {},
    onTrial: async (trial, outcome) => {
      await writeTrial(directory, recordOf(trial, outcome), outcome.arrays);
    },
  };
}

describe('a batch of trials', () => {
  const protocol = smallProtocol();
  const trials = expand(protocol);
  const faults: Readonly<Record<string, Error>> = {
    diverged: new EigenstudentError('diverged', 'expected finite parameters, received NaN'),
    internal: new TypeError('x is undefined'),
  };
  for (const [code, fault] of Object.entries(faults)) {
    it(`writes a record of code ${code} for a trial whose measurement throws, and measures the others`, async () => {
      await openRunDirectory(directory, protocol);
      await trainBatch(trials, {
        ...options(),
        measure: (work, testLoss) => {
          if (work.trial === trials[1]) throw fault;
          return finishedOutcome(work, testLoss);
        },
      });
      const records = await readRecords(directory);
      expect(records).toHaveLength(trials.length);
      const [failed] = await failures();
      expect(failed).toMatchObject({ key: trials[1]?.key });
      expect(failed?.scalars).not.toHaveProperty('trainLoss');
      expect(failed?.error).toEqual({
        code,
        message: `${fault.message} (when it was measured after training)`,
        step: failed?.steps,
        layer: -1,
        learningRate: null,
        stage: 'measurement',
      });
      expect(await sweep(protocol, { directory })).toMatchObject({ trained: 0, reused: trials.length });
    });
  }

  it('writes a failed record for a trial whose numbers JSON cannot represent', async () => {
    await openRunDirectory(directory, protocol);
    await trainBatch(trials, {
      ...options(),
      measure: async (work, testLoss) => {
        const outcome = await finishedOutcome(work, testLoss);
        if (work.trial !== trials[1]) return outcome;
        return { ...outcome, scalars: { ...outcome.scalars, testAccuracy: Number.NaN } };
      },
    });
    expect(await readRecords(directory)).toHaveLength(trials.length);
    const [failed] = await failures();
    expect(failed?.error).toMatchObject({ code: 'diverged', stage: 'writing' });
    expect(failed?.error.message).toBe('its testAccuracy is NaN (when its record was made)');
  });

  it('ends for lack of memory, which is not an error of a trial', async () => {
    const fault = new EigenstudentError('out_of_memory', 'no room');
    const measure = () => Promise.reject(fault);
    expect(await rejectionOf(trainBatch(trials, { ...options(), measure }))).toBe('out_of_memory: no room');
    expect(await readRecords(directory).catch(() => [])).toEqual([]);
  });
});
