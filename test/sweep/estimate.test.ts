import { mkdtemp, readdir, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { operationsPerStep } from '../../bench/arithmetic.js';
import { problemOf } from '../../src/experiments/teacher-student/protocol/problem.js';
import { stepsOf } from '../../src/experiments/teacher-student/protocol/trial-cost.js';
import { usefulOperations } from '../../src/experiments/teacher-student/run/useful-operations.js';
import { bytesOf } from '../../src/sweep/batches.js';
import { estimateSweep, preset, sweep } from '../../src/sweep.js';
import { rejectionOf } from '../failure.js';
import { madeUpTrial, smallProtocol } from './small-protocol.js';
import { writeStudent } from './student-records.js';
import { expand } from './student-trials.js';

const protocol = smallProtocol({ seed: [5, 6] });
const quickly = { device: 'cpu', threads: 1, secondsPerShape: 0.01 } as const;
let parent: string;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'eigenstudent-estimate-'));
});
afterEach(() => rm(parent, { recursive: true, force: true }));

describe('an estimate', () => {
  it('counts trials, arithmetic and memory, and writes nothing', async () => {
    const directory = join(parent, 'run');
    const estimate = await estimateSweep(protocol, { ...quickly, directory });
    expect(estimate.trials).toEqual({
      total: 16,
      byArm: { spectral: 8, direct: 8 },
      byField: {
        'student.width': [4, 6].map((value) => ({ value, trials: 8 })),
        seed: [5, 6].map((value) => ({ value, trials: 8 })),
      },
      done: 0,
      failed: 0,
    });
    const trials = expand(protocol);
    expect(estimate.operations).toBe(
      trials.reduce((sum, trial) => sum + usefulOperations(trial.protocol), 0),
    );
    // Four students per thread, the widest first.
    const [widest] = trials.filter(({ protocol: { student } }) => student.width === 6);
    expect(estimate.largestPopulation).toEqual({
      students: 4,
      bytes: 4 * bytesOf((widest as (typeof trials)[number]).protocol),
    });
    expect(await readdir(parent)).toEqual([]);
  });

  it('counts trials where their number is zipped', async () => {
    const zipped = smallProtocol({ trials: [3, 1], zip: [['student.width', 'trials']] });
    expect((await estimateSweep(zipped, quickly)).trials).toMatchObject({
      total: 8,
      byField: {
        trials: [
          { value: 3, trials: 6 },
          { value: 1, trials: 2 },
        ],
      },
    });
    const { spectral, direct } = smallProtocol().arms as Record<string, object>;
    const arms = { spectral: { ...spectral, batchSize: [8, 16] }, direct };
    const ofAnArm = smallProtocol({ arms, trials: [3, 1], zip: [['arms.spectral.batchSize', 'trials']] });
    expect((await estimateSweep(ofAnArm, quickly)).trials.byField.trials).toEqual([
      { value: 3, trials: 6 },
      { value: 1, trials: 2 },
    ]);
  });

  it('covers the remaining trials: a shard, and those that a directory lacks', async () => {
    const directory = join(parent, 'run');
    const shard = { index: 1, count: 2 };
    await sweep(protocol, { directory, device: 'cpu', threads: 1, shard });
    const rest = await estimateSweep(protocol, { ...quickly, directory });
    expect(rest.trials).toMatchObject({ total: 16, done: 8 });
    const part = await estimateSweep(protocol, { ...quickly, shard });
    expect(part.trials).toMatchObject({ total: 8, done: 0 });
    const operations = [rest, part].map((estimate) => estimate.operations as number);
    expect((operations[0] as number) + (operations[1] as number)).toBe(
      (await estimateSweep(protocol, quickly)).operations,
    );
    const none = await estimateSweep(protocol, { ...quickly, directory, shard });
    expect(none).toMatchObject({ operations: 0, largestPopulation: { students: 0, bytes: 0 }, time: null });
  });

  it('counts trials that a sweep would train again as remaining', async () => {
    const directory = join(parent, 'run');
    const [whole, torn, changed, bare] = expand(protocol);
    if (!whole || !torn || !changed || !bare) throw new Error('there are sixteen trials');
    for (const trial of [whole, torn, changed, bare]) {
      const { record, arrays } = madeUpTrial(trial);
      await writeStudent(directory, record, arrays);
    }
    await truncate(join(directory, 'trials', torn.key, 'record.json'), 90);
    await truncate(join(directory, 'trials', changed.key, 'arrays.safetensors'), 90);
    await rm(join(directory, 'trials', bare.key, 'arrays.safetensors'));
    expect((await estimateSweep(protocol, { ...quickly, directory })).trials.done).toBe(1);
  });

  it('has a time, its range and the kinds that were timed', async () => {
    const { time } = await estimateSweep(protocol, quickly);
    expect(time?.shapes).toEqual({ timed: 4, interpolated: 0 });
    expect(time?.engines).toEqual([expect.stringMatching(/^cpu-\w+ float32$/)]);
    const { seconds = Number.NaN, low, high } = time ?? {};
    expect(seconds).toBeGreaterThan(0);
    expect(low).toBeLessThan(seconds / 1.09);
    expect(high).toBeGreaterThan(seconds * 1.09);
  });

  it('refuses what the sweep would refuse', async () => {
    expect(await rejectionOf(estimateSweep(protocol, { devices: [0] }))).toMatch(
      /^invalid_argument: .*for device/,
    );
    expect(await rejectionOf(estimateSweep(protocol, { second: 1 } as never))).toMatch(
      /^invalid_argument: unknown option "second" in estimateSweep/,
    );
    expect(await rejectionOf(estimateSweep({ ...protocol, epochs: 0 }))).toBe(
      'invalid_protocol: invalid protocol of estimateSweep(): epochs: expected a positive integer, received 0',
    );
  });
});

it('useful operations equal those that the benchmarks count', () => {
  for (const { protocol: trial } of expand(preset('quick', { epochs: 3 }))) {
    const { student, arm } = trial;
    const { inputs, samples } = problemOf(trial);
    const widths = [inputs, student.width, student.secondWidth];
    const perStep = operationsPerStep(widths, samples.train, arm.batchSize);
    expect(usefulOperations(trial)).toBeCloseTo(stepsOf(trial) * perStep, 3);
  }
});
