/** Workers flush denormals to zero. The threads that ask for work must keep theirs: JavaScript's numbers have them. */
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { kernels } from '../../src/kernels/kernels.js';
import { Population } from '../../src/population/population.js';
import { pruningCurve } from '../../src/pruning/curve.js';
import { smallData, smallStudent } from '../network/small-students.js';

/** From memory, so that no compiler works them out beforehand: the smallest double, and the smallest normal one. */
const [denormal, normal] = Float64Array.of(5e-324, 2.2250738585072014e-308) as unknown as [number, number];

function expectDenormals(): void {
  expect(denormal / 1).toBe(5e-324);
  expect(denormal + denormal).toBe(1e-323);
  expect(normal / 2).toBe(1.1125369292536007e-308);
}

describe.each(['cpu', 'reference'] as const)('on %s denormals stay what they are', (device) => {
  it('after every call of a population', async () => {
    expectDenormals();
    const data = smallData();
    const population = Population.create([smallStudent(), smallStudent({ seed: 6 })], { device, threads: 2 });
    const student = population.at(0);
    await population.run(3);
    expectDenormals();
    await population.evaluate(data);
    await student.predict(data);
    await pruningCurve(student, data, { criterion: 'weightNorm' });
    expectDenormals();
    student.gradient(data); // on this thread
    expectDenormals();
    population.dispose();
    expectDenormals();
  });

  it('after a kernel on this thread', () => {
    const y = new Float64Array(1);
    const x = Float64Array.of(normal);
    kernels.denseForward({
      batch: 1,
      inputs: 1,
      outputs: 1,
      x,
      weights: Float64Array.of(0.5),
      y,
      backend: device,
    });
    expect(y[0]).toBe(normal / 2);
    expectDenormals();
  });

  it('in a thread that begins while students train', async () => {
    const population = Population.create([smallStudent()], { device, threads: 1 });
    const training = population.run(1_000_000_000);
    const code = "require('node:worker_threads').parentPort.postMessage(Float64Array.of(5e-324)[0] * 3)";
    const worker = new Worker(code, { eval: true });
    expect(await new Promise((resolve) => worker.once('message', resolve))).toBe(1.5e-323);
    expectDenormals();
    population.stop();
    await training;
  });
});
