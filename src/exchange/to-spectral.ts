import { types } from 'node:util';
import { denseArray, invalid, oneOf } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import type { FloatArray } from '../native/addon.js';
import { allocate } from '../native/arrays.js';
import { describe } from '../network/description.js';
import { spectralConv2d } from '../network/image-layers.js';
import { type Conv2dLayer, type DenseLayer, type Layer, spectral } from '../network/layers.js';
import { checkNetwork, Network } from '../network/network.js';
import { type NetworkSpec, tensorsOf } from '../network/network-spec.js';
import { checkLayerIndex } from '../network/spec.js';
import { numberFrom, type OptionsOf, optional, optionsCheck, unchecked } from '../options.js';

/** @internal */
const checkPenalty = optionsCheck(
  { eigenvectors: optional(numberFrom(0)), eigenvaluesOut: optional(numberFrom(0)) },
  (name) => `l2.${name} of toSpectral`,
);
interface Penalty extends OptionsOf<typeof checkPenalty> {}
/** @internal */
const checkOptions = optionsCheck({
  /**
   * Indices of dense layers and convolutions. Default: all dense layers and all convolutions of one group, but the last layer, whose
   * nodes are the outputs.
   */
  layers: optional(unchecked<readonly number[]>),
  /**
   * 1 (default): phi = -W, and the layer applies W to the last bit. 'rowNorm': lambda_out_i = ||w_i||, phi_i = -w_i / ||w_i||, so
   * that |lambda_out_i| alone ranks the nodes (criterion 'eigenvalue'); a weight then differs by at most 2 units in its last
   * place.
   */
  eigenvaluesOut: optional(checkScale, 1),
  /** Coefficients of the penalty sum of squares while training. Default: none. */
  l2: optional<Penalty>(checkPenalty, {}),
});
export interface ToSpectralOptions extends OptionsOf<typeof checkOptions> {}

/**
 * The same network with dense layers and convolutions in the spectral parametrisation, W_ij = (lambda_in_j - lambda_out_i) phi_ij
 * with lambda_in = 0, where i and j are the channels of a convolution. Biases, activations and the other layers stay. Eigenvectors and eigenvaluesOut train where the weights did,
 * without the weights' penalties; eigenvaluesIn is frozen.
 * @throws invalid_argument when a layer has no weights, or has a row of zeros, which has no norm to divide by ('rowNorm'; with 1
 *   such a node has phi_i = 0, the same output as before and relevance 0)
 */
export function toSpectral(network: Network, options: ToSpectralOptions = {}): Network {
  const { layers: given, eigenvaluesOut: scale, l2 } = checkOptions('toSpectral', options);
  checkNetwork('the first argument of toSpectral', network);
  const chosen = new Set(chooseLayers(network.spec, given));
  const pieces = network.spec.layers.map((layer, index) =>
    chosen.has(index) ? convert(network, index, scale, l2) : keep(network, index, layer),
  );
  const size = pieces.reduce(
    (total, { blocks }) => total + blocks.reduce((sum, { length }) => sum + length, 0),
    0,
  );
  const parameters = allocate('the spectral network', network.dtype, size);
  let offset = 0;
  for (const block of pieces.flatMap(({ blocks }) => blocks)) {
    parameters.set(block, offset);
    offset += block.length;
  }
  const layers = pieces.map(({ layer }) => layer);
  return Network.from({ ...network.spec, layers }, parameters, network.buffers.slice());
}

interface Piece {
  readonly layer: Layer;
  /** Tensors of the spectral layer, in their order. */
  readonly blocks: readonly ArrayLike<number>[];
}

function keep(network: Network, index: number, layer: Layer): Piece {
  return {
    layer,
    blocks: Object.keys(tensorsOf(layer)).map((name) => network.tensor(`layers.${index}.${name}`)),
  };
}

