/** What native code says to arguments that TypeScript should have refused: an error with a code, never a crash. */
import { describe, expect, it } from 'vitest';
import type { NativeDatasetSpec } from '../../src/native/addon.js';
import { addon } from '../../src/native/load.js';
import { failureOf } from '../failure.js';
import { detached, type Untyped } from './broken-values.js';
import * as native from './native-students.js';

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
  ])('refuses %j', (changes, message) => {
    expect(failureOf(create(changes))).toBe(`invalid_argument: ${message}`);
  });

  it('requires classes as a Uint32Array', () => {
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

  it('is a copy that later changes of the arrays do not affect', async () => {
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
    const before = await population.evaluate([[copied]]);
    inputs.fill(Number.NaN);
    detached(targets);
    expect(await population.evaluate([[copied]])).toEqual(before);
  });

  it('refuses a receiver of another class', () => {
    const { get: samples } = Object.getOwnPropertyDescriptor(addon().Dataset.prototype, 'samples') ?? {};
    expect(failureOf(() => samples?.call(native.population('reference')))).toBe(
      'invalid_argument: this accessor was called on an object of another class',
    );
    expect(() => addon().Population.prototype.stop.call(native.dataset())).toThrow('Illegal invocation');
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
  ])('refuse a wrong argument: %s', (_, call, message) => {
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
  ])('refuse a wrong argument of forward: %s', (_, changes, message) => {
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
  ])('refuse a wrong argument of backward: %s', (_, changes, message) => {
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
