/** Convolutions and pools of ONNX files in every way of padding: what is read gives the numbers of onnxruntime. */
import { afterAll, describe, expect, it } from 'vitest';
import type { LoadOptions } from '../../../src/exchange/index.js';
import type { OnnxNode } from '../../../src/exchange/onnx/schema.js';
import { conv, ImageFile, type ImageGraph, kernels, numbers, refused } from './image-graphs.js';
import { type Attributes, node, sizes } from './models.js';

const file = new ImageFile();
afterAll(() => file.remove());
const layersOf = (graph: ImageGraph) => file.layersOf(graph);
const failure = (graph: ImageGraph, options: LoadOptions = {}) => file.failure(graph, options);

describe('padding of Conv', () => {
  it.each<[Attributes, number[], [number, number], [number, number]]>([
    // over 7 x 5: SAME at stride 1 is 1 on both sides, at stride 2 too
    [{ auto_pad: 'SAME_UPPER', strides: [1, 1] }, [7, 5], [3, 3], [1, 1]],
    [{ auto_pad: 'SAME_UPPER', strides: [2, 2] }, [7, 5], [3, 3], [1, 1]],
    // of an even image, it is 0 before and 1 after, or 1 and 0
    [{ auto_pad: 'SAME_UPPER', strides: [2, 2] }, [6, 8], [4, 4], [1, 1]],
    [{ auto_pad: 'SAME_LOWER', strides: [2, 2] }, [6, 8], [3, 3], [1, 1]],
    [{ auto_pad: 'VALID', strides: [2, 2] }, [7, 5], [3, 3], [0, 0]],
    [{ pads: [0, 0, 1, 2] }, [7, 5], [4, 5], [1, 2]],
    [{ pads: [2, 1, 0, 0] }, [7, 5], [5, 4], [2, 1]],
    [{ pads: [0, 1, 2, 1], dilations: [2, 1] }, [7, 5], [4, 3], [2, 1]],
  ])(
    '%j over %j is that of a kernel of %j with %j on both sides',
    async (attributes, image, kernel, padding) => {
      const [layer] = await layersOf({ ...conv(attributes), input: ['N', 2, ...image] });
      expect(layer).toMatchObject({
        kind: 'conv2d',
        kernel: { height: kernel[0], width: kernel[1] },
        padding: { height: padding[0], width: padding[1] },
      });
    },
  );

  it('that no larger kernel gives, with a dilation, is a layer of zeros in front', async () => {
    const layers = await layersOf(conv({ pads: [0, 1, 1, 1], dilations: [2, 1] }));
    expect(layers.map(({ kind }) => kind)).toEqual(['conv2d', 'conv2d']);
    expect(layers[0]).toMatchObject({ groups: 2, tensors: { weights: { trainable: false } } });
  });

  it('by Pad in front is part of it, in every opset', async () => {
    const after = node('Conv', ['p', 'w'], 'y', { pads: [1, 0, 0, 0] });
    const padded = node('Pad', ['x', 'pads'], 'p');
    const pads = [0, 0, 0, 1, 0, 0, 1, 1];
    for (const opset of [11, 18])
      expect(
        await layersOf({ nodes: [padded, after], tensors: [kernels, sizes('pads', ...pads)], opset }),
      ).toMatchObject([{ kind: 'conv2d', padding: { height: 1, width: 1 } }]);
    expect(
      await layersOf({ nodes: [node('Pad', ['x'], 'p', { pads }), after], tensors: [kernels], opset: 7 }),
    ).toHaveLength(1);
    const axes = [sizes('pads', 1, 1), sizes('axes', -1)];
    const along = node('Pad', ['x', 'pads', '', 'axes'], 'p');
    expect(await layersOf({ nodes: [along, after], tensors: [kernels, ...axes], opset: 18 })).toHaveLength(1);
  });
});

