/** What native code says to arguments that TypeScript should have refused: an error with a code, never a crash. */
import { describe, expect, it } from 'vitest';
import { EigenstudentError } from '../../src/errors.js';
import type { NativeDatasetSpec, NativePopulationSpec } from '../../src/native/addon.js';
import { addon } from '../../src/native/load.js';
import { failureOf, rejectionOf } from '../failure.js';
import * as native from './native-students.js';

type Untyped = Record<string, unknown>;

/** The array of a caller who has handed its buffer to another thread. */
function detached<Array extends Float32Array | Float64Array | Uint32Array>(array: Array): Array {
  structuredClone(array.buffer, { transfer: [array.buffer as ArrayBuffer] });
  expect(array.length).toBe(0);
  return array;
}

/** A copy of a plain object with the value at a path (such as "students.0.seed") exchanged; the rest is shared. */
function changed(value: object, path: string, to: unknown): object {
  const [key = '', ...rest] = path.split('.');
  const copy = Object.assign(Array.isArray(value) ? [] : {}, value) as Untyped;
  copy[key] = rest.length === 0 ? to : changed(copy[key] as object, rest.join('.'), to);
  return copy;
}

describe('a population spec', () => {
  const spec = native.spec('reference');
  const create = (path: string, to: unknown) => () =>
    new (addon().Population)(
      path ? (changed(spec, path, to) as NativePopulationSpec) : (to as NativePopulationSpec),
    );
  const layer = 'students.0.network.layers.0';

  it.each([
    ['', undefined, 'expected an object for spec, received undefined'],
    ['', 3, 'expected an object for spec, received 3'],
    ['backend', 'gpu', 'expected one of reference, cpu for spec.backend, received "gpu"'],
    ['backend', Symbol('cpu'), 'expected one of reference, cpu for spec.backend, received a symbol'],
    ['dtype', 'float16', 'expected one of float32, float64 for spec.dtype, received "float16"'],
    ['threads', -1, 'expected an integer from 0 to 4096 for spec.threads, received -1'],
    ['threads', 1e9, 'expected an integer from 0 to 4096 for spec.threads, received 1000000000'],
    ['threads', 1.5, 'expected an integer from 0 to 4096 for spec.threads, received 1.5'],
    ['students', {}, 'expected an array for spec.students, received an object'],
    ['students.0', null, 'expected an object for spec.students[0], received null'],
    [
      'students.0.seed',
      Number.NaN,
      'expected an integer from 0 to 9007199254740991 for spec.students[0].seed, received NaN',
    ],
    [
      'students.0.trial',
      2 ** 32,
      'expected an integer from 0 to 4294967295 for spec.students[0].trial, received 4294967296',
    ],
    [
      'students.0.batchSize',
      0,
      'expected an integer from 1 to 9007199254740991 for spec.students[0].batchSize, received 0',
    ],
    ['students.0.data', {}, 'expected a Dataset for spec.students[0].data, received an object'],
    [
      'students.0.optimizer.kind',
      'lion',
      'expected one of sgd, adam, adamW for spec.students[0].optimizer.kind, received "lion"',
    ],
    [
      'students.0.optimizer.nesterov',
      1,
      'expected true or false for spec.students[0].optimizer.nesterov, received 1',
    ],
    [
      'students.0.optimizer.beta1',
      -Infinity,
      'expected a finite number for spec.students[0].optimizer.beta1, received -Infinity',
    ],
    [
      'students.0.learningRate.base',
      1n,
      'expected a finite number for spec.students[0].learningRate.base, received a bigint',
    ],
    [
      'students.0.phases',
      [{ mask: 32 }],
      'expected an integer from 0 to 31 for spec.students[0].phases[0].mask, received 32',
    ],
    [
      `${layer}.activation`,
      'rleu',
      'expected the name of an activation for spec.students[0].network.layers[0].activation, received "rleu"',
    ],
    [
      `${layer}.outputs`,
      2 ** 53,
      'expected an integer from 1 to 9007199254740991 for spec.students[0].network.layers[0].outputs, received 9.00719925474099e+15',
    ],
    [
      `${layer}.matrix`,
      () => 1,
      'expected true or false for spec.students[0].network.layers[0].matrix.trainable, received undefined',
    ],
    [
      `${layer}.matrix`,
      [1, 2],
      'expected true or false for spec.students[0].network.layers[0].matrix.trainable, received undefined',
    ],
    [
      `${layer}.kind`,
      new Float32Array(2),
      'expected one of spectral, dense for spec.students[0].network.layers[0].kind, received Float32Array(2)',
    ],
    [
      `${layer}.kind`,
      [1, 2],
      'expected one of spectral, dense for spec.students[0].network.layers[0].kind, received an array of length 2',
    ],
    [
      `${layer}.kind`,
      () => 1,
      'expected one of spectral, dense for spec.students[0].network.layers[0].kind, received a function',
    ],
  ])('%s = %s', (path, to, message) => {
    expect(failureOf(create(path, to))).toBe(`invalid_argument: ${message}`);
  });

  it.each([
    ['reference', 2 ** 20],
    ['cpu', 2 ** 20],
  ] as const)('of a size that no machine has (%s) is out_of_memory', (backend, size) => {
    const data = new (addon().Dataset)({
      dtype: 'float64',
      samples: 1,
      inputCount: size,
      targetCount: 1,
      inputs: new Float64Array(size),
      targets: new Float64Array(1),
    });
    const layers = [
      { inputs: size, outputs: 2 ** 24 },
      { inputs: 2 ** 24, outputs: 1 },
    ].map((sizes) => ({
      kind: 'dense' as const,
      ...sizes,
      activation: 'linear',
      matrix: { trainable: true, l1: 0, l2: 0 },
    }));
    const students = [native.student(data, { network: { loss: 'mse', layers } })];
    expect(failureOf(() => new (addon().Population)(native.spec(backend, { students })))).toBe(
      'out_of_memory: not enough memory for this call; use fewer or smaller students, or less data',
    );
  });

  it('refuses what only looks like a data set', () => {
    const { Dataset, Population } = addon();
    const disguised: object = new Population(spec);
    Object.setPrototypeOf(disguised, Dataset.prototype);
    for (const fake of [Object.create(Dataset.prototype), disguised])
      expect(failureOf(create('students.0.data', fake))).toBe(
        'invalid_argument: expected a Dataset for spec.students[0].data, received an object',
      );
  });

  it('passes on what a getter of the caller throws', () => {
    const trap = Object.defineProperty({ ...spec }, 'dtype', {
      get: () => {
        throw new RangeError('mine');
      },
    });
    expect(() => new (addon().Population)(trap)).toThrow(new RangeError('mine'));
  });
});

