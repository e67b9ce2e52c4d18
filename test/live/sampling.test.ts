import { describe, expect, it } from 'vitest';
import { thinned } from '../../src/live/curve.js';
import { PaceKeeper } from '../../src/live/pace.js';
import { drawnTrials } from '../../src/live/trial-sample.js';
import { smallProtocol } from '../sweep/small-protocol.js';
import { expand } from '../sweep/student-trials.js';

describe('the curves that are sent to a page', () => {
  it('are those of every trial, or of as many of each group as the limit admits', () => {
    const trials = expand(smallProtocol({ trials: 5 })); // four groups of five
    expect(drawnTrials(trials)).toEqual(new Set(trials.map(({ key }) => key)));
    const drawn = drawnTrials(trials, 8);
    const chosen = trials.filter(({ key }) => drawn.has(key));
    expect(chosen.map(({ protocol }) => protocol.trial).sort()).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
    expect(drawnTrials(trials, 6).size).toBe(6);
    expect(drawnTrials(trials, 2).size).toBe(2);
    expect(drawnTrials([], 2).size).toBe(0);
  });

  it('have few points, the first and last among them, and null for non-finite values', () => {
    const epoch = Float64Array.from({ length: 1000 }, (_, i) => i + 1);
    const trainLoss = epoch.map((value) => 1 / value / 3);
    trainLoss[999] = Number.NaN;
    const curve = thinned({ epoch, trainLoss, validationLoss: trainLoss, effectiveSize: epoch }, 10);
    expect(curve.epoch).toEqual([1, 112, 223, 334, 445, 556, 667, 778, 889, 1000]);
    expect(curve.trainLoss?.at(0)).toBe(0.3333);
    expect(curve.trainLoss?.at(-1)).toBeNull();
    expect(
      thinned({ epoch, trainLoss, validationLoss: trainLoss, effectiveSize: epoch }, 1000).epoch,
    ).toHaveLength(1000);
  });
});

describe('the pace', () => {
  it('is over the last ten minutes, once the observation is long enough', () => {
    const keeper = new PaceKeeper();
    expect(keeper.observe({ time: 0, steps: 100, ended: 1 })).toBeNull();
    expect(keeper.observe({ time: 10, steps: 200, ended: 1 })).toBeNull();
    expect(keeper.observe({ time: 40, steps: 500, ended: 2 })).toEqual({
      stepsPerSecond: 10,
      trialsPerHour: 90,
      seconds: 40,
    });
    keeper.observe({ time: 400, steps: 500, ended: 2 });
    // From the sight at 40 s: the one at 10 s is older than is needed.
    expect(keeper.observe({ time: 640, steps: 3500, ended: 2 })).toEqual({
      stepsPerSecond: 5,
      trialsPerHour: 0,
      seconds: 600,
    });
  });

  it('is unknown while nothing changes, or after trials have started again', () => {
    const keeper = new PaceKeeper();
    keeper.observe({ time: 0, steps: 100, ended: 0 });
    expect(keeper.observe({ time: 60, steps: 100, ended: 0 })).toBeNull();
    expect(keeper.observe({ time: 90, steps: 50, ended: 0 })).toBeNull();
    expect(keeper.observe({ time: 120, steps: 80, ended: 0 })?.stepsPerSecond).toBe(1);
  });
});
