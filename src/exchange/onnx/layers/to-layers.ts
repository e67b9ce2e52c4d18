/** Makes layers of this package, with names where others than the next layer read them, of the layers of a file. */
import { EigenstudentError } from '../../../errors.js';
import type { FloatArray } from '../../../native/addon.js';
import { activation, add, batchNorm, concat } from '../../../network/graph-layers.js';
import {
  averagePool2d,
  conv2d,
  convTranspose2d,
  flatten,
  globalAveragePool,
  maxPool2d,
} from '../../../network/image-layers.js';
import { dense, type LayerPlace } from '../../../network/layers.js';
import type { ReadLayer, ReadNetwork } from '../../assemble.js';
import { corrupt } from '../model.js';
import { unsupportedNode } from '../node.js';
import { computed, perUnit } from '../operators/stored-numbers.js';
import { type EnlargedAxis, type EnlargedKernel, enlargedKernel } from './equal-padding.js';
import {
  type FileAffine,
  type FileConvolution,
  type FileLayer,
  type FilePad,
  sizeOf,
} from './file-layers.js';
import type { FileNetwork } from './file-network.js';

/**
 * @param path names the file in errors
 * @param output the layer of the network's output
 * @throws file_unsupported for stored numbers that no layer takes up; file_corrupt
 */
export function toLayers(path: string, network: FileNetwork, output: FileLayer): ReadNetwork {
  const inputs = inputsOf(path, network);
  const places = placesOf(withInput(network, inputs), output);
  const layers = [...places].map(([layer, place]) => checkFinite(path, layer, layerOf(path, layer, place)));
  return { inputs, layers };
}

/** The shape of a sample: an image where any layer reads one. */
function inputsOf(path: string, { layers }: FileNetwork): number | readonly number[] {
  const inputs = layers.filter(({ kind }) => kind === 'input');
  const images = inputs.filter(({ shape }) => shape.length === 3);
  const [first = inputs[0]] = images;
  const other = inputs.find(
    (input) =>
      first &&
      (input.shape.length === 1
        ? sizeOf(input) !== sizeOf(first)
        : input.shape.join() !== first.shape.join()),
  );
  const text = ({ shape }: FileLayer) => `[${shape.join(', ')}]`;
  if (first && other)
    throw corrupt(path, `its layers read a sample of its input as ${text(first)} and as ${text(other)}`);
  return first === undefined ? 0 : first.shape.length === 3 ? first.shape : sizeOf(first);
}

/** The layers after the input, which is flattened for those that read features of an image. */
function withInput({ layers }: FileNetwork, inputs: number | readonly number[]): FileLayer[] {
  const isImage = typeof inputs !== 'number';
  return layers.flatMap((layer): FileLayer[] => {
    if (layer.kind !== 'input') return [layer];
    if (!isImage || layer.shape.length === 3) return [];
    const image = layers.find(({ kind, shape }) => kind === 'input' && shape.length === 3) as FileLayer;
    // the layers that read it hold on to this object
    return [Object.assign(layer, { kind: 'flatten', tensor: 'input.flatten', reads: [image] })];
  });
}

/** The layers with the names that they have and that they read. */
function placesOf(layers: readonly FileLayer[], output: FileLayer): Map<FileLayer, LayerPlace> {
  const follows = (layer: FileLayer, i: number) => {
    const [source] = layer.reads;
    return layer.reads.length === 1 && (i === 0 ? source?.kind === 'input' : source === layers[i - 1]);
  };
  const named = new Set(layers.flatMap((layer, i) => (follows(layer, i) ? [] : layer.reads)));
  const names = new Map<FileLayer, string>();
  const taken = new Set(['input', '']);
  for (const layer of layers) {
    let name = layer.tensor;
    while (taken.has(name)) name = `${name}_`;
    taken.add(name);
    names.set(layer, name);
  }
  const nameOf = (layer: FileLayer) => (layer.kind === 'input' ? 'input' : (names.get(layer) as string));
  return new Map(
    layers.map((layer, i) => [
      layer,
      {
        ...(named.has(layer) && layer !== output && { name: nameOf(layer) }),
        ...(!follows(layer, i) && { inputs: layer.reads.map(nameOf) }),
      },
    ]),
  );
}

function layerOf(path: string, layer: FileLayer, place: LayerPlace): ReadLayer {
  switch (layer.kind) {
    case 'matrix': {
      const options = {
        activation: layer.activation,
        slope: layer.slope,
        bias: layer.bias !== undefined,
        ...place,
      };
      return { layer: dense(layer.shape[0] as number, options), tensors: numbersOf(layer) };
    }
    case 'convolution':
      return convolutionOf(layer, place);
    case 'transposedConvolution': {
      const { activation, slope, bias, kernel, stride, padding, outputPadding } = layer;
      const options = {
        activation,
        slope,
        bias: bias !== undefined,
        stride,
        padding,
        outputPadding,
        ...place,
      };
      return {
        layer: convTranspose2d(layer.shape[0] as number, kernel, options),
        tensors: numbersOf(layer),
      };
    }
    case 'batchNorm': {
      const { momentum, epsilon, scale, shift, mean, variance } = layer;
      const made = batchNorm({ momentum, epsilon, ...place });
      return { layer: made, tensors: [scale, shift], buffers: [mean, variance] };
    }
    case 'affine':
      return affineOf(path, layer, place);
    case 'pad':
      return padOf(layer, place);
    default:
      return { layer: plainLayerOf(layer, place), tensors: [] };
  }
}

