import { describe, expect, it } from 'vitest';
import { checkFits } from '../../src/network/data-fit.js';
import { checkDataset, Dataset, type DatasetOptions } from '../../src/network/dataset.js';
import { dense } from '../../src/network/layers.js';
import { networkSpec } from '../../src/network/spec.js';
import { failureOf } from '../failure.js';

const six = () => Float64Array.of(1, 2, 3, 4, 5, 6);

describe('Dataset.create', () => {
  it('counts its samples and its targets', () => {
    const data = Dataset.create({ inputs: six(), inputCount: 2, targets: new Float32Array(9) });
    expect([data.samples, data.inputCount, data.targetCount]).toEqual([3, 2, 3]);
    expect(data.classes).toBeUndefined();
  });

  it('keeps arrays and makes classes one', () => {
    const inputs = six();
    const data = Dataset.create({ inputs, inputCount: 3, classes: [0, 4] });
    expect(data.inputs).toBe(inputs);
    expect(data.classes).toEqual(Uint32Array.of(0, 4));
    expect([data.samples, data.targetCount]).toEqual([2, 0]);
  });

  it.each<[string, () => DatasetOptions, string]>([
    [
      'no sample',
      () => ({ inputs: new Float32Array(0), inputCount: 2 }),
      'expected at least one sample for inputs, received Float32Array(0)',
    ],
    [
      'a part of a sample',
      () => ({ inputs: six(), inputCount: 4 }),
      'expected a length that is a multiple of inputCount 4 for inputs, received Float64Array(6)',
    ],
    [
      '0 inputs',
      () => ({ inputs: six(), inputCount: 0 }),
      'expected a positive integer for inputCount, received 0',
    ],
    [
      'half an input',
      () => ({ inputs: six(), inputCount: 0.5 }),
      'expected a positive integer for inputCount, received 0.5',
    ],
    [
      'a plain array',
      () => ({ inputs: [1, 2] as never, inputCount: 2 }),
      'expected a Float32Array or Float64Array for inputs, received an array of length 2',
    ],
    [
      'NaN',
      () => ({ inputs: Float64Array.of(1, 2, 3, NaN), inputCount: 2 }),
      'expected finite numbers in inputs, received NaN at index 3 (sample 1, column 1)',
    ],
    [
      'infinite targets',
      () => ({ inputs: six(), inputCount: 2, targets: Float64Array.of(1, Infinity, 3) }),
      'expected finite numbers in targets, received Infinity at index 1 (sample 1, column 0)',
    ],
    [
      'targets of another length',
      () => ({ inputs: six(), inputCount: 2, targets: new Float64Array(5), targetCount: 2 }),
      'expected length 6 (3 samples x 2 targets) for targets, received Float64Array(5)',
    ],
    [
      'targets that do not divide',
      () => ({ inputs: six(), inputCount: 2, targets: new Float64Array(5) }),
      'expected a length that is a multiple of the 3 samples for targets, received Float64Array(5)',
    ],
    [
      'no targets in an array',
      () => ({ inputs: six(), inputCount: 2, targets: new Float64Array(0) }),
      'expected a length that is a multiple of the 3 samples for targets, received Float64Array(0)',
    ],
    [
      'targetCount of -1',
      () => ({ inputs: six(), inputCount: 2, targets: new Float64Array(3), targetCount: -1 }),
      'expected a positive integer for targetCount, received -1',
    ],
    [
      'targetCount alone',
      () => ({ inputs: six(), inputCount: 2, targetCount: 1 }),
      'expected targets to go with targetCount for targets, received undefined',
    ],
    [
      'targets and classes',
      () => ({ inputs: six(), inputCount: 2, targets: new Float64Array(3), classes: [0, 1, 2] }),
      'expected targets or classes for a data set, received both',
    ],
    [
      'a class of -1',
      () => ({ inputs: six(), inputCount: 2, classes: [0, -1, 2] }),
      'expected a class index (an integer from 0) for classes[1], received -1',
    ],
    [
      'half a class',
      () => ({ inputs: six(), inputCount: 2, classes: [0, 1, 1.5] }),
      'expected a class index (an integer from 0) for classes[2], received 1.5',
    ],
    [
      'too few classes',
      () => ({ inputs: six(), inputCount: 2, classes: [0] }),
      'expected length 3 (one per sample) for classes, received an array of length 1',
    ],
    [
      'classes of another kind',
      () => ({ inputs: six(), inputCount: 2, classes: new Int32Array(3) as never }),
      'expected a Uint32Array or an array of numbers for classes, received Int32Array(3)',
    ],
    [
      'a misspelt option',
      () => ({ inputs: six(), inputsCount: 2 }) as never,
      'unknown option "inputsCount" in Dataset.create; known: inputs, inputCount, inputShape, targets, targetCount, classes, named. Did you mean "inputCount"?',
    ],
  ])('refuses %s', (_, options, message) => {
    expect(failureOf(() => Dataset.create(options()))).toBe(`invalid_argument: ${message}`);
  });

  it.each(['inputs', 'targets', 'classes'] as const)('refuses detached %s', (name) => {
    const array = name === 'classes' ? new Uint32Array(3) : new Float64Array(6);
    structuredClone(array.buffer, { transfer: [array.buffer] });
    const options = { inputs: six(), inputCount: 2, [name]: array };
    expect(failureOf(() => Dataset.create(options))).toContain(
      `expected an array with its buffer for ${name}, received`,
    );
  });
});

