/** What native code says to arguments that TypeScript should have refused: an error with a code, never a crash. */
import { describe, expect, it } from 'vitest';
import { EigenstudentError } from '../../src/errors.js';
import type { NativeTrainer } from '../../src/native/addon.js';
import { failureOf, rejectionOf } from '../failure.js';
import { detached } from './broken-values.js';
import * as native from './native-students.js';

describe.each(native.backends)('methods of a population (%s)', (backend) => {
  const data = native.dataset();
  const block = new Float64Array(native.parameters);
  const p = native.population(backend);

  it.each<[string, () => unknown, string]>([
    [
      'run, kind',
      () => p.run(new Float32Array(1) as never),
      'expected a Float64Array of length 1 for untilEpoch, received Float32Array(1)',
    ],
    [
      'run, length',
      () => p.run(new Float64Array(2)),
      'expected a Float64Array of length 1 for untilEpoch, received Float64Array(2)',
    ],
    [
      'run, negative',
      () => p.run(native.until(-1)),
      'expected an integer from 0 to 4294967295 for untilEpoch[0], received -1',
    ],
    [
      'run, infinite',
      () => p.run(native.until(Infinity)),
      'expected an integer from 0 to 4294967295 for untilEpoch[0], received Infinity',
    ],
    [
      'evaluate, length',
      () => p.evaluate([[data], []]),
      'expected an array of length 1 for data[1], received an array of length 0',
    ],
    ['evaluate, sets', () => p.evaluate(data as never), 'expected an array for data, received an object'],
    [
      'evaluate, kind',
      () => p.evaluate([[undefined as never]]),
      'expected a Dataset for data[0][0], received undefined',
    ],
    ['predict, student', () => p.predict(1, data), 'expected an integer from 0 to 0 for student, received 1'],
    ['predict, data', () => p.predict(0, p as never), 'expected a Dataset for data, received an object'],
    [
      'pruningCurve, layer',
      () => p.pruningCurve(0, -1, native.order(), data),
      'expected an integer from 0 to 9007199254740991 for layer, received -1',
    ],
    [
      'pruningCurve, order',
      () => p.pruningCurve(0, 0, [0] as never, data),
      'expected a Uint32Array of length 0 for removalOrder, received an array of length 1',
    ],
    [
      'read, block',
      () => p.read(0, 'momentum' as never, block),
      'expected one of parameters, firstMoment, secondMoment, buffers for block, received "momentum"',
    ],
    [
      'read, length',
      () => p.read(0, 'parameters', new Float64Array(3)),
      `expected a Float64Array of length ${native.parameters} for into, received Float64Array(3)`,
    ],
    [
      'read, kind',
      () => p.read(0, 'parameters', new Float32Array(native.parameters)),
      `expected a Float64Array of length ${native.parameters} for into, received Float32Array(${native.parameters})`,
    ],
    [
      'write, detached',
      () => p.write(0, 'parameters', detached(new Float64Array(native.parameters))),
      `expected a Float64Array of length ${native.parameters} for from, received one whose buffer is detached: it was transferred to another thread`,
    ],
    ['counters, student', () => p.counters(0.5), 'expected an integer from 0 to 0 for student, received 0.5'],
    [
      'setCounters, length',
      () => p.setCounters(0, { step: 0, updateCount: new Float64Array(1) }),
      `expected a Float64Array of length ${native.tensors} for counters.updateCount, received Float64Array(1)`,
    ],
    [
      'setCounters, step',
      () => p.setCounters(0, { step: -1, updateCount: new Float64Array(4) }),
      'expected an integer from 0 to 9007199254740991 for counters.step, received -1',
    ],
    [
      'setCounters, count',
      () => p.setCounters(0, { step: 0, updateCount: Float64Array.of(0, 0.5, 0, 0) }),
      'expected an integer from 0 to 9007199254740991 for counters.updateCount[1], received 0.5',
    ],
    [
      'gradient, length',
      () => p.gradient(0, data, new Float64Array(0)),
      `expected a Float64Array of length ${native.parameters} for into, received Float64Array(0)`,
    ],
  ])('refuses a wrong argument: %s', (_, call, message) => {
    expect(failureOf(call)).toBe(`invalid_argument: ${message}`);
    expect(p.busy).toBe(false);
  });

  it('rejects with what the backend refuses, and is idle again', async () => {
    const other = native.dataset('float32');
    for (const sets of [[[other]], [[data], [other]]])
      expect(await rejectionOf(p.evaluate(sets))).toMatch(/^data_mismatch: /);
    expect(await rejectionOf(p.evaluate([]))).toBe(
      'invalid_argument: data: expected one entry for each of the 1 students, or that several times over, got 0',
    );
    expect(await rejectionOf(p.predict(0, other))).toMatch(/^data_mismatch: /);
    await expect(p.pruningCurve(0, 1, Uint32Array.of(0), data)).rejects.toThrow(EigenstudentError);
    await expect(p.pruningCurve(0, 0, new Uint32Array(native.width), data)).rejects.toThrow(/each node once/);
    await expect(p.pruningCurve(0, 0, new Uint32Array(native.width + 1), data)).rejects.toThrow(
      EigenstudentError,
    );
    expect(p.busy).toBe(false);
    expect(failureOf(() => p.gradient(0, other, block))).toMatch(/^data_mismatch: /);
  });

  it('says that sgd has no second moment', () => {
    const sgd = { ...(native.student(data).trainer as NativeTrainer).optimizer, kind: 'sgd' as const };
    const q = native.population(backend, { students: [native.student(data, { optimizer: sgd })] });
    q.read(0, 'firstMoment', block);
    expect(failureOf(() => q.read(0, 'secondMoment', block))).toBe(
      'invalid_argument: expected parameters or firstMoment for block, received "secondMoment", which sgd (student 0) does not keep',
    );
  });

  it('survives a getter that disposes of the population it is called on', async () => {
    const q = native.population(backend);
    const counters = {
      step: 0,
      get updateCount() {
        q.dispose();
        return new Float64Array(native.tensors);
      },
    };
    expect(failureOf(() => q.setCounters(0, counters))).toMatch(/^population_disposed: /);
    const r = native.population(backend);
    const sets = Object.defineProperty([data], 0, {
      get: () => {
        r.dispose();
        return data;
      },
    });
    expect(failureOf(() => r.evaluate([sets]))).toMatch(/^population_disposed: /);
  });
});