describe('pools', () => {
  const pool = (opType: string, attributes: Attributes, before: readonly OnnxNode[] = []): ImageGraph => {
    return { nodes: [...before, node(opType, [before.length > 0 ? 'r' : 'x'], 'y', attributes)] };
  };
  const two = { kernel_shape: [2, 2], strides: [2, 2] };

  it('round up: windows that reach beyond the image', async () => {
    const relu = [node('Relu', ['x'], 'r')];
    expect(await layersOf(pool('MaxPool', { ...two, ceil_mode: 1 }, relu))).toMatchObject([
      { kind: 'activation' },
      { kind: 'conv2d', tensors: { weights: { trainable: false } } }, // zeros, beside which outputs of relu are the largest
      { kind: 'maxPool2d' },
    ]);
    // of an even image nothing is rounded
    const even = { ...pool('MaxPool', { ...two, ceil_mode: 1 }), input: ['N', 2, 6, 4] };
    expect(await layersOf(even)).toHaveLength(1);
    // and windows of the same padding on both sides may reach as far
    const three = { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 0, 0], ceil_mode: 1 };
    expect(await layersOf(pool('MaxPool', three))).toMatchObject([{ padding: { height: 1, width: 1 } }]);
    expect(await failure(pool('MaxPool', { ...two, ceil_mode: 1 }))).toBe(
      refused(
        'the same padding on both sides, of at most half the kernel, or outputs of relu, beside which zeros count as little,',
        'MaxPool',
        'pads [0, 0, 1, 1], with what ceil_mode adds, for a kernel of 2 x 2 with strides of 2 x 2 over an image of 7 x 5',
      ),
    );
    expect(await failure(pool('AveragePool', { ...two, ceil_mode: 1 }))).toBe(
      refused(
        'the same padding on both sides, of at most half the kernel, or, with count_include_pad = 1 and ceil_mode = 0, any',
        'AveragePool',
        'pads [0, 0, 1, 1], with what ceil_mode adds, for a kernel of 2 x 2 with strides of 2 x 2 over an image of 7 x 5',
      ),
    );
  });

  it('of the mean leave the padding out unless the file says otherwise', async () => {
    const padded = { kernel_shape: [3, 3], pads: [1, 1, 1, 1] };
    expect(await layersOf(pool('AveragePool', padded))).toMatchObject([{ countIncludePad: false }]);
    const counted = { ...padded, count_include_pad: 1 };
    expect(await layersOf(pool('AveragePool', counted))).toMatchObject([{ countIncludePad: true }]);
    expect(await layersOf(pool('AveragePool', { ...counted, pads: [0, 0, 1, 1] }))).toHaveLength(2);
  });

  it('of whole images, as operators or as means over two axes, give features', async () => {
    const dense = [node('Flatten', ['g'], 'f'), node('MatMul', ['f', 'v'], 'y')];
    const tensors = [numbers('v', [2, 3]), sizes('axes', 2, 3)];
    const kinds = async (first: OnnxNode, opset: number) =>
      (await layersOf({ nodes: [first, ...dense], tensors, opset })).map(({ kind }) => kind);
    const whole = ['globalAveragePool', 'dense'];
    expect(await kinds(node('GlobalAveragePool', ['x'], 'g'), 7)).toEqual(whole);
    expect(await kinds(node('ReduceMean', ['x'], 'g', { axes: [-2, -1], keepdims: 0 }), 13)).toEqual(whole);
    expect(await kinds(node('ReduceMean', ['x', 'axes'], 'g'), 18)).toEqual(whole);
    expect(await kinds(node('GlobalMaxPool', ['x'], 'g'), 13)).toEqual(['maxPool2d', 'flatten', 'dense']);
    expect(await failure({ nodes: [node('ReduceMean', ['x'], 'y', { axes: [1] })] })).toBe(
      refused(
        'a mean over rows and columns of images of known extents',
        'ReduceMean',
        'axes 1 of a tensor of shape [N, 2, 7, 5]',
      ),
    );
  });
});
