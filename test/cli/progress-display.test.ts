import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { duration, progressDisplay } from '../../src/cli/progress-display.js';
import type { SweepProgress } from '../../src/sweep/progress.js';

const at = (
  secondsElapsed: number,
  fraction: number,
  failed = 0,
  latest: SweepProgress['latest'] = null,
): SweepProgress => ({
  trials: { total: 18, finished: 4, failed, reused: 0 },
  steps: { done: Math.round(1000 * fraction), total: 1000 },
  studentStepsPerSecond: secondsElapsed > 20 ? 123_456 : 3210,
  fraction,
  secondsElapsed,
  secondsLeft: fraction === 0 ? null : (secondsElapsed * (1 - fraction)) / fraction,
  latest,
});

it('the progress without a terminal is a line once the remaining time is estimated, and every ten seconds', () => {
  const stream = new PassThrough();
  const display = progressDisplay(stream);
  for (const progress of [
    at(0, 0),
    at(1, 0.01),
    at(3, 0),
    at(5, 0.05),
    at(11, 0.1),
    at(15, 0.2),
    at(25, 0.25, 1),
  ])
    display.update(progress);
  display.end();
  expect(String(stream.read())).toBe(
    '5 %, 50 of 1000 steps, 4 of 18 trials, 3210 steps/s, 1 min 35 s left\n' +
      '20 %, 200 of 1000 steps, 4 of 18 trials, 3210 steps/s, 1 min 00 s left\n' +
      '25 %, 250 of 1000 steps, 4 of 18 trials, 1 failed, 123.5 k steps/s, 1 min 15 s left\n',
  );
});

it('the progress on a terminal is a bar with the remaining time, and nothing where no trial is left', () => {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 120 });
  const display = progressDisplay(stream);
  display.update(at(10, 0.5));
  display.end();
  const text = String(stream.read());
  expect(text).toContain('50 % | 4 of 18 trials | 10 s left | 3210 steps/s');
  const idle = progressDisplay(stream);
  idle.update({ ...at(0, 1), steps: { done: 0, total: 0 } });
  idle.end();
  expect(stream.read()).toBeNull();
});

it.each([
  [{ trials: 1, values: { loss: 0.012345, n_λ: 28 } }, 'loss 0.0123, n_λ 28'],
  [{ trials: 6, values: { loss: 1.2345e-7, n_λ: 28.5 } }, 'loss 1.23·10⁻⁷, n_λ 28.5 (medians of 6)'],
])('the progress has the latest values of the trials, on one line', (latest, text) => {
  const terminal = Object.assign(new PassThrough(), { isTTY: true, columns: 200 });
  const display = progressDisplay(terminal);
  display.update(at(10, 0.5, 0, latest));
  display.end();
  expect(String(terminal.read())).toContain(`| 10 s left | ${text} | 3210 steps/s`);
  const log = new PassThrough();
  progressDisplay(log).update(at(11, 0.5, 0, latest));
  expect(String(log.read())).toMatch(new RegExp(`s left, ${text.replace(/[()]/g, '\\$&')}\n$`));
});

it.each([
  [0.4, '0 s'],
  [59.6, '1 min 00 s'],
  [3599, '59 min 59 s'],
  [3600, '1 h 00 min'],
  [90_061, '25 h 01 min'],
])('%d seconds are written as %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});