function plainLayerOf(layer: FileLayer, place: LayerPlace) {
  const { name, inputs = [] } = place;
  switch (layer.kind) {
    case 'activation':
      return activation(layer.activation, { slope: layer.slope, ...place });
    case 'maxPool':
      return maxPool2d(layer.kernel, { stride: layer.stride, padding: layer.padding, ...place });
    case 'averagePool': {
      const { stride, padding, countIncludePad } = layer;
      return averagePool2d(layer.kernel, { stride, padding, countIncludePad, ...place });
    }
    case 'globalAveragePool':
      return globalAveragePool(place);
    case 'add':
      return add(inputs, { name });
    case 'concat':
      return concat(inputs, { name });
    default:
      return flatten(place);
  }
}

function numbersOf({
  weights,
  bias,
}: {
  readonly weights: FloatArray;
  readonly bias: FloatArray | undefined;
}) {
  return bias === undefined ? [weights] : [weights, bias];
}

/** Unequal padding becomes the same on both sides by weights of 0 beside the kernel. */
function convolutionOf(layer: FileConvolution, place: LayerPlace): ReadLayer {
  const { activation, slope, bias, kernel, stride, dilation, padding, groups, shape, weights } = layer;
  const larger = enlargedKernel(layer, padding, layer.reads[0]?.shape ?? []);
  if (larger === undefined)
    throw new EigenstudentError('internal', 'a convolution has padding that was not made equal');
  const { rows, columns } = larger;
  const numbers = { weights: withZeros(weights, kernel, rows, columns), bias };
  return {
    layer: conv2d(shape[0] as number, [rows.kernel, columns.kernel], {
      ...{ activation, slope, bias: bias !== undefined, stride, dilation, groups },
      padding: [rows.padding, columns.padding],
      ...place,
    }),
    tensors: numbersOf(numbers),
  };
}

/** Kernels [.., height, width] with rows and columns of zeros before and after. */
function withZeros(
  weights: FloatArray,
  { height, width }: { readonly height: number; readonly width: number },
  rows: EnlargedAxis,
  columns: EnlargedAxis,
): FloatArray {
  if (rows.kernel === height && columns.kernel === width) return weights;
  const area = rows.kernel * columns.kernel;
  const count = (weights.length / (height * width)) * area;
  return computed(count, [weights], (i) => {
    const row = Math.floor((i % area) / columns.kernel) - rows.zerosBefore;
    const column = (i % columns.kernel) - columns.zerosBefore;
    if (row < 0 || column < 0 || row >= height || column >= width) return 0;
    return weights[(Math.floor(i / area) * height + row) * width + column] as number;
  });
}

/** A depth-wise convolution of single numbers that does not train, exact in training too. */
function affineOf(path: string, { node, scale, shift, shape }: FileAffine, place: LayerPlace): ReadLayer {
  const channels = shape[0] as number;
  const [weights, bias] = [perUnit(scale, channels), perUnit(shift, channels)];
  if (shape.length === 3 && weights && bias) {
    const layer = conv2d(channels, 1, { groups: channels, bias: true, trainable: [], ...place });
    return { layer, tensors: [weights, bias] };
  }
  throw unsupportedNode(
    path,
    node as NonNullable<typeof node>,
    'stored numbers that the dense layer or the convolution before or after takes up, or one for each channel of images',
    shape.length === 3
      ? 'numbers that differ within a channel'
      : `${channels} for features, which no such layer beside it takes up`,
  );
}

/** A depth-wise convolution that copies, with zeros around. */
function padOf({ padding, shape, reads }: FilePad, place: LayerPlace): ReadLayer {
  const channels = shape[0] as number;
  const one = { height: 1, width: 1 };
  const window = { kernel: one, stride: one, dilation: one, shape };
  const { rows, columns } = enlargedKernel(window, padding, reads[0]?.shape ?? []) as EnlargedKernel;
  const copy = new Float32Array(channels).fill(1);
  const weights = withZeros(copy, one, rows, columns);
  const layer = conv2d(channels, [rows.kernel, columns.kernel], {
    ...{ groups: channels, trainable: [], padding: [rows.padding, columns.padding] },
    ...place,
  });
  return { layer, tensors: [weights] };
}

/** Numbers that were multiplied or added up may be too large for their type. */
function checkFinite(path: string, { tensor }: FileLayer, layer: ReadLayer): ReadLayer {
  if (layer.tensors.every((numbers) => numbers.every((one: number) => Number.isFinite(one)))) return layer;
  throw new EigenstudentError(
    'invalid_network',
    `expected finite numbers for the layer of tensor ${JSON.stringify(tensor)} of ${path}, received some that are not once the ` +
      'stored numbers beside it are multiplied and added. Export the model in float64, or scale its weights',
  );
}
