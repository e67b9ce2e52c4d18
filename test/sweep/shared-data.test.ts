import { expect, it } from 'vitest';
import type { StudentProtocol } from '../../src/experiments/teacher-student/protocol/trial.js';
import { SharedData } from '../../src/experiments/teacher-student/run/shared-data.js';
import { smallProtocol } from './small-protocol.js';
import { expand } from './student-trials.js';

it('shared data are the same objects while they are kept, and the least recently used are dropped first', async () => {
  const trials = expand(smallProtocol({ student: { width: 4, secondWidth: 2 }, trials: 258 }));
  const protocols = trials
    .map(({ protocol }) => protocol)
    .filter(({ parametrization }) => parametrization === 'spectral');
  const [first, second, ...others] = protocols as [StudentProtocol, StudentProtocol, ...StudentProtocol[]];
  const shared = new SharedData();
  const [ofFirst, ofSecond] = [await shared.load(first), await shared.load(second)];
  expect(await shared.load(first)).toBe(ofFirst);
  // 256 are kept: of the first two and 255 others all but the second.
  for (const protocol of others.slice(0, 255)) await shared.load(protocol);
  expect(await shared.load(first)).toBe(ofFirst);
  const again = await shared.load(second);
  expect(again).not.toBe(ofSecond);
  expect(again.train.samples).toBe(ofSecond.train.samples);
});
