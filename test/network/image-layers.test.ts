/** Layers of images: what their builders refuse, and the shapes that they give. */
import { describe, expect, it } from 'vitest';
import {
  averagePool2d,
  conv2d,
  convTranspose2d,
  Dataset,
  dense,
  flatten,
  globalAveragePool,
  type Layer,
  maxPool2d,
  Network,
  Population,
  sgd,
  spectralConv2d,
} from '../../src/index.js';
import { outputsOf } from '../../src/network/description.js';
import { specFromJson, specToJson } from '../../src/network/spec-json.js';
import { failureOf, rejectionOf } from '../failure.js';

const network = (...layers: Layer[]) =>
  Network.create({ inputs: [3, 6, 5], layers, loss: 'mse' }, { seed: 1 });
const outputs = (...layers: Layer[]) => outputsOf(network(...layers).spec);

describe('layers of images', () => {
  it.each<[string, Layer[], number]>([
    ['conv2d', [conv2d(4, 3)], 4 * 4 * 3],
    [
      'a conv2d of stride, padding and dilation',
      [conv2d(4, [2, 3], { stride: 2, padding: 1, dilation: [2, 1] })],
      4 * 3 * 3,
    ],
    ['a depth-wise conv2d', [conv2d(3, 3, { groups: 3 })], 3 * 4 * 3],
    ['spectralConv2d', [spectralConv2d(2, { height: 1, width: 5 })], 2 * 6],
    ['convTranspose2d', [convTranspose2d(2, 3, { stride: 2, outputPadding: [1, 0] })], 2 * 14 * 11],
    ['maxPool2d', [maxPool2d(2)], 3 * 3 * 2],
    ['averagePool2d', [averagePool2d(3, { stride: 1, padding: 1 })], 3 * 6 * 5],
    ['globalAveragePool', [globalAveragePool()], 3],
    ['flatten and dense', [flatten(), dense(7)], 7],
  ])('%s has the size of PyTorch', (_, layers, size) => {
    expect(outputs(...layers)).toBe(size);
  });

  it('come back from a file as they were', () => {
    const layers = [
      spectralConv2d(4, [3, 2], {
        padding: 1,
        groups: 1,
        activation: 'relu',
        bias: true,
        l2: { eigenvectors: 0.1 },
      }),
      maxPool2d([2, 1], { name: 'pool' }),
      averagePool2d(2, { countIncludePad: false }),
      convTranspose2d(4, 2, { stride: 2, outputPadding: 1 }),
      conv2d(4, 3, { groups: 2, dilation: 1 }),
      flatten(),
      dense(2),
    ];
    const { spec } = network(...layers);
    expect(specFromJson(specToJson(spec))).toEqual(spec);
    expect(spec.layers).toEqual(layers);
  });

  it('starts from fans that count the places of the kernel', () => {
    const { parameters } = network(conv2d(8, 3), flatten(), dense(1));
    const limit = Math.sqrt(6 / (9 * (3 + 8)));
    const kernels = parameters.subarray(0, 8 * 3 * 9);
    const largest = Math.max(...kernels.map(Math.abs));
    expect(largest).toBeLessThanOrEqual(limit);
    expect(largest).toBeGreaterThan(0.95 * limit);
  });

  it.each<[string, () => unknown, string]>([
    [
      'a kernel of one extent',
      () => conv2d(4, [3] as never),
      'invalid_argument: expected a number, [height, width] or { height, width } for kernel of conv2d layer, received an array of length 1',
    ],
    [
      'a kernel that is no size',
      () => maxPool2d('3' as never),
      'invalid_argument: expected a number, [height, width] or { height, width } for kernel of maxPool2d layer, received "3"',
    ],
    [
      'a stride of 0',
      () => conv2d(4, 3, { stride: [1, 0] }),
      'invalid_argument: expected a positive integer for stride of conv2d layer[1], received 0',
    ],
    [
      'a stride of 0 for both',
      () => maxPool2d(2, { stride: 0 }),
      'invalid_argument: expected a positive integer for stride of maxPool2d layer, received 0',
    ],
    [
      'no groups',
      () => conv2d(4, 3, { groups: 0 }),
      'invalid_argument: expected a positive integer for groups of conv2d layer, received 0',
    ],
    [
      'a negative padding',
      () => averagePool2d(2, { padding: -1 }),
      'invalid_argument: expected a non-negative integer for padding of averagePool2d layer, received -1',
    ],
    [
      'a misspelt option',
      () => conv2d(4, 3, { strides: 2 } as never),
      'invalid_argument: unknown option "strides" in conv2d layer',
    ],
    [
      'a kernel beyond the image',
      () => network(conv2d(4, 7)),
      'invalid_network: layer 0: expected a kernel that covers at most 6 along the height, the image with its padding, got 7 with a dilation of 1',
    ],
    [
      'a kernel beyond the image with its padding',
      () => network(spectralConv2d(4, [3, 8], { padding: 1 })),
      'invalid_network: layer 0: expected a kernel that covers at most 7 along the width, the image with its padding, got 8 with a dilation of 1',
    ],
    [
      'a dilated kernel beyond the image',
      () => network(conv2d(4, 1), conv2d(4, 3, { dilation: 3 })),
      'invalid_network: layer 1: expected a kernel that covers at most 6 along the height, the image with its padding, got 3 with a dilation of 3',
    ],
    [
      'a pool beyond the image',
      () => network(averagePool2d([2, 6])),
      'invalid_network: layer 0: expected a kernel that covers at most 5 along the width, the image with its padding, got 6 with a dilation of 1',
    ],
    [
      'a span that no index holds',
      () => network(conv2d(4, 3, { dilation: Number.MAX_SAFE_INTEGER })),
      'invalid_network: layer 0: expected a kernel that covers at most 6 along the height',
    ],
    [
      'groups that do not divide the channels',
      () => network(conv2d(4, 3, { groups: 2 })),
      'invalid_network: layer 0: expected groups that divide the 3 channels that are read and the 4 of the output, got 2',
    ],
    [
      'groups that do not divide the output',
      () => network(conv2d(4, 3, { groups: 3 })),
      'invalid_network: layer 0: expected groups that divide the 3 channels that are read and the 4 of the output, got 3',
    ],
    [
      'a padding of more than half a pool in one direction',
      () => network(averagePool2d([4, 3], { padding: 2 })),
      'invalid_network: layer 0: expected a padding of at most half the kernel, got 2 x 2 for a kernel of 4 x 3',
    ],
    [
      'a padding of more than half a pool',
      () => network(maxPool2d(2, { padding: 2 })),
      'invalid_network: layer 0: expected a padding of at most half the kernel, got 2 x 2 for a kernel of 2 x 2',
    ],
    [
      'an output padding of the stride',
      () => network(convTranspose2d(2, 3, { stride: 2, outputPadding: 2 })),
      'invalid_network: layer 0: expected an output padding below the stride, 2 along the height, got 2',
    ],
    [
      'a padding that leaves nothing',
      () => network(convTranspose2d(2, 1, { padding: 3 })),
      'invalid_network: layer 0: expected a padding that leaves a part of the 6 along the height, got 3',
    ],
    [
      'features where an image is read',
      () => network(flatten(), conv2d(2, 1)),
      'invalid_network: layer 1: expected an image [channels, height, width] to read, got 90',
    ],
    [
      'an image where features are read',
      () => network(conv2d(2, 1), dense(2)),
      'invalid_network: layer 1: expected features to read, as flatten gives, got 2 x 6 x 5',
    ],
    [
      'an image that no memory holds',
      () => network(convTranspose2d(2, 3, { stride: 2 ** 52 })),
      'invalid_network',
    ],
  ])('refuse %s', (_, run, message) => {
    expect(failureOf(run).slice(0, message.length)).toBe(message);
  });
});