function convert(network: Network, index: number, scale: 1 | 'rowNorm', l2: Penalty): Piece {
  const layer = network.spec.layers[index] as DenseLayer | Conv2dLayer;
  const { weights, bias } = tensorsOf(layer);
  const matrix = network.tensor(`layers.${index}.weights`);
  const columns = matrix.length / layer.width;
  const lambdaOut = eigenvaluesOut(matrix, layer.width, index, scale);
  const phi = new Float64Array(matrix.length);
  for (let i = 0, ij = 0; i < layer.width; ++i)
    for (let j = 0; j < columns; ++j, ++ij) phi[ij] = -(matrix[ij] as number) / (lambdaOut[i] as number);
  const blocks: ArrayLike<number>[] = [phi, new Float64Array(unitsRead(network, index)), lambdaOut];
  if (bias) blocks.push(network.tensor(`layers.${index}.bias`));
  const trainable = [
    ...(weights?.trainable ? (['eigenvectors', 'eigenvaluesOut'] as const) : []),
    ...(bias?.trainable ? (['bias'] as const) : []),
  ];
  const { width, activation, slope, name, inputs } = layer;
  const options = { activation, slope, bias: bias !== undefined, trainable, l2, name, inputs };
  if (layer.kind === 'dense') return { layer: spectral(width, options), blocks };
  const { kernel, stride, padding, dilation, groups } = layer;
  const window = { stride, padding, dilation, groups };
  return { layer: spectralConv2d(width, kernel, { ...options, ...window }), blocks };
}

/** Nodes or channels that a layer reads, each with an eigenvalue. */
function unitsRead({ spec }: Network, index: number): number {
  const { layers } = describe(spec);
  const [read = 0] = layers[index]?.reads ?? [];
  return (read === 0 ? (spec.inputShape ?? [spec.inputs]) : (layers[read - 1]?.shape ?? []))[0] as number;
}

/** [width], in the precision of the network: phi is divided by what is stored. */
function eigenvaluesOut(
  matrix: FloatArray,
  width: number,
  index: number,
  scale: 1 | 'rowNorm',
): ArrayLike<number> {
  if (scale === 1) return new Float64Array(width).fill(1);
  const columns = matrix.length / width;
  const norms = Float64Array.from({ length: width }, (_, i) => rowNorm(matrix, i, columns));
  const zero = norms.indexOf(0);
  if (zero < 0) return types.isFloat32Array(matrix) ? Float32Array.from(norms) : norms;
  throw new EigenstudentError(
    'invalid_argument',
    `expected rows with a norm to divide by in layer ${index} for eigenvaluesOut 'rowNorm', received row ${zero}, which is all ` +
      'zeros. Prune that node first (keep or maxDegradation), or use eigenvaluesOut 1',
  );
}

/** ||w_i||_2, summed in float64. */
function rowNorm(matrix: FloatArray, i: number, columns: number): number {
  let squares = 0;
  for (let j = 0; j < columns; ++j) squares += (matrix[i * columns + j] as number) ** 2;
  return Math.sqrt(squares);
}

function chooseLayers(spec: NetworkSpec, layers: readonly number[] | undefined): readonly number[] {
  if (layers === undefined)
    return spec.layers.flatMap((layer, i) => {
      const isChosen = layer.kind === 'dense' || (layer.kind === 'conv2d' && layer.groups === 1);
      return isChosen && i < spec.layers.length - 1 ? [i] : [];
    });
  denseArray('layers of toSpectral', 'an array of layer indices', layers);
  for (const layer of layers) {
    checkLayerIndex(spec, layer);
    const { kind } = spec.layers[layer] as Layer;
    if (kind === 'dense' || kind === 'conv2d') continue;
    const isSpectral = kind === 'spectral' || kind === 'spectralConv2d';
    const advice = `Layer ${layer} is ${isSpectral ? 'spectral already' : kind}`;
    throw invalid('layers of toSpectral', 'dense layers and convolutions', layer, advice);
  }
  return layers;
}

function checkScale(where: string, scale: unknown): 1 | 'rowNorm' {
  return scale === 1 ? 1 : oneOf(where, scale, ['rowNorm']);
}
