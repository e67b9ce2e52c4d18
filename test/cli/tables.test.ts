import { expect, it } from 'vitest';
import { begunTable, failureTable, profileTable, statusTable, summaryTable } from '../../src/cli/tables.js';
import { didNotLearnNote } from '../../src/experiments/teacher-student/record/summary-columns.js';
import type { GroupSummary, TrialFailure } from '../../src/sweep.js';
import { smallProtocol } from '../sweep/small-protocol.js';

const protocol = smallProtocol();
const failures = (rows: readonly TrialFailure[]) => failureTable(rows, protocol);
const table = (groups: readonly GroupSummary[]) => summaryTable({ groups, protocol });

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

it('the table of groups shows mean and spread, losses to three digits', () => {
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
  expect(table([group, single])).toBe(
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

it('the table of groups shows the teacher size where there are several', () => {
  const text = table([group, { ...group, teacherSize: 50 }]);
  expect(text).toMatch(/^┌.*┐\n│ teacher size │ width │/);
  expect(text).toMatch(/│ +50 │ +200 │/);
});

it('the table of groups has a column for each field that varies, one for both arms', () => {
  const rate = (name: string, value: number) => ({ [`arms.${name}.optimizer.adam.learningRate`]: value });
  const text = table([
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

/** The cells of each line of a table. */
function cellsOf(text: string): string[][] {
  const rows = text.split('\n').filter((line) => line.startsWith('│'));
  return rows.map((line) =>
    line
      .split('│')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

it('the table of groups shows how many trials did not learn, where there are any', () => {
  expect(table([group])).not.toContain('learn');
  const [names, more, first, second] = cellsOf(table([group, { ...group, didNotLearn: 2 }]));
  const column = names?.indexOf('did not') as number;
  expect([more, first, second].map((cells) => cells?.[column])).toEqual(['learn', '0', '2']);
  expect([didNotLearnNote(1), didNotLearnNote(2)]).toEqual([
    expect.stringMatching(/^1 trial did not learn: .* \(testLoss >= labelVariance in the record\)$/),
    expect.stringMatching(/^2 trials did not learn: /),
  ]);
});

const rate = (value: number) => ({ 'arms.spectral.optimizer.adam.learningRate': value });

it('the status shows the state of each group with a column for each field that varies', () => {
  const counts = { total: 3, finished: 1, didNotLearn: 1, failed: 0, unfinished: 2, begun: 1 };
  const place = { parametrization: 'spectral', teacherSize: 20, width: 200 } as const;
  const epochs = { done: 1999, total: 3000 };
  const text = statusTable(
    [
      { ...place, settings: rate(0.01), ...counts, epochs },
      { ...place, settings: rate(0.001), ...counts, didNotLearn: 0, epochs: { done: 3000, total: 3000 } },
    ],
    protocol,
  );
  expect(cellsOf(text)).toEqual([
    [
      ...[
        'width',
        'parametrization',
        'learningRate',
        'trials',
        'finished',
        'did not',
        'failed',
        'unfinished',
      ],
      ...['begun', 'epochs'],
    ],
    ['', '', '', '', '', 'learn', '', '', '', ''],
    ['200', 'spectral', '0.01', '3', '1', '1', '0', '2', '1', '66 %'],
    ['200', 'spectral', '0.001', '3', '1', '0', '0', '2', '1', '100 %'],
  ]);
});

it('the status shows the progress of unfinished trials, up to the height of a screen', () => {
  const place = {
    parametrization: 'direct',
    teacherSize: 20,
    width: 60,
    settings: {},
    epochs: 2000,
  } as const;
  const trials = Array.from({ length: 14 }, (_, i) => ({
    ...place,
    ...{ key: `key${i}`, seed: i, trial: 0, epoch: 100 * i },
  }));
  expect(cellsOf(begunTable(trials.slice(0, 1), protocol))).toEqual([
    ['trial', 'width', 'parametrization', 'index', 'epoch'],
    ['key0', '60', 'direct', '0', '0 of 2000'],
  ]);
  const text = begunTable(trials, protocol);
  expect(cellsOf(text).slice(0, 3)).toEqual([
    ['trial', 'width', 'parametrization', 'seed', 'index', 'epoch'],
    ['key0', '60', 'direct', '0', '0', '0 of 2000'],
    ['key1', '60', 'direct', '1', '0', '100 of 2000'],
  ]);
  expect(cellsOf(text)).toHaveLength(13);
  expect(text).toMatch(/\nand 2 more; --json lists all$/);
});

it('the table of failures distinguishes trials by every field that varies, and by their seed', () => {
  const failure = { parametrization: 'spectral', width: 60, code: 'diverged', message: 'lost' } as const;
  const text = failures([
    { ...failure, key: 'a', teacherSize: 20, settings: rate(1), seed: 1, trial: 0 },
    { ...failure, key: 'b', teacherSize: 50, settings: rate(2), seed: 2, trial: 0 },
  ]);
  expect(cellsOf(text)).toEqual([
    ['trial', 'teacher size', 'width', 'parametrization', 'learningRate', 'seed', 'index', 'what happened'],
    ['a', '20', '60', 'spectral', '1', '1', '0', 'lost'],
    ['b', '50', '60', 'spectral', '2', '2', '0', 'lost'],
  ]);
});

it('the table of failures wraps messages', () => {
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
  const text = failures([{ ...failure, parametrization: 'direct' }]);
  expect(text).toContain(
    '│ 0123456789abcdef │ 60    │ direct          │ 2     │ its loss was not finite at step 3,',
  );
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
});

it('the profile shows the parts of the time', () => {
  const seconds = { training: 90, data: 1, evaluation: 3, writing: 0.5, waiting: 5, other: 0.5 };
  const text = profileTable({ seconds, overheadPercent: 5.263, orchestrationPercent: 2.114 });
  expect(text).toContain('│ training   │   90.00 │ 90.00 │');
  expect(text).toContain('│ writing    │    0.50 │  0.50 │');
  expect(text).toMatch(
    /\nOf the time that was not waited, 5\.26 % was not training, 2\.11 % neither training nor evaluation$/,
  );
});
