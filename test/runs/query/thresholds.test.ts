import { mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { repetitionWarnings } from '../../../src/experiments/teacher-student/protocol/same-students.js';
import { openRunDirectory } from '../../../src/runs/run-directory.js';
import { effectiveSizesAt, sweep, writeSummary } from '../../../src/sweep.js';
import { rejectionOf } from '../../failure.js';
import { syntheticFailure } from '../../report/synthetic-run.js';
import { madeUpTrial, smallProtocol } from '../../sweep/small-protocol.js';
import { writeStudent } from '../../sweep/student-records.js';
import type { ShortTrial as StudentTrial } from '../../sweep/student-trials.js';
import { expand } from '../../sweep/student-trials.js';

const one = { width: 40, secondWidth: 2 };
const protocol = smallProtocol({ student: one, trials: 3 });
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'eigenstudent-thresholds-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it('effectiveSizesAt counts the nodes of each trial above each threshold, by itself and pooled, with the test loss at that size', async () => {
  await openRunDirectory(directory, protocol);
  const trials = expand(protocol).filter(({ protocol: { parametrization } }) => parametrization === 'direct');
  const [first, second, third] = trials as [StudentTrial, StudentTrial, StudentTrial];
  // relevance 1/40, 2/40, ..., 1; of the second half of that; pruning losses 1, 1/2, 1/3, ...
  for (const [trial, scale] of [
    [first, 1],
    [second, 0.5],
  ] as const) {
    const { record, arrays } = madeUpTrial(trial, scale);
    await writeStudent(directory, record, arrays);
  }
  const { record, arrays } = syntheticFailure(third);
  await writeStudent(directory, record, arrays);
  const place = { parametrization: 'direct', teacherSize: 2, width: 40, settings: {}, trials: 2 };
  const exactly = (mean: number) => ({ mean: expect.closeTo(mean, 12), sd: expect.any(Number) });
  expect(await effectiveSizesAt(directory, [0.49, 0])).toEqual({
    groups: [
      {
        ...{ ...place, threshold: 0.49, effectiveSize: { mean: 21, sd: 0 } },
        // of the second trial only 2/2 * 40/40 * 0.5 and none above are half of the largest of both
        ...{ effectiveSizePooled: exactly((21 + 1) / 2), prunedLoss: exactly(1 / 22) },
      },
      {
        ...{ ...place, threshold: 0, effectiveSize: { mean: 40, sd: 0 } },
        ...{ effectiveSizePooled: exactly(40), prunedLoss: exactly(1 / 41) },
      },
    ],
    failures: [expect.objectContaining({ code: 'diverged', width: 40, trial: 2 })],
    damaged: [],
  });
});

it('effectiveSizesAt gives the numbers of a training with that threshold', async () => {
  const at = (threshold: number) => smallProtocol({ student: one, evaluation: { points: 3, threshold } });
  const [kept, trained] = [join(directory, 'kept'), join(directory, 'trained')];
  await sweep(at(0.05), { directory: kept, device: 'cpu', threads: 1 });
  await sweep(at(0.5), { directory: trained, device: 'cpu', threads: 1 });
  const { groups } = await effectiveSizesAt(kept, [0.5]);
  const known = (await writeSummary(trained)).groups;
  expect(
    groups.map(({ effectiveSize, effectiveSizePooled }) => [effectiveSize, effectiveSizePooled]),
  ).toEqual(known.map(({ effectiveSize, effectiveSizePooled }) => [effectiveSize, effectiveSizePooled]));
});

it('effectiveSizesAt leaves out trials with damaged arrays, and names them', async () => {
  await openRunDirectory(directory, protocol);
  const [trial] = expand(protocol) as [StudentTrial, ...StudentTrial[]];
  const { record, arrays } = madeUpTrial(trial);
  await writeStudent(directory, record, arrays);
  await truncate(join(directory, 'trials', trial.key, 'arrays.safetensors'), 50);
  expect(await effectiveSizesAt(directory, [0.5])).toEqual({
    groups: [],
    failures: [],
    damaged: [{ key: trial.key, reason: expect.stringContaining('has changed since it was written') }],
  });
});

it.each([
  [
    [],
    'invalid_argument: expected an array of at least one number for thresholds, received an array of length 0',
  ],
  [[0.1, 2], 'invalid_argument: expected a finite number between 0 and 1 for thresholds[1], received 2'],
])('effectiveSizesAt refuses %j', async (thresholds, message) => {
  await openRunDirectory(directory, protocol);
  expect(await rejectionOf(effectiveSizesAt(directory, thresholds))).toBe(message);
});

it('repetitionWarnings warns of axes of evaluation, and not of an axis of epochs', () => {
  const varied = smallProtocol({ evaluation: { points: [2, 3], threshold: { linspace: [0, 1, 3] } } });
  expect(repetitionWarnings(varied, 'runs/a run')).toEqual([
    'warning: evaluation.points has 2 values, and every student is trained again for each of them, to the same parameters',
    'warning: evaluation.threshold has 3 values, and every student is trained again for each of them, to the same ' +
      "parameters. One is enough: `eigenstudent thresholds 'runs/a run' 0,0.5,1` applies any threshold to records afterwards",
  ]);
  expect(repetitionWarnings(smallProtocol({ epochs: [6, 7] }), 'runs/a run')).toEqual([]);
});