describe('a data set', () => {
  const spec: NativeDatasetSpec = {
    dtype: 'float32',
    samples: 4,
    inputCount: 3,
    targetCount: 2,
    inputs: new Float32Array(12),
    targets: new Float32Array(8),
  };
  const create = (changes: Untyped) => () => new (addon().Dataset)({ ...spec, ...changes });
  const { targets: _, ...withoutTargets } = spec;

  it('converts either float kind', () => {
    expect(create({ inputs: new Float64Array(12) })().samples).toBe(4);
    expect(create({ dtype: 'float64' })().samples).toBe(4);
  });

  it.each([
    [{ samples: 0 }, 'expected an integer from 1 to 4294967295 for data.samples, received 0'],
    [{ samples: 5 }, 'expected a Float32Array of length 15 for data.inputs, received Float32Array(12)'],
    [
      { inputs: new Float32Array(11) },
      'expected a Float32Array of length 12 for data.inputs, received Float32Array(11)',
    ],
    [
      { inputs: new Int32Array(12) },
      'expected a Float64Array of length 12 for data.inputs, received Int32Array(12)',
    ],
    [
      { inputs: new DataView(new ArrayBuffer(96)) },
      'expected a Float64Array of length 12 for data.inputs, received an object',
    ],
    [
      { inputs: [1, 2, 3] },
      'expected a Float64Array of length 12 for data.inputs, received an array of length 3',
    ],
    [{ targets: null }, 'expected a Float64Array of length 8 for data.targets, received null'],
    [{ classes: new Uint32Array(4) }, 'expected targets or classes for a data set, received both'],
    [
      { inputCount: 2 ** 53 - 1, samples: 2 ** 32 - 1 },
      'expected sizes whose product fits in memory for inputs, received 4294967295 x 9007199254740991',
    ],
  ])('%j', (changes, message) => {
    expect(failureOf(create(changes))).toBe(`invalid_argument: ${message}`);
  });

  it('wants classes as a Uint32Array', () => {
    const withClasses = { ...withoutTargets, classes: new Float32Array(4) } as Untyped as NativeDatasetSpec &
      Untyped;
    expect(failureOf(() => new (addon().Dataset)(withClasses))).toBe(
      'invalid_argument: expected a Uint32Array of length 4 for data.classes, received Float32Array(4)',
    );
  });

  it('refuses a detached array', () => {
    expect(failureOf(create({ inputs: detached(new Float32Array(12)) }))).toBe(
      'invalid_argument: expected a Float32Array of length 12 for data.inputs, received one whose buffer is detached: it was transferred to another thread',
    );
  });

  it('is a copy: what happens to the arrays later does not matter', async () => {
    const inputs = native.floats('float64', 60) as Float64Array;
    const targets = native.floats('float64', 20, 1) as Float64Array;
    const copied = new (addon().Dataset)({
      dtype: 'float64',
      samples: 20,
      inputCount: 3,
      targetCount: 1,
      inputs,
      targets,
    });
    const population = native.population('reference');
    const before = await population.evaluate([copied]);
    inputs.fill(Number.NaN);
    detached(targets);
    expect(await population.evaluate([copied])).toEqual(before);
  });

  it('answers for itself only', () => {
    const { get: samples } = Object.getOwnPropertyDescriptor(addon().Dataset.prototype, 'samples') ?? {};
    expect(failureOf(() => samples?.call(native.population('reference')))).toBe(
      'invalid_argument: this accessor was called on an object of another class',
    );
    expect(() => addon().Population.prototype.stop.call(native.dataset())).toThrow('Illegal invocation');
  });
});

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
      () => p.evaluate([]),
      'expected an array of length 1 for data, received an array of length 0',
    ],
    [
      'evaluate, kind',
      () => p.evaluate([undefined as never]),
      'expected a Dataset for data[0], received undefined',
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
      'expected one of parameters, firstMoment, secondMoment for block, received "momentum"',
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
  ])('%s', (_, call, message) => {
    expect(failureOf(call)).toBe(`invalid_argument: ${message}`);
    expect(p.busy).toBe(false);
  });

  it('rejects with what the backend refuses, and is idle again', async () => {
    const other = native.dataset('float32');
    for (const promise of [p.evaluate([other])])
      expect(await rejectionOf(promise)).toMatch(/^data_mismatch: /);
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
    const sgd = { ...native.student(data).optimizer, kind: 'sgd' as const };
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
    expect(failureOf(() => r.evaluate(sets))).toMatch(/^population_disposed: /);
  });
});

