/** Operators of images that are refused, each by its name and what it has. */
import { afterAll, describe, expect, it } from 'vitest';
import type { LoadOptions } from '../../../src/exchange/index.js';
import { floatTensor } from '../../../src/exchange/onnx/tensor.js';
import { conv, ImageFile, type ImageGraph, kernels, numbers, refused } from './image-graphs.js';
import { type Attributes, node, sizes } from './models.js';

const file = new ImageFile();
afterAll(() => file.remove());
const _layersOf = (graph: ImageGraph) => file.layersOf(graph);
const failure = (graph: ImageGraph, options: LoadOptions = {}) => file.failure(graph, options);

describe('what is refused', () => {
  const batchNorm = (attributes: Attributes, variance = [1, 2], opset = 14): ImageGraph => ({
    nodes: [node('BatchNormalization', ['x', 's', 's', 's', 'v'], 'y', attributes)],
    tensors: [numbers('s', [2]), floatTensor('v', [variance.length], variance)],
    opset,
  });
  const pads = (...of: number[]) => ({
    nodes: [node('Pad', ['x', 'p'], 'y')],
    tensors: [sizes('p', ...of)],
  });
  const transposed = (attributes: Attributes): ImageGraph => ({
    nodes: [node('ConvTranspose', ['x', 'w'], 'y', attributes)],
    tensors: [numbers('w', [2, 3, 3, 3])],
  });

  it.each<[string, ImageGraph, string, string]>([
    [
      'Conv',
      { ...conv({}, [numbers('w', [3, 2, 3])]) },
      'a stored kernel of two axes as its second input',
      'one of shape [3, 2, 3]',
    ],
    ['Conv', conv({ pads: [1, 1] }), 'four pads', '[1, 1]'],
    [
      'Conv',
      conv({ pads: [-1, 0, 0, 0] }),
      'pads from 0 to 1024, which differ by at most 32 from those of the other side',
      '[-1, 0, 0, 0]',
    ],
    [
      'Conv',
      conv({ pads: [0, 0, 33, 0] }),
      'pads from 0 to 1024, which differ by at most 32 from those of the other side',
      '[0, 0, 33, 0]',
    ],
    ['Conv', conv({ strides: [0, 1] }), 'strides of two numbers, each at least 1', '[0, 1]'],
    ['Conv', conv({ auto_pad: 'SAME' }), 'auto_pad NOTSET, VALID, SAME_UPPER or SAME_LOWER', '"SAME"'],
    [
      'Conv',
      conv({ auto_pad: 'SAME_UPPER', pads: [1, 1, 1, 1] }),
      'auto_pad or pads, not both',
      'auto_pad SAME_UPPER and pads [1, 1, 1, 1]',
    ],
    [
      'MaxPool',
      {
        nodes: [
          node('MaxPool', ['x'], 'y', { kernel_shape: [1, 1], strides: [5, 1], auto_pad: 'SAME_UPPER' }),
        ],
        input: ['N', 2, 10, 5],
      },
      'pads in place of auto_pad SAME_UPPER, which runtimes read differently there,',
      'a kernel of 1 with a stride of 5 over 10',
    ],
    [
      'Conv',
      { ...conv({}), input: ['N', 2, 'H', 'W'] },
      'images of known extents, of shape [samples, channels, height, width],',
      'a tensor of shape [N, 2, H, W]. Export the model with fixed extents, or declare them in the file',
    ],
    [
      'Conv',
      { ...conv({}), input: ['N', 70] },
      'images of known extents, of shape [samples, channels, height, width],',
      'a tensor of shape [N, 70]',
    ],
    [
      'MaxPool',
      { nodes: [node('MaxPool', ['x'], 'y', { kernel_shape: [2, 2], dilations: [2, 1] })] },
      'dilations of 1',
      'dilations [2, 1]',
    ],
    [
      'MaxPool',
      { nodes: [node('MaxPool', ['x'], 'y', { kernel_shape: [2] })] },
      'kernel_shape of two numbers, each at least 1',
      '[2]',
    ],
    [
      'MaxPool',
      { nodes: [node('MaxPool', ['x'], 'y', { kernel_shape: [2, 2], ceil_mode: 1 })], opset: 9 },
      'no attributes but auto_pad, kernel_shape, pads, strides, storage_order',
      'attribute ceil_mode',
    ],
    [
      'BatchNormalization',
      batchNorm({ training_mode: 1 }),
      'training_mode 0',
      'training_mode 1, by which outputs depend on the batch',
    ],
    ['BatchNormalization', batchNorm({ spatial: 0 }, [1, 2], 7), 'spatial = 1', 'spatial = 0'],
    ['BatchNormalization', batchNorm({}, [1, 2, 3]), '2 stored numbers as its variance', 'shape [3]'],
    [
      'BatchNormalization',
      batchNorm({}, [1, -2]),
      'variances above 0',
      'a variance of -2 with epsilon = 0.00001',
    ],
    [
      'BatchNormalization',
      { ...batchNorm({}), input: ['N', 2, 7] },
      'images [samples, channels, height, width] or features [samples, features], of known extents,',
      'a tensor of shape [N, 2, 7]',
    ],
    [
      'Pad',
      pads(0, 1, 0, 0, 0, 0, 0, 0),
      'pads of rows and columns only',
      'pads [0, 1, 0, 0, 0, 0, 0, 0] of a tensor of shape [N, 2, 7, 5]',
    ],
    ['Pad', pads(0, 0, 1, 1), 'stored pads, two for each axis', '[0, 0, 1, 1]'],
    [
      'Pad',
      { nodes: [node('Pad', ['x'], 'y', { pads: [0, 0, 1, 1, 0, 0, 1, 1], mode: 'reflect' })], opset: 10 },
      'mode "constant"',
      '"reflect"',
    ],
    [
      'Pad',
      { nodes: [node('Pad', ['x'], 'y', { pads: [0, 0, 1, 1, 0, 0, 1, 1], value: 0.5 })], opset: 10 },
      'zeros',
      '0.5',
    ],
    ['ConvTranspose', transposed({ group: 2 }), 'one group', 'group = 2'],
    ['ConvTranspose', transposed({ auto_pad: 'SAME_UPPER' }), 'pads', 'auto_pad SAME_UPPER'],
    [
      'ConvTranspose',
      transposed({ output_shape: [7, 5] }),
      'pads',
      'output_shape, of which pads would follow',
    ],
    [
      'ConvTranspose',
      transposed({ dilations: [2, 2] }),
      'no dilations, and padding that takes away as much at the end as at the start, up to less than a stride,',
      'dilations 2, strides 1, pads 0 and 0, output_padding []',
    ],
    [
      'Concat',
      { nodes: [node('Concat', ['x', 'x'], 'y', { axis: 2 })] },
      'computed tensors along the axis of channels or of features',
      'axis 2 for tensors of shape [N, 2, 7, 5], of shape [N, 2, 7, 5]',
    ],
    [
      'Concat',
      { nodes: [node('Concat', ['x', 'w'], 'y', { axis: 1 })], tensors: [kernels] },
      'computed tensors along the axis of channels or of features',
      '"w", which is stored',
    ],
    [
      'Add',
      { nodes: [node('GlobalAveragePool', ['x'], 'g'), node('Add', ['x', 'g'], 'y')] },
      'computed tensors of one shape to add',
      'of shape [N, 2, 7, 5] and of shape [N, 2, 1, 1]',
    ],
  ])('%s: %#', async (opType, graph, expected, received) => {
    expect(await failure(graph)).toBe(refused(expected, opType, received));
  });

  it('a sum of a concatenation and of one layer, whose units do not meet one by one', async () => {
    const nodes = [
      node('Conv', ['x', 'a'], 'c'),
      node('Concat', ['x', 'c'], 'both', { axis: 1 }),
      node('Conv', ['both', 'b'], 'd'),
      node('Add', ['both', 'd'], 'y'),
    ];
    const tensors = [numbers('a', [2, 2, 1, 1]), numbers('b', [4, 4, 1, 1])];
    expect(await failure({ nodes, tensors })).toBe(
      'invalid_network: the network in FILE cannot be built: layer 3: expected layers whose units meet one by one, got others',
    );
  });

  it('numbers that are too large once they are multiplied', async () => {
    const large = [node('Mul', ['x', 'c'], 'h'), node('Conv', ['h', 'w'], 'y')];
    const tensors = [floatTensor('c', [], [1e30]), floatTensor('w', [1, 2, 1, 1], [1e30, 1])];
    expect(await failure({ nodes: large, tensors })).toBe(
      'invalid_network: expected finite numbers for the layer of tensor "y" of FILE, received some that are not once the stored ' +
        'numbers beside it are multiplied and added. Export the model in float64, or scale its weights',
    );
  });

  it('files that contradict themselves', async () => {
    const corrupt = (reason: string) => `file_corrupt: FILE is not a readable ONNX file: ${reason}`;
    const where = 'Conv (the node that gives "y")';
    expect(await failure({ ...conv({}), input: ['N', 3, 7, 5] })).toBe(
      corrupt(`${where} has kernels of shape [3, 2, 3, 3] in 1 groups for a tensor of shape [N, 3, 7, 5]`),
    );
    expect(await failure(conv({ kernel_shape: [2, 2] }))).toBe(
      corrupt(`${where} names kernel_shape [2, 2] for kernels of shape [3, 2, 3, 3]`),
    );
    expect(await failure({ ...conv({}), input: ['N', 2, 2, 5] })).toBe(
      corrupt(`${where} has a kernel that covers 3 of an image of 2 with 0 of padding`),
    );
  });
});
