/** Images with the channels last, and stored numbers beside the layers of images. */
import { afterAll, describe, expect, it } from 'vitest';
import { type LoadOptions, loadNetwork } from '../../../src/exchange/index.js';
import { floatTensor } from '../../../src/exchange/onnx/tensor.js';
import { rejectionOf } from '../../failure.js';
import { relativeDifference } from '../fixtures.js';
import { conv, ImageFile, type ImageGraph, kernels, numbers, refused, tolerance } from './image-graphs.js';
import { type Attributes, node, sizes } from './models.js';
import { ownAnswer, runtimeAnswer, samplesOf } from './onnxruntime.js';

const file = new ImageFile();
afterAll(() => file.remove());
const layersOf = (graph: ImageGraph) => file.layersOf(graph);
const failure = (graph: ImageGraph, options: LoadOptions = {}) => file.failure(graph, options);

describe('images with the channels last', () => {
  const toFirst = node('Transpose', ['x'], 'first', { perm: [0, 3, 1, 2] });
  const toLast = node('Transpose', ['h'], 'last', { perm: [0, 2, 3, 1] });
  const nodes = [
    node('Sub', ['x', 'mean'], 'centred'),
    { ...toFirst, input: ['centred'] },
    node('Conv', ['first', 'w'], 'c'),
    node('Relu', ['c'], 'h'),
    toLast,
    node('Reshape', ['last', 'rows'], 'f'),
    node('MatMul', ['f', 'v'], 'y'),
  ];
  const tensors = [kernels, numbers('mean', [2]), sizes('rows', -1, 5 * 3 * 3), numbers('v', [5 * 3 * 3, 4])];
  const graph = { nodes, tensors, input: ['N', 7, 5, 2] };

  it('are read as images with the channels first where that is asked for, and refused otherwise', async () => {
    expect(await failure(graph)).toBe(
      'file_unsupported: expected images [samples, channels, height, width] for the input "x" of FILE, received [N, 7, 5, 2], of ' +
        'which Transpose (the node that gives "first") moves the channels to the front. loadNetwork(path, { inputLayout: ' +
        "'channelsFirst' }) reads a network of [2, 7, 5], to which samples are given with the channels first",
    );
    const loaded = await loadNetwork(file.path, { inputLayout: 'channelsFirst' });
    expect(loaded.network.spec.inputShape).toEqual([2, 7, 5]);
    expect(loaded.network.spec.layers.map(({ kind }) => kind)).toEqual(['conv2d', 'flatten', 'dense']);
    expect(loaded.signature?.input).toEqual({
      ...{ name: 'x', shape: ['N', 7, 5, 2], elementType: 'float32', layout: 'channelsLast' },
    });
    const images = samplesOf(70);
    const last = images.map((_, i) => images[(i % 2) * 35 + Math.floor(i / 2)] as number);
    const { numbers: theirs } = await runtimeAnswer(file.path, 'x', last, [1, 7, 5, 2]);
    expect(relativeDifference(await ownAnswer(loaded, images), theirs)).toBeLessThan(tolerance);
  });

  it('of one channel are read as they are', async () => {
    const one = [toFirst, node('Conv', ['first', 'w'], 'y')];
    const layers = await layersOf({
      nodes: one,
      tensors: [numbers('w', [3, 1, 3, 3])],
      input: ['N', 7, 5, 1],
    });
    expect(layers).toHaveLength(1);
  });

  it('at the end are refused, and an inputLayout without need', async () => {
    const ending = [node('Conv', ['x', 'w'], 'h'), { ...toLast, output: ['y'] }];
    expect(await failure({ nodes: ending, tensors })).toBe(
      'file_unsupported: expected an output with the channels before rows and columns in FILE, received "y" with the channels last',
    );
    expect(await failure(conv({}), { inputLayout: 'channelsFirst' })).toBe(
      'invalid_argument: expected no inputLayout for FILE, whose input "x" [N, 2, 7, 5] is read as it is',
    );
    expect(await failure(conv({}), { inputLayout: 'NHWC' as 'channelsFirst' })).toBe(
      'invalid_argument: expected one of channelsFirst for inputLayout of loadNetwork, received "NHWC"',
    );
    expect(await failure(conv({}), { output: '' })).toBe(
      'invalid_argument: expected the name of an output for output of loadNetwork, received ""',
    );
    expect(await rejectionOf(loadNetwork('model.npz', { output: 'y' }))).toBe(
      'invalid_argument: expected none, as model.npz is not ONNX, for output of loadNetwork, received "y"',
    );
  });
});

describe('stored numbers beside layers', () => {
  const perChannel = numbers('c', [2, 1, 1], 2);
  const dense = [node('Flatten', ['h'], 'f'), node('MatMul', ['f', 'v'], 'y')];
  const v = numbers('v', [70, 3]);

  it('that scale or shift images are parts of the layer after, where zeros as padding do not change', async () => {
    const scaled = (opType: string, attributes: Attributes) => ({
      nodes: [node(opType, ['x', 'c'], 'h'), node('Conv', ['h', 'w'], 'y', attributes)],
      tensors: [kernels, perChannel],
    });
    const kinds = async (graph: ImageGraph) => (await layersOf(graph)).map(({ kind }) => kind);
    expect(await kinds(scaled('Sub', {}))).toEqual(['conv2d']);
    expect(await kinds(scaled('Div', { pads: [1, 1, 1, 1] }))).toEqual(['conv2d']);
    const shifted = await layersOf(scaled('Sub', { pads: [1, 1, 1, 1] }));
    expect(shifted).toMatchObject([
      { kind: 'conv2d', groups: 2, kernel: { height: 1, width: 1 } },
      { kind: 'conv2d' },
    ]);
    expect(shifted[0]?.tensors).toMatchObject({ weights: { trainable: false }, bias: { trainable: false } });
    const image = { nodes: [node('Sub', ['x', 'c'], 'h'), ...dense], tensors: [v, numbers('c', [2, 7, 5])] };
    expect(await kinds(image)).toEqual(['dense']);
  });

  it('that differ within a channel, or between features that a sum reads, are refused', async () => {
    const expected =
      'stored numbers that the dense layer or the convolution before or after takes up, or one for each channel of images';
    expect(await failure({ nodes: [node('Mul', ['x', 'c'], 'y')], tensors: [numbers('c', [7, 5])] })).toBe(
      refused(expected, 'Mul', 'numbers that differ within a channel'),
    );
    expect(
      await failure({
        nodes: [node('Relu', ['x'], 'h'), node('Mul', ['h', 'c'], 'y')],
        tensors: [numbers('c', [4])],
        input: ['N', 4],
      }),
    ).toBe(refused(expected, 'Mul', '4 for features, which no such layer beside it takes up'));
    expect(
      await failure({ nodes: [node('Div', ['x', 'c'], 'y')], tensors: [floatTensor('c', [], [0])] }),
    ).toBe(refused('a tensor by stored numbers', 'Div', 'a division by 0'));
  });
});
