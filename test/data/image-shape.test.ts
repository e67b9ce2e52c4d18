/** Data sets of images keep their shape, and networks of images refuse others. */
import { describe, expect, it } from 'vitest';
import { readCifar10 } from '../../src/data/cifar10.js';
import { readCsv } from '../../src/data/csv.js';
import { readIdx } from '../../src/data/idx.js';
import { normalizeInputs, normalizeSplits } from '../../src/data/normalization.js';
import { readNpyData } from '../../src/data/numpy-data.js';
import { splitData } from '../../src/data/splits.js';
import { withShape } from '../../src/data/with-shape.js';
import { adam, conv2d, Dataset, dense, flatten, Network, Population, Teacher } from '../../src/index.js';
import { failureOf, rejectionOf } from '../failure.js';
import { fileOf, idxBytes } from './files.js';

const ramp = (count: number) => Float64Array.from({ length: count }, (_, i) => i % 17);

/** An NPY file of float64. */
function npyBytes(shape: readonly number[]): Buffer {
  const count = shape.reduce((product, size) => product * size, 1);
  const header = `{'descr': '<f8', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`.padEnd(117);
  const start = Buffer.from('\x93NUMPY\x01\x00\x76\x00', 'latin1');
  return Buffer.concat([start, Buffer.from(`${header}\n`), Buffer.from(ramp(count).buffer)]);
}

const images = (samples = 20, shape: readonly [number, number, number] = [2, 3, 4]) =>
  Dataset.create({
    inputs: ramp(samples * shape[0] * shape[1] * shape[2]),
    inputShape: shape,
    classes: Array.from({ length: samples }, (_, i) => i % 2),
    named: { soft: ramp(2 * samples) },
  });

describe('the shape of images', () => {
  it('comes from the dimensions of IDX files', async () => {
    const gray = await readIdx({ images: await fileOf('gray', idxBytes([2, 3, 4], ramp(24))) });
    expect([gray.inputShape, gray.inputCount]).toEqual([[1, 3, 4], 12]);
    const colour = await readIdx({ images: await fileOf('colour', idxBytes([2, 3, 2, 2], ramp(24))) });
    expect([colour.inputShape, colour.inputCount]).toEqual([[3, 2, 2], 12]);
    const features = await readIdx({ images: await fileOf('features', idxBytes([2, 12], ramp(24))) });
    expect([features.inputShape, features.inputCount]).toEqual([undefined, 12]);
  });

  it('comes from the dimensions of NPY files', async () => {
    const of = async (...shape: number[]) => {
      const inputs = await fileOf('x.npy', npyBytes(shape));
      return (await readNpyData({ inputs })).inputShape;
    };
    expect(await of(2, 3, 4)).toEqual([1, 3, 4]);
    expect(await of(2, 3, 2, 4)).toEqual([3, 2, 4]);
    expect([await of(2, 12), await of(2, 3, 2, 2, 2)]).toEqual([undefined, undefined]);
  });

  it('of CIFAR-10 is 3 x 32 x 32', async () => {
    const data = await readCifar10([await fileOf('batch.bin', new Uint8Array(2 * 3073))]);
    expect([data.inputShape, data.inputCount]).toEqual([[3, 32, 32], 3072]);
  });

  it('is given to columns by withShape', async () => {
    const { data } = await readCsv(await fileOf('digits.csv', 'a,b,c,d,y\n1,2,3,4,0\n5,6,7,8,1\n'), {
      label: 'y',
    });
    expect(data.inputShape).toBeUndefined();
    const shaped = withShape(data, [1, 2, 2]);
    expect([shaped.inputShape, shaped.inputs, shaped.classes]).toEqual([
      [1, 2, 2],
      data.inputs,
      data.classes,
    ]);
    expect(failureOf(() => withShape(data, [1, 2, 3]))).toBe(
      'data_mismatch: withShape: expected a shape of 4 numbers, as the samples have inputs, received 1 x 2 x 3, which are 6',
    );
    expect(failureOf(() => withShape(data, [2, 2] as never))).toBe(
      'invalid_argument: expected a shape [channels, height, width] for shape of withShape, received an array of length 2',
    );
    expect(failureOf(() => withShape(null as never, [1, 2, 2]))).toBe(
      'invalid_argument: expected a Dataset (see Dataset.create) for data of withShape, received null',
    );
  });

  it('survives splits and normalisation, and so do named arrays', () => {
    const data = images();
    const splits = normalizeSplits(splitData(data, { validation: 4, test: 4, seed: 1 }), 'standard');
    for (const part of [splits.train, splits.validation, splits.test]) {
      expect(part.inputShape).toEqual([2, 3, 4]);
      expect(part.named.soft?.length).toBe(2 * part.samples);
    }
    const kept = normalizeInputs(data, { shift: [1, 2], scale: [3, 4] });
    expect([kept.inputShape, kept.named, kept.classes]).toEqual([data.inputShape, data.named, data.classes]);
  });

  it('is that of the network in data of a teacher', async () => {
    const network = Network.create(
      { inputs: [1, 3, 3], layers: [conv2d(2, 2), flatten(), dense(1)] },
      { seed: 1 },
    );
    const { train } = await Teacher.from(network).dataset({ train: 3, validation: 1, test: 1, seed: 2 });
    expect(train.inputShape).toEqual([1, 3, 3]);
  });

  it.each([
    [
      { inputCount: 23, inputShape: [2, 3, 4] },
      'expected 24, as inputShape 2 x 3 x 4 has numbers, for inputCount, received 23',
    ],
    [
      { inputShape: [24] },
      'expected a shape [channels, height, width] for inputShape, received an array of length 1',
    ],
    [{ inputShape: [2, 0, 4] }, 'expected a positive integer for inputShape[1], received 0'],
    [{ inputShape: 24 }, 'expected a shape [channels, height, width] for inputShape, received 24'],
    [
      { inputShape: [2 ** 40, 2 ** 20, 1] },
      'expected a shape whose product is a safe integer for inputShape, received an array of length 3',
    ],
    [{}, 'expected a positive integer for inputCount, received undefined'],
  ])('is checked: %j', (options, message) => {
    expect(failureOf(() => Dataset.create({ inputs: ramp(48), ...options } as never))).toBe(
      `invalid_argument: ${message}`,
    );
  });
});