describe('images of another size than those of the network', () => {
  const of =
    'A sample is an image of 3 x 6 x 5 (channels x height x width), channel by channel and row by row';
  const wrong = `expected data with 90 inputs per sample, as the network has, received 108. ${of}`;
  const classifier = Network.create(
    { inputs: [3, 6, 5], layers: [conv2d(2, 3), globalAveragePool()], loss: 'crossEntropy' },
    { seed: 1 },
  );
  const images = (count: number) =>
    Dataset.create({ inputs: new Float32Array(2 * count), inputCount: count, classes: [0, 1] });

  it('are refused by predict, evaluate and a population', async () => {
    const data = images(3 * 6 * 6);
    expect(await rejectionOf(classifier.predict(data))).toBe(`data_mismatch: predict: ${wrong}`);
    expect(await rejectionOf(classifier.evaluate(data))).toBe(`data_mismatch: evaluate: ${wrong}`);
    const student = {
      network: classifier,
      optimizer: sgd({ learningRate: 1 }),
      batchSize: 2,
      epochs: 1,
      seed: 1,
    };
    expect(failureOf(() => Population.create([{ ...student, data }]))).toBe(
      `data_mismatch: student 0: ${wrong}`,
    );
    using population = Population.create([{ ...student, data: images(90) }]);
    expect(await rejectionOf(population.at(0).evaluate(data))).toMatch(wrong);
  });

  it('are refused as plain numbers', async () => {
    expect(await rejectionOf(classifier.predict(new Float32Array(108)))).toMatch(/^\w+: .*90.*108/);
  });
});
