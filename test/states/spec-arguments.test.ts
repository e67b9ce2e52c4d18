/** What native code says to arguments that TypeScript should have refused: an error with a code, never a crash. */
import { describe, expect, it } from 'vitest';
import type { NativePopulationSpec } from '../../src/native/addon.js';
import { addon } from '../../src/native/load.js';
import { failureOf } from '../failure.js';
import { changed } from './broken-values.js';
import * as native from './native-students.js';

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
    ['backend', 'gpu', 'expected one of reference, cpu, cuda for spec.backend, received "gpu"'],
    ['backend', Symbol('cpu'), 'expected one of reference, cpu, cuda for spec.backend, received a symbol'],
    ['dtype', 'float16', 'expected one of float32, float64 for spec.dtype, received "float16"'],
    ['threads', -1, 'expected an integer from 0 to 4096 for spec.threads, received -1'],
    ['threads', 1e9, 'expected an integer from 0 to 4096 for spec.threads, received 1000000000'],
    ['threads', 1.5, 'expected an integer from 0 to 4096 for spec.threads, received 1.5'],
    ['students', {}, 'expected an array for spec.students, received an object'],
    ['students.0', null, 'expected an object for spec.students[0], received null'],
    [
      'students.0.trainer.seed',
      Number.NaN,
      'expected an integer from 0 to 9007199254740991 for spec.students[0].trainer.seed, received NaN',
    ],
    [
      'students.0.trainer.trial',
      2 ** 32,
      'expected an integer from 0 to 4294967295 for spec.students[0].trainer.trial, received 4294967296',
    ],
    ['students.0.trainer.batchSize', 0, 'student 0: batchSize: expected at least 1, got 0'],
    [
      'students.0.trainer.data',
      {},
      'expected a Dataset for spec.students[0].trainer.data, received an object',
    ],
    [
      'students.0.trainer.optimizer.kind',
      'lion',
      'expected one of sgd, adam, adamW for spec.students[0].trainer.optimizer.kind, received "lion"',
    ],
    [
      'students.0.trainer.optimizer.nesterov',
      1,
      'expected true or false for spec.students[0].trainer.optimizer.nesterov, received 1',
    ],
    [
      'students.0.trainer.optimizer.beta1',
      -Infinity,
      'expected a finite number for spec.students[0].trainer.optimizer.beta1, received -Infinity',
    ],
    [
      'students.0.trainer.learningRate.base',
      1n,
      'expected a finite number for spec.students[0].trainer.learningRate.base, received a bigint',
    ],
    [
      'students.0.trainer.phases',
      [{ mask: 128, length: 1, inEpochs: false }],
      'student 0: phase 0: expected a mask of at most 127, got 128',
    ],
    [
      `${layer}.options.activation`,
      'rleu',
      'expected one of linear, relu, leakyRelu, elu, tanh, sigmoid, softplus, gelu, erf, quadratic, scaledErf for spec.students[0].network.layers[0].options.activation, received "rleu"',
    ],
    [
      `${layer}.options.width`,
      2 ** 53,
      'expected an integer from 0 to 9007199254740991 for spec.students[0].network.layers[0].options.width, received 9.00719925474099e+15',
    ],
    [
      `${layer}.tensors.0`,
      () => 1,
      'expected true or false for spec.students[0].network.layers[0].tensors[0].trainable, received undefined',
    ],
    [
      `${layer}.tensors.0`,
      [1, 2],
      'expected a string for spec.students[0].network.layers[0].tensors[0].name, received undefined',
    ],
    [
      `${layer}.options.type`,
      new Float32Array(2),
      'expected one of spectral, dense, batchNorm, activation, add, concat, flatten, maxPool2d, averagePool2d, globalAveragePool, conv2d, spectralConv2d, convTranspose2d for spec.students[0].network.layers[0].options.type, received Float32Array(2)',
    ],
    [
      `${layer}.options.type`,
      [1, 2],
      'expected one of spectral, dense, batchNorm, activation, add, concat, flatten, maxPool2d, averagePool2d, globalAveragePool, conv2d, spectralConv2d, convTranspose2d for spec.students[0].network.layers[0].options.type, received an array of length 2',
    ],
    [
      `${layer}.options.type`,
      () => 1,
      'expected one of spectral, dense, batchNorm, activation, add, concat, flatten, maxPool2d, averagePool2d, globalAveragePool, conv2d, spectralConv2d, convTranspose2d for spec.students[0].network.layers[0].options.type, received a function',
    ],
  ])('refuses %s = %s', (path, to, message) => {
    expect(failureOf(create(path, to))).toBe(`invalid_argument: ${message}`);
  });

  const sanitized = process.env.LD_PRELOAD?.includes('asan') === true;
  // skipped: AddressSanitizer ends the process where operator new would have thrown
  it.skipIf(sanitized).each([
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
    const layers = [2 ** 24, 1].map((width, index) => ({
      options: { type: 'dense' as const, width, activation: 'linear', slope: 0.01 },
      reads: [index],
      tensors: [{ name: 'weights', trainable: true, l1: 0, l2: 0, groupLasso: 0 }],
    }));
    const students = [{ ...native.student(data), network: { input: [size], layers } }];
    expect(failureOf(() => new (addon().Population)(native.spec(backend, { students })))).toBe(
      'out_of_memory: not enough memory for this call; use fewer or smaller students, or less data',
    );
  });

  it('refuses what only looks like a data set', () => {
    const { Dataset, Population } = addon();
    const disguised: object = new Population(spec);
    Object.setPrototypeOf(disguised, Dataset.prototype);
    for (const fake of [Object.create(Dataset.prototype), disguised])
      expect(failureOf(create('students.0.trainer.data', fake))).toBe(
        'invalid_argument: expected a Dataset for spec.students[0].trainer.data, received an object',
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

describe('useErrorClass', () => {
  it('requires a class', () => {
    expect(failureOf(() => addon().useErrorClass('Error' as never))).toBe(
      'invalid_argument: expected a class for errorClass, received "Error"',
    );
  });
});