describe('a network of images', () => {
  const layers = [conv2d(2, 2, { activation: 'relu' }), flatten(), dense(2)];
  const student = (data: Dataset, changes = {}) => ({
    ...{ layers, data, optimizer: adam({ learningRate: 0.01 }), batchSize: 5, epochs: 1, seed: 1 },
    ...changes,
  });

  it('refuses images of another shape, naming both', async () => {
    const network = Network.create({ inputs: [2, 3, 4], layers, loss: 'crossEntropy' }, { seed: 1 });
    const message =
      'expected data with images of 2 x 3 x 4 (channels x height x width), as the network has, received images of 2 x 4 x 3';
    expect(await rejectionOf(network.evaluate(images(4, [2, 4, 3])))).toBe(
      `data_mismatch: evaluate: ${message}`,
    );
    expect(await rejectionOf(network.evaluate(images(4, [3, 4, 2])))).toMatch(
      /images of 3 x 4 x 2\. The channels are last in the data: move them to the front, in NumPy by x\.transpose\(0, 3, 1, 2\)$/,
    );
    expect(failureOf(() => Population.create([student(images(4, [2, 4, 3]), { network })]))).toBe(
      `data_mismatch: student 0: ${message}`,
    );
  });

  it('accepts data without a shape, of the right count', async () => {
    const network = Network.create({ inputs: [2, 3, 4], layers }, { seed: 1 });
    const { inputs } = images(4);
    const plain = Dataset.create({ inputs, inputCount: 24 });
    expect(await network.predict(plain)).toEqual(await network.predict(images(4)));
    expect(await rejectionOf(network.predict(Dataset.create({ inputs: ramp(25), inputCount: 25 })))).toBe(
      'data_mismatch: predict: expected data with 24 inputs per sample, as the network has, received 25. A sample is an image of 2 x 3 x 4 ' +
        '(channels x height x width), channel by channel and row by row',
    );
  });

  it('takes its shape from the data; one of features takes their count, and the fused path', () => {
    using convolutional = Population.create([student(images())]);
    expect(convolutional.at(0).spec.inputShape).toEqual([2, 3, 4]);
    using plain = Population.create([student(images(), { layers: [dense(5), dense(2)] })]);
    expect([plain.at(0).spec.inputShape, plain.at(0).spec.inputs]).toEqual([undefined, 24]);
    expect(plain.at(0).execution).toBeNull();
    const data = images();
    const inputs = data.inputShape ?? data.inputCount;
    expect(Network.create({ inputs, layers }, { seed: 1 }).spec.inputShape).toEqual([2, 3, 4]);
  });
});