describe('nativeOf', () => {
  it('makes one copy per dtype', () => {
    const data = Dataset.create({ inputs: six(), inputCount: 2 });
    expect(data.nativeOf('float32')).toBe(data.nativeOf('float32'));
    expect(data.nativeOf('float64')).not.toBe(data.nativeOf('float32'));
    expect(data.nativeOf('float64').samples).toBe(3);
  });

  it('refuses numbers that float32 cannot hold', () => {
    const data = Dataset.create({ inputs: Float64Array.of(1, -1e40), inputCount: 2 });
    expect(failureOf(() => data.nativeOf('float32'))).toContain('for inputs[1], received -1e+40');
    expect(data.nativeOf('float64').samples).toBe(1);
  });

  it('refuses arrays that were transferred after create', () => {
    const inputs = six();
    const data = Dataset.create({ inputs, inputCount: 2 });
    structuredClone(inputs.buffer, { transfer: [inputs.buffer] });
    expect(failureOf(() => data.nativeOf('float32'))).toContain('The buffer is detached');
  });
});

describe('checkFits', () => {
  const spec = (loss: 'mse' | 'crossEntropy') => networkSpec({ inputs: 2, layers: [dense(3)], loss });
  const data = (more: object, inputCount = 2) => Dataset.create({ inputs: six(), inputCount, ...more });

  it.each<[string, Dataset, 'mse' | 'crossEntropy', string]>([
    [
      'other inputs',
      data({ classes: [0, 1] }, 3),
      'mse',
      'expected data with 2 inputs per sample, as the network has, received 3',
    ],
    ['no targets', data({}), 'mse', "expected data with targets for loss 'mse', received neither"],
    [
      'classes instead',
      data({ classes: [0, 1, 2] }),
      'mse',
      "expected data with targets for loss 'mse', received classes. For classes use loss: 'crossEntropy'",
    ],
    [
      'other outputs',
      data({ targets: new Float64Array(6) }),
      'mse',
      'expected data with 3 targets per sample, one per output, received 2',
    ],
    [
      'no classes',
      data({}),
      'crossEntropy',
      "expected data with classes for loss 'crossEntropy', received neither",
    ],
    [
      'targets instead',
      data({ targets: new Float64Array(9) }),
      'crossEntropy',
      "expected data with classes for loss 'crossEntropy', received targets. For targets use loss: 'mse'",
    ],
    [
      'a class too many',
      data({ classes: [0, 2, 3] }),
      'crossEntropy',
      'expected data with classes from 0 to 2, received class 3 of sample 2',
    ],
  ])('refuses %s', (_, samples, loss, message) => {
    expect(failureOf(() => checkFits('student 4', samples, spec(loss), true))).toBe(
      `data_mismatch: student 4: ${message}`,
    );
  });

  it('lets data without targets be predicted from', () => {
    expect(() => checkFits('predict', data({}), spec('mse'), false)).not.toThrow();
    expect(() => checkFits('x', data({ classes: [0, 2, 1] }), spec('crossEntropy'), true)).not.toThrow();
  });

  it('refuses an object that only looks like a data set', () => {
    expect(failureOf(() => checkDataset('data of student 1', { samples: 3 }))).toBe(
      'invalid_argument: expected a Dataset (see Dataset.create) for data of student 1, received an object (Object)',
    );
  });
});
