import { describe, expect, it } from 'vitest';
import { arraySize, arraySpecification, checkArraySize, tasksWith } from '../../src/slurm/array.js';
import { ofShard } from '../../src/sweep/shard.js';
import { preset } from '../../src/sweep.js';
import { failureOf } from '../failure.js';
import { smallProtocol } from '../sweep/small-protocol.js';
import { expand } from '../sweep/student-trials.js';

const limits = { cpus: 1, gpu: false, maximum: 1001 };

describe('the number of tasks', () => {
  const paper = expand(preset('paper'));

  it('is one for a sweep that takes less than the minimum duration of a task', () => {
    expect(arraySize(expand(smallProtocol({ trials: 300 })), limits)).toBe(1);
  });

  it('is proportional to the work, up to rounding', () => {
    const once = arraySize(paper, limits);
    const twice = arraySize(expand(preset('paper', { trials: 60 })), limits);
    expect(once).toBeGreaterThan(10);
    expect(Math.abs(twice - 2 * once)).toBeLessThanOrEqual(1);
  });

  it('decreases with the threads of a task', () => {
    const four = arraySize(paper, { ...limits, cpus: 4 });
    expect(Math.abs(4 * four - arraySize(paper, limits))).toBeLessThanOrEqual(4);
  });

  it('leaves no core of a task without a student, and no GPU half empty', () => {
    const wide = expand(preset('paper', { widths: [80_000], trials: 100 }));
    expect(wide).toHaveLength(200);
    expect(arraySize(wide, limits)).toBe(200);
    expect(arraySize(wide, { ...limits, cpus: 16 })).toBe(13);
    expect(arraySize(wide, { ...limits, gpu: true })).toBe(2);
  });

  it('is at most the maximum of the cluster', () => {
    expect(arraySize(paper, { ...limits, maximum: 7 })).toBe(7);
  });

  it('is refused above that maximum where it is given', () => {
    expect(checkArraySize(1001, 1001)).toBe(1001);
    expect(failureOf(() => checkArraySize(1002, 1001))).toBe(
      'invalid_argument: expected at most 1001 for arrayTasks of slurm, received 1002: this cluster takes no larger job array ' +
        '(MaxArraySize of `scontrol show config`). A task trains any number of trials, one after the other',
    );
  });
});

describe('the tasks of an array', () => {
  const trials = expand(smallProtocol());

  it('are all where every trial is missing', () => {
    expect(tasksWith(new Set(trials.map(({ key }) => key)), trials, 3)).toEqual([0, 1, 2]);
  });

  it('are those whose part lacks trials', () => {
    const missing = new Set(ofShard(trials, { index: 2, count: 3 }).map(({ key }) => key));
    expect(tasksWith(missing, trials, 3)).toEqual([1]);
  });

  it('are none where no trial is missing, and exclude parts without a trial', () => {
    expect(tasksWith(new Set(), trials, 3)).toEqual([]);
    expect(tasksWith(new Set(trials.map(({ key }) => key)), trials, 11)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it.each([
    [[0], undefined, '0'],
    [[0, 1, 2, 3], undefined, '0-3'],
    [[0, 2, 3, 7], undefined, '0,2-3,7'],
    [[1, 3], 2, '1,3%2'],
  ])('%j, %s at a time, are formatted as %s', (tasks, throttle, text) => {
    expect(arraySpecification(tasks, throttle)).toBe(text);
  });
});
