/** Data of hundreds of megabytes take seconds to make, and a signal is answered meanwhile. */

import { describe, expect, it } from 'vitest';
import { normalizeSplitsSteps } from '../../src/data/normalization.js';
import { splitDataSteps } from '../../src/data/splits.js';
import type { StudentTrial } from '../../src/experiments/teacher-student/protocol/trial.js';
import { SharedData } from '../../src/experiments/teacher-student/run/shared-data.js';
import { Dataset } from '../../src/network/dataset.js';
import { inTurns } from '../../src/steps.js';
import { Teacher } from '../../src/teacher/teacher.js';
import { rejectionOf } from '../failure.js';
import { smallProtocol } from './small-protocol.js';
import { expand } from './student-trials.js';

/** Processor time from the moment that the signal is aborted to the rejection, milliseconds: other work of the machine does not count. */
async function latency(work: (signal: AbortSignal) => Promise<unknown>, after: number): Promise<number> {
  const controller = new AbortController();
  let start = process.cpuUsage();
  setTimeout(() => {
    start = process.cpuUsage();
    controller.abort(new Error('received SIGTERM'));
  }, after);
  expect(await rejectionOf(work(controller.signal))).toMatch(/^interrupted: .*received SIGTERM/);
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

describe('the generation of data', () => {
  it.each([0, 150, 300])(
    'with a teacher is interrupted within a second, %d ms after its start',
    async (after) => {
      const data = { train: 1_000_000, validation: 16, test: 24 };
      const teacher = { inputs: 30, teacherSize: 20, secondWidth: 4 };
      const [trial] = expand(smallProtocol({ data, teacher })) as [StudentTrial];
      const ms = await latency((signal) => new SharedData(undefined, signal).of(trial.protocol), after);
      expect(ms).toBeLessThan(1000);
    },
    120_000,
  );

  it('that splits and normalises samples is interrupted within a second', async () => {
    const [samples, inputCount] = [400_000, 30];
    const data = Dataset.create({ inputs: new Float32Array(samples * inputCount), inputCount });
    const cut = (signal: AbortSignal) =>
      inTurns(splitDataSteps(data, { validation: 0.1, test: 0.1, seed: 0 }), signal);
    expect(await latency(cut, 0)).toBeLessThan(1000);
    const splits = await cut(new AbortController().signal);
    const normalize = (signal: AbortSignal) => inTurns(normalizeSplitsSteps(splits, 'standard'), signal);
    expect(await latency(normalize, 0)).toBeLessThan(1000);
  }, 120_000);

  it('gives the labels that the teacher gives one by one', async () => {
    const teacher = Teacher.paper({ inputs: 4, teacherSize: 6, seed: 1 });
    const inputs = Float64Array.from({ length: 4 * 70_000 }, (_, i) => Math.sin(i)); // more than one call takes
    const labels = await teacher.label(inputs);
    for (const sample of [0, 65_535, 65_536, 69_999]) {
      const [label] = await teacher.label(inputs.subarray(4 * sample, 4 * sample + 4));
      expect(labels[sample]).toBe(label);
    }
  });
});
