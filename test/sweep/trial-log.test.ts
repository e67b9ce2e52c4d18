import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { latestOf, TrialLog } from '../../src/experiments/teacher-student/run/trial-log.js';
import type { SweepProgress } from '../../src/sweep/progress.js';
import { readRecords, sweep } from '../../src/sweep.js';
import { smallProtocol } from './small-protocol.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-latest-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const logAt = (trainLoss: number, effectiveSize: number) => {
  const log = new TrialLog(1);
  log.note({ epoch: 1, trainLoss: 100, validationLoss: 100, effectiveSize: 100 });
  log.note({ epoch: 2, trainLoss, validationLoss: 0, effectiveSize });
  return log;
};

it('latestOf gives the medians of the last evaluations', () => {
  expect(latestOf([logAt(1, 30), logAt(5, 10), logAt(2, 20)])).toEqual({
    trials: 3,
    values: { loss: 2, n_λ: 20 },
  });
});

it('latestOf ignores trials without a finite evaluation', () => {
  expect(latestOf([])).toBeNull();
  expect(latestOf([new TrialLog(1), logAt(Number.NaN, 3)])).toBeNull();
  expect(latestOf([logAt(Number.NaN, 3), logAt(4, 7)])).toEqual({
    trials: 1,
    values: { loss: 4, n_λ: 7 },
  });
});

it('the progress of a sweep contains the latest medians', async () => {
  const { spectral } = smallProtocol().arms;
  const protocol = smallProtocol({
    arms: { spectral },
    student: { width: [4], secondWidth: 2 },
    trials: 1,
  });
  const told: SweepProgress['latest'][] = [];
  await sweep(protocol, { directory: folder, device: 'cpu', onProgress: ({ latest }) => told.push(latest) });
  const [record] = await readRecords(folder);
  expect(told[0]).toBeNull();
  expect(told.at(-1)).toEqual({
    trials: 1,
    values: { loss: record?.scalars.trainLoss, n_λ: record?.scalars.effectiveSize },
  });
});