describe('random fills', () => {
  const stream = { seed: 1, trial: 0, purpose: 8, part: 0 };
  const out = new Float64Array(3);
  const native_ = addon();

  it.each<[string, () => unknown, string]>([
    [
      'no stream',
      () => native_.fillNormal(undefined as never, 0, 1, out),
      'expected an object for stream, received undefined',
    ],
    [
      'seed',
      () => native_.fillNormal({ ...stream, seed: -1 }, 0, 1, out),
      'expected an integer from 0 to 9007199254740991 for stream.seed, received -1',
    ],
    [
      'part',
      () => native_.fillPermutation({ ...stream, part: 2 ** 32 }, new Uint32Array(2)),
      'expected an integer from 0 to 4294967295 for stream.part, received 4294967296',
    ],
    [
      'deviation',
      () => native_.fillNormal(stream, 0, Infinity, out),
      'expected a finite number for deviation, received Infinity',
    ],
    [
      'low',
      () => native_.fillUniform(stream, '0' as never, 1, out),
      'expected a finite number for low, received "0"',
    ],
    [
      'kind',
      () => native_.fillUniform(stream, 0, 1, new Float32Array(3) as never),
      'expected a Float64Array of length 3 for out, received Float32Array(3)',
    ],
    [
      'permutation, kind',
      () => native_.fillPermutation(stream, out as never),
      'expected a Uint32Array of length 3 for out, received Float64Array(3)',
    ],
    [
      'detached',
      () => native_.fillNormal(stream, 0, 1, detached(new Float64Array(3))),
      'expected a Float64Array of length 0 for out, received one whose buffer is detached: it was transferred to another thread',
    ],
  ])('%s', (_, call, message) => {
    expect(failureOf(call)).toBe(`invalid_argument: ${message}`);
  });

  it('fill the whole array and nothing beyond it', () => {
    const around = new Float64Array(5).fill(Number.NaN);
    native_.fillNormal(stream, 0, 1, around.subarray(1, 4));
    expect([...around].map(Number.isFinite)).toEqual([false, true, true, true, false]);
    const empty = new Float64Array(0);
    native_.fillUniform(stream, 0, 1, empty);
    expect(empty.length).toBe(0);
  });
});

