/** Layers of a network as ONNX nodes, with operators of opset 13. */
import { invalid } from '../../arguments.js';
import type { FloatArray } from '../../native/addon.js';
import { toDType } from '../../native/arrays.js';
import { describe, inputsOf } from '../../network/description.js';
import type { BatchNormLayer, Extents2d, Layer } from '../../network/layers.js';
import type { Network } from '../../network/network.js';
import { activationPiece, node, type OnnxPiece, type WrittenActivation } from './activations.js';
import { effectiveKernels } from './effective-kernels.js';
import { attributeTypes, type OnnxAttribute, type OnnxTensor } from './schema.js';
import { floatTensor } from './tensor.js';

/** A layer with its place in the file that is written. */
export interface WrittenLayer {
  readonly network: Network;
  readonly index: number;
  /** Name of the tensor that it gives; names of its arrays begin with it. */
  readonly name: string;
  /** Names of the tensors that it reads. */
  readonly reads: readonly string[];
}

/** @throws invalid_argument where a number is too large for float32 */
export function layerPiece(written: WrittenLayer): OnnxPiece {
  const { network, index, name, reads } = written;
  const layer = network.spec.layers[index] as Layer;
  switch (layer.kind) {
    case 'dense':
    case 'spectral':
      return weighted(written, 'Gemm', [integer('transB', 1)]);
    case 'conv2d':
    case 'spectralConv2d':
      return weighted(written, 'Conv', [
        ...windowAttributes(layer),
        integers('dilations', both(layer.dilation)),
        integer('group', layer.groups),
      ]);
    case 'convTranspose2d':
      return weighted(written, 'ConvTranspose', [
        ...windowAttributes(layer),
        integers('output_padding', both(layer.outputPadding)),
      ]);
    case 'batchNorm':
      return batchNorm(written, layer);
    default:
      return unweighted(layer, reads, name);
  }
}

type Weighted = 'dense' | 'spectral' | 'conv2d' | 'spectralConv2d' | 'convTranspose2d' | 'batchNorm';

/** A layer without numbers. */
function unweighted(
  layer: Exclude<Layer, { readonly kind: Weighted }>,
  reads: readonly string[],
  name: string,
): OnnxPiece {
  switch (layer.kind) {
    case 'activation': {
      const f = activationOf(layer);
      if (f) return activationPiece(f, reads[0] as string, name);
      return alone('Identity', reads, name);
    }
    case 'maxPool2d':
      return alone('MaxPool', reads, name, windowAttributes(layer));
    case 'averagePool2d': {
      const counts = integer('count_include_pad', layer.countIncludePad ? 1 : 0);
      return alone('AveragePool', reads, name, [...windowAttributes(layer), counts]);
    }
    case 'globalAveragePool': {
      const nodes = [
        node('GlobalAveragePool', reads, `${name}.pooled`),
        node('Flatten', [`${name}.pooled`], name),
      ];
      return { nodes, constants: [] };
    }
    case 'flatten':
      return alone('Flatten', reads, name);
    case 'add':
      return alone(reads.length === 2 ? 'Add' : 'Sum', reads, name);
    case 'concat':
      return alone('Concat', reads, name, [integer('axis', 1)]);
  }
}

function alone(
  opType: string,
  reads: readonly string[],
  name: string,
  attributes: readonly OnnxAttribute[] = [],
): OnnxPiece {
  return { nodes: [node(opType, reads, name, attributes)], constants: [] };
}

/** A layer with weights, perhaps a bias, and its activation. */
function weighted(
  { network, index, name, reads }: WrittenLayer,
  opType: string,
  attributes: readonly OnnxAttribute[],
): OnnxPiece {
  const layer = network.spec.layers[index] as Layer;
  const { tensors = {} } = layer;
  const f = activationOf(layer);
  const { weights, shape } = weightsOf(network, index);
  const constants = [numbers(`${name}.weight`, shape, weights, `weights of layer ${index}`)];
  if ('bias' in tensors) {
    const bias = network.tensor(`layers.${index}.bias`);
    constants.push(numbers(`${name}.bias`, [bias.length], bias, `bias of layer ${index}`));
  }
  const z = f ? `${name}.z` : name;
  const operands = [...reads, ...constants.map((tensor) => tensor.name ?? '')];
  const applied = node(opType, operands, z, attributes);
  if (!f) return { nodes: [applied], constants };
  const after = activationPiece(f, z, name);
  return { nodes: [applied, ...after.nodes], constants: [...constants, ...after.constants] };
}

