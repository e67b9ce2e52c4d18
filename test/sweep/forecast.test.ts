import { describe, expect, it } from 'vitest';
import { teacherStudent } from '../../src/experiments/teacher-student/experiment.js';
import type { Timing } from '../../src/sweep/experiment.js';
import { forecast, type MeasuredCalibration } from '../../src/sweep/forecast.js';
import { shapesOf, someShapes } from '../../src/sweep/shapes.js';
import { preset } from '../../src/sweep.js';
import type { ShortProtocol as StudentProtocol, ShortTrial as StudentTrial } from './student-trials.js';
import { expand } from './student-trials.js';

const timing = teacherStudent.timing as Timing;

/** Ten epochs of 27 steps, each with a report. */
const students = (widths: number[], trials: number): StudentTrial[] =>
  expand(preset('quick', { widths, trials, epochs: 10 })).filter(
    ({ protocol }) => protocol.parametrization === 'spectral',
  );

function tried(trial: StudentTrial | undefined, changes: Partial<MeasuredCalibration>): MeasuredCalibration {
  const { protocol } = trial as StudentTrial;
  const nothing = { noise: 0, inTurn: false, report: 0, end: 0, students: 2 };
  return { protocol, engine: 'made-up', step: 0.01, ...nothing, ...changes };
}

describe('the time of a sweep', () => {
  const three = students([20], 3);
  const [first] = three;
  const secondsOf = (changes: Partial<MeasuredCalibration>) =>
    forecast([three], shapesOf(three, timing), [tried(first, changes)], timing).seconds;

  it('is that of the fullest place: the third of three students waits for one of two', () => {
    expect(secondsOf({})).toBeCloseTo(2 * 270 * 0.01, 9);
    expect(secondsOf({ students: 3 })).toBeCloseTo(270 * 0.01, 9);
  });

  it('is the sum over all students where each uses the whole device', () => {
    expect(secondsOf({ inTurn: true })).toBeCloseTo((3 * 270 * 0.01) / 2, 9);
  });

  it('has a report for each student and epoch, and final measurements for each student', () => {
    expect(secondsOf({ report: 0.5, end: 0.25 })).toBeCloseTo(5.4 + 3 * 10 * 0.5 + 3 * 0.25, 9);
  });

  it('is the sum over batches', () => {
    const batches = three.map((trial) => [trial]);
    expect(forecast(batches, shapesOf(three, timing), [tried(first, {})], timing).seconds).toBeCloseTo(
      3 * 2.7,
      9,
    );
  });

  it('has a relative uncertainty of a tenth plus the noise of the calibration', () => {
    const { seconds, low, high, shapes, engines } = forecast(
      [three],
      shapesOf(three, timing),
      [tried(first, { noise: 0.2 })],
      timing,
    );
    expect([low, high].map((bound) => bound / seconds)).toEqual([
      expect.closeTo(1 / 1.3, 9),
      expect.closeTo(1.3, 9),
    ]);
    expect(shapes).toEqual({ timed: 1, interpolated: 0 });
    expect(engines).toEqual(['made-up float32']);
  });

  it('of students that were not timed is interpolated, with the uncertainty of the fit', () => {
    const both = students([20, 40], 1);
    const { seconds, high, shapes } = forecast(
      both.map((trial) => [trial]),
      shapesOf(both, timing),
      [tried(both[0], {})],
      timing,
    );
    // In proportion to the arithmetic: twice the width, twice the time. A third of the whole is certain.
    expect(seconds).toBeCloseTo(3 * 2.7, 9);
    expect(high / seconds).toBeCloseTo(1 + 0.1 + (2 / 3) * 0.3, 9);
    expect(shapes).toEqual({ timed: 1, interpolated: 1 });
  });
});

describe('kinds of students', () => {
  it('differ in fields that affect the time, not in rates, seeds or trials', () => {
    expect(shapesOf(expand(preset('quick')), timing).map(({ trials }) => trials)).toEqual(Array(6).fill(3));
  });

  it('are timed for eight at most, the cheapest and the costliest among them', () => {
    const shapes = shapesOf(
      students(
        Array.from({ length: 30 }, (_, i) => 10 * (i + 1)),
        1,
      ),
      timing,
    );
    const widths = someShapes(shapes).map(({ protocol }) => (protocol as StudentProtocol).student.width);
    expect(widths).toEqual([10, 50, 90, 130, 180, 220, 260, 300]);
  });
});