describe('kernels', () => {
  const sizes = { batch: 2, inputs: 3, outputs: 4 };
  const common = {
    backend: 'reference',
    dtype: 'float32',
    ...sizes,
    x: new Float32Array(6),
    matrix: new Float32Array(12),
  } as const;
  const forward = { ...common, activation: 'relu', y: new Float32Array(8) };
  const backward = { ...common, delta: new Float32Array(8) };
  const both = { eigenvaluesIn: new Float32Array(3), eigenvaluesOut: new Float32Array(4) };
  const { kernels } = addon();

  it.each<[string, Untyped, string]>([
    ['batch', { batch: 0 }, 'expected an integer from 1 to 9007199254740991 for request.batch, received 0'],
    [
      'x',
      { x: new Float32Array(5) },
      'expected a Float32Array of length 6 for request.x, received Float32Array(5)',
    ],
    [
      'kind',
      { matrix: new Float64Array(12) },
      'expected a Float32Array of length 12 for request.matrix, received Float64Array(12)',
    ],
    ['y', { y: undefined }, 'expected a Float32Array of length 8 for request.y, received undefined'],
    [
      'z',
      { z: new Float32Array(9) },
      'expected a Float32Array of length 8 for request.z, received Float32Array(9)',
    ],
    [
      'bias',
      { bias: new Float32Array(3) },
      'expected a Float32Array of length 4 for request.bias, received Float32Array(3)',
    ],
    [
      'eigenvalues',
      { eigenvaluesIn: new Float32Array(3) },
      'expected both eigenvaluesIn and eigenvaluesOut (a spectral layer) or neither (a dense one), received only one',
    ],
    [
      'overflow',
      { batch: 2 ** 40, inputs: 2 ** 40 },
      'expected sizes whose product fits in memory for batch x inputs, received 1099511627776 x 1099511627776',
    ],
    [
      'detached',
      { x: detached(new Float32Array(6)) },
      'expected a Float32Array of length 6 for request.x, received one whose buffer is detached: it was transferred to another thread',
    ],
  ])('forward: %s', (_, changes, message) => {
    expect(failureOf(() => kernels.forward({ ...forward, ...changes }))).toBe(`invalid_argument: ${message}`);
  });

  it.each<[string, Untyped, string]>([
    [
      'delta',
      { delta: new Float32Array(7) },
      'expected a Float32Array of length 8 for request.delta, received Float32Array(7)',
    ],
    [
      'gradMatrix',
      { gradMatrix: new Float32Array(11) },
      'expected a Float32Array of length 12 for request.gradMatrix, received Float32Array(11)',
    ],
    [
      'gradX',
      { gradX: new Float32Array(8) },
      'expected a Float32Array of length 6 for request.gradX, received Float32Array(8)',
    ],
    [
      'dense',
      { gradEigenvaluesIn: new Float32Array(3) },
      'expected no gradients of eigenvalues for a dense layer, received gradEigenvaluesIn or gradEigenvaluesOut',
    ],
    [
      'gradEigenvaluesOut',
      { ...both, gradEigenvaluesOut: new Float32Array(3) },
      'expected a Float32Array of length 4 for request.gradEigenvaluesOut, received Float32Array(3)',
    ],
  ])('backward: %s', (_, changes, message) => {
    expect(failureOf(() => kernels.backward({ ...backward, ...changes }))).toBe(
      `invalid_argument: ${message}`,
    );
  });

  it('survive a getter that detaches an array which was read before', () => {
    const x = new Float32Array(6);
    const trap = {
      ...forward,
      x,
      get y() {
        detached(x);
        return new Float32Array(8);
      },
    };
    expect(failureOf(() => kernels.forward(trap))).toMatch(/detached/);
  });
});

describe('useErrorClass', () => {
  it('wants a class', () => {
    expect(failureOf(() => addon().useErrorClass('Error' as never))).toBe(
      'invalid_argument: expected a class for errorClass, received "Error"',
    );
  });
});
