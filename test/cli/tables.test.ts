import { expect, it } from 'vitest';
import { failureTable, profileTable, summaryTable } from '../../src/cli/tables.js';
import type { GroupSummary } from '../../src/sweep/directory/summary.js';

const group: GroupSummary = {
  parametrization: 'spectral',
  teacherSize: 20,
  width: 200,
  settings: {},
  trials: 3,
  effectiveSize: { mean: 22.333, sd: 1.528 },
  effectiveSizePooled: { mean: 21, sd: 0 },
  trainLoss: { mean: 0.0081, sd: 0.0002 },
  validationLoss: { mean: 0.0084, sd: 0.0002 },
  testLoss: { mean: 0.008614, sd: 0.000312 },
  didNotLearn: 0,
  seconds: { mean: 21.41, sd: 0.25 },
};

it('shows mean and spread of each group, losses to three digits', () => {
  const one = { mean: 3, sd: null };
  const single: GroupSummary = {
    ...group,
    parametrization: 'direct',
    trials: 1,
    effectiveSize: one,
    effectiveSizePooled: one,
    testLoss: { mean: 1.5e-9, sd: null },
    seconds: { mean: 0.02, sd: null },
  };
  expect(summaryTable([group, single])).toBe(
    [
      '┌───────┬─────────────────┬────────┬────────────────┬────────────────┬───────────────────┬────────────┐',
      '│ width │ parametrization │ trials │ effective size │ effective size │         test loss │    seconds │',
      '│       │                 │        │    (per trial) │       (pooled) │                   │            │',
      '├───────┼─────────────────┼────────┼────────────────┼────────────────┼───────────────────┼────────────┤',
      '│   200 │ spectral        │      3 │     22.3 ± 1.5 │     21.0 ± 0.0 │ 0.00861 ± 0.00031 │ 21.4 ± 0.3 │',
      '├───────┼─────────────────┼────────┼────────────────┼────────────────┼───────────────────┼────────────┤',
      '│   200 │ direct          │      1 │            3.0 │            3.0 │           1.50e-9 │     0.0200 │',
      '└───────┴─────────────────┴────────┴────────────────┴────────────────┴───────────────────┴────────────┘',
    ].join('\n'),
  );
});

it('shows the teacher size where there are several', () => {
  const text = summaryTable([group, { ...group, teacherSize: 50 }]);
  expect(text).toMatch(/^┌.*┐\n│ teacher size │ width │/);
  expect(text).toMatch(/│ +50 │ +200 │/);
});

it('has a column for each field that varies, the arms in one', () => {
  const rate = (name: string, value: number) => ({ [`arms.${name}.optimizer.adam.learningRate`]: value });
  const text = summaryTable([
    { ...group, settings: { ...rate('spectral', 0.005), 'data.train': 800 } },
    { ...group, parametrization: 'direct', settings: { ...rate('direct', 0.002), 'data.train': 800 } },
    { ...group, settings: { 'arms.spectral.trainable': ['eigenvectors', 'eigenvaluesOut'] } },
  ]);
  const rows = text.split('\n').filter((line) => line.startsWith('│'));
  const cells = rows.map((line) =>
    line
      .split('│')
      .slice(2, 7)
      .map((cell) => cell.trim()),
  );
  expect(cells).toEqual([
    ['parametrization', 'learningRate', 'train', 'trainable', 'trials'],
    expect.anything(),
    ['spectral', '0.005', '800', '', '3'],
    ['direct', '0.002', '800', '', '3'],
    ['spectral', '', '', 'eigenvectors eigenvaluesOut', '3'],
  ]);
});

it('shows what failed, wrapped', () => {
  const message = 'its loss was not finite at step 3, learning rate 1; lower the learning rate';
  const failure = {
    key: '0123456789abcdef',
    teacherSize: 20,
    width: 60,
    settings: {},
    seed: 1,
    trial: 2,
    code: 'diverged',
    message,
  } as const;
  const text = failureTable([{ ...failure, parametrization: 'direct' }]);
  expect(text).toContain(
    '│ 0123456789abcdef │ 60    │ direct          │ 2     │ its loss was not finite at step 3,',
  );
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
});

it('shows where the time went', () => {
  const seconds = { training: 90, data: 1, evaluation: 3, writing: 0.5, waiting: 5, other: 0.5 };
  const text = profileTable({ seconds, overheadPercent: 5.263, orchestrationPercent: 2.114 });
  expect(text).toContain('│ training   │   90.00 │ 90.00 │');
  expect(text).toContain('│ writing    │    0.50 │  0.50 │');
  expect(text).toMatch(
    /\nOf the time that was not waited, 5\.26 % was not training, 2\.11 % neither training nor evaluation$/,
  );
});