/** undefined for 'linear' @throws invalid_argument */
function activationOf(layer: Layer): WrittenActivation | undefined {
  const { activation = 'linear' } = layer;
  const slope = 'slope' in layer ? layer.slope : undefined;
  if (activation === 'linear') return undefined;
  if (slope !== undefined && !Number.isFinite(Math.fround(slope)))
    throw invalid('slope of leakyRelu', 'a number that float32 can hold', slope);
  return { activation, slope };
}

/** Spectral layers become the weights that they apply. */
function weightsOf(network: Network, index: number): { weights: FloatArray; shape: readonly number[] } {
  const { kind, width } = network.spec.layers[index] as Layer;
  if (kind === 'dense' || kind === 'spectral')
    return {
      weights: network.effectiveWeights(index),
      shape: [width as number, inputsOf(network.spec, index)],
    };
  if (kind === 'spectralConv2d')
    return {
      weights: effectiveKernels(network, index),
      shape: network.shape(`layers.${index}.eigenvectors`),
    };
  return {
    weights: network.tensor(`layers.${index}.weights`),
    shape: network.shape(`layers.${index}.weights`),
  };
}

/** As it is at inference, with the running statistics. */
function batchNorm({ network, index, name, reads }: WrittenLayer, layer: BatchNormLayer): OnnxPiece {
  const { epsilon, momentum } = layer;
  if (Math.fround(epsilon) === 0)
    throw invalid(`epsilon of layer ${index}`, 'a number that float32 can hold', epsilon);
  const constants = ['scale', 'shift', 'runningMean', 'runningVariance'].map((role) => {
    const values = network.tensor(`layers.${index}.${role}`);
    return numbers(`${name}.${role}`, [values.length], values, `${role} of layer ${index}`);
  });
  const operands = [...reads, ...constants.map((tensor) => tensor.name ?? '')];
  // ONNX's momentum is the share of the earlier statistics that is kept
  const attributes = [float('epsilon', epsilon), float('momentum', 1 - momentum)];
  return { nodes: [node('BatchNormalization', operands, name, attributes)], constants };
}

function numbers(name: string, shape: readonly number[], values: FloatArray, what: string): OnnxTensor {
  return floatTensor(name, shape, toDType(what, values, 'float32'));
}

function windowAttributes(layer: {
  readonly kernel: Extents2d;
  readonly stride: Extents2d;
  readonly padding: Extents2d;
}): OnnxAttribute[] {
  const { kernel, stride, padding } = layer;
  return [
    integers('kernel_shape', both(kernel)),
    integers('strides', both(stride)),
    integers('pads', [...both(padding), ...both(padding)]),
  ];
}

function both({ height, width }: Extents2d): readonly number[] {
  return [height, width];
}

function integer(name: string, i: number): OnnxAttribute {
  return { name, type: attributeTypes.int, i };
}

function integers(name: string, ints: readonly number[]): OnnxAttribute {
  return { name, type: attributeTypes.ints, ints };
}

function float(name: string, f: number): OnnxAttribute {
  return { name, type: attributeTypes.float, f };
}

/** Shape of a sample of a layer's output. */
export function outputShapeOf(network: Network, index: number): readonly number[] {
  return describe(network.spec).layers[index]?.shape ?? [];
}

/** Which tensors a layer reads: 0 is the network's input, k + 1 the output of layer k. */
export function readsOf(network: Network, index: number): readonly number[] {
  return describe(network.spec).layers[index]?.reads ?? [];
}
