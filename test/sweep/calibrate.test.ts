import { expect, it } from 'vitest';
import type { StudentProtocol } from '../../src/experiments/teacher-student/protocol/trial.js';
import { calibrate } from '../../src/experiments/teacher-student/run/calibrate.js';
import { SharedData } from '../../src/experiments/teacher-student/run/shared-data.js';
import { smallProtocol } from './small-protocol.js';
import { expand } from './student-trials.js';

function student(changes: object, learningRate = 0.01): StudentProtocol {
  const arms = { direct: { optimizer: { sgd: { learningRate } }, batchSize: 100 } };
  const data = { train: 4000, validation: 2000, test: 20 };
  const [trial] = expand(smallProtocol({ arms, data, student: { width: 100 }, trials: 1, ...changes }));
  return (trial as ReturnType<typeof expand>[number]).protocol;
}

const calibrated = (protocol: StudentProtocol, students = 1) =>
  calibrate(protocol, new SharedData(), {
    chosen: { device: 'cpu', devices: [] },
    threads: 1,
    students,
    seconds: 0.05,
  });

// Each compares times by far less than they differ; who else is at work may still get between the two, hence a retry.
it('calibrate measures about the same time of a step at a learning rate at which students diverge', {
  retry: 2,
}, async () => {
  const [wild, tame] = [await calibrated(student({}, 1e30)), await calibrated(student({}))];
  // About equal; a student that has diverged takes a twentieth of the time, and less.
  expect(wild.step / tame.step).toBeGreaterThan(0.25);
});

it('calibrate times a step of all students side by side: twice as many on one thread take twice as long', {
  retry: 2,
}, async () => {
  const [one, four] = [await calibrated(student({})), await calibrated(student({}), 4)];
  expect(four.step / one.step).toBeGreaterThan(2);
  expect(one.inTurn).toBe(false);
});

it('calibrate times measurements by the number of patterns', { retry: 2 }, async () => {
  const more = { data: { train: 400_000, validation: 2000, test: 20 } };
  const [few, many] = [await calibrated(student({})), await calibrated(student(more))];
  // 67 times as many; half a millisecond is timed to better than that.
  expect(many.report / few.report).toBeGreaterThan(10);
});
