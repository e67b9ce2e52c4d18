/** What a network is, before it has numbers; its checks, and its form in files. */
import { denseArray, invalid, knownKeys, oneOf, positiveInteger } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { maximumElements } from './arrays.js';
import {
  type DenseOptions,
  dense,
  denseTensors,
  type Layer,
  type SpectralOptions,
  spectral,
  spectralTensors,
  type TensorName,
  type TensorOptions,
} from './layers.js';

/** Names of the losses. */
export const losses = ['mse', 'crossEntropy'] as const;
/**
 * `mse`: mean over batch and outputs of (y - t)^2. `crossEntropy`: mean over the batch of -log softmax(y)[class], on the
 * outputs of the last layer as they are.
 */
export type Loss = (typeof losses)[number];

/** What a network is, with every default written out. */
export interface NetworkSpec {
  /** Features of a sample: N_in of the first layer. */
  readonly inputs: number;
  readonly layers: readonly Layer[];
  readonly loss: Loss;
}

/** What a network is to be. */
export interface NetworkOptions {
  readonly inputs: number;
  readonly layers: readonly Layer[];
  /** Default 'mse'. */
  readonly loss?: Loss;
}

/** N_in of a layer. */
export function inputsOf(spec: NetworkSpec, layer: number): number {
  return layer === 0 ? spec.inputs : (spec.layers[layer - 1] as Layer).width;
}

/** N_out of the last layer. */
export function outputsOf(spec: NetworkSpec): number {
  return (spec.layers.at(-1) as Layer).width;
}

/** The tensors of a layer, in the order of the parameter block. */
export function tensorsOf(layer: Layer): [TensorName, TensorOptions][] {
  const names: readonly TensorName[] = layer.kind === 'spectral' ? spectralTensors : denseTensors;
  const tensors: Partial<Record<TensorName, TensorOptions>> = layer.tensors;
  return names.flatMap((name) => (tensors[name] === undefined ? [] : [[name, tensors[name]]]));
}

/** [N_out, N_in] of a matrix, or the length of a vector. */
export function tensorShape(spec: NetworkSpec, layer: number, name: TensorName): number[] {
  const outputs = (spec.layers[layer] as Layer).width;
  if (name === 'eigenvectors' || name === 'weights') return [outputs, inputsOf(spec, layer)];
  return [name === 'eigenvaluesIn' ? inputsOf(spec, layer) : outputs];
}

/**
 * Checks a network and writes out its defaults.
 * @throws invalid_argument, invalid_network: which layer, which tensor, what was expected
 */
export function networkSpec(options: NetworkOptions): NetworkSpec {
  knownKeys('network', options, ['inputs', 'layers', 'loss']);
  const inputs = positiveInteger('inputs of network', options.inputs);
  const given = denseArray('layers of network', 'an array of layers', options.layers);
  if (given.length === 0)
    throw new EigenstudentError('invalid_network', 'expected at least one layer, received an empty array');
  const layers = given.map((layer, i) => checkLayer(`layer ${i}`, layer));
  const spec: NetworkSpec = { inputs, layers, loss: oneOf('loss of network', options.loss ?? 'mse', losses) };
  layers.forEach((layer, i) => {
    for (const [name, tensor] of tensorsOf(layer)) checkTensor(spec, i, name, tensor);
  });
  if (spec.loss === 'crossEntropy' && outputsOf(spec) < 2) {
    throw new EigenstudentError(
      'invalid_network',
      "expected a last layer of at least 2 units for loss 'crossEntropy', received width 1, whose loss is always 0",
    );
  }
  return spec;
}

/** Rebuilds a layer through its own builder, so that hand-written layers and layers from files are checked alike. */
function checkLayer(where: string, layer: unknown): Layer {
  const unlike = () => invalid(where, 'a layer made by spectral(), dense() or sum()', layer);
  if (typeof layer !== 'object' || layer === null) throw unlike();
  const { kind, width, activation, tensors } = layer as Layer;
  oneOf(`kind of ${where}`, kind, ['spectral', 'dense']);
  if (typeof tensors !== 'object' || tensors === null) throw unlike();
  const required: readonly TensorName[] = kind === 'spectral' ? spectralTensors : denseTensors;
  if (required.some((name) => name !== 'bias' && !(name in tensors))) throw unlike();
  knownKeys(where, layer, layerKeys);
  knownKeys(`tensors of ${where}`, tensors, required);
  for (const [name, tensor] of Object.entries(tensors)) checkTensorOptions(`${name} of ${where}`, tensor);
  const options = { ...layerOptions(tensors), activation };
  try {
    return kind === 'spectral'
      ? spectral(width, options as SpectralOptions)
      : dense(width, options as DenseOptions);
  } catch (error) {
    if (!(error instanceof EigenstudentError)) throw error;
    throw new EigenstudentError(error.code, `${where}: ${error.message}`, { cause: error });
  }
}

const layerKeys = ['kind', 'width', 'activation', 'tensors'];
const tensorKeys = ['trainable', 'l1', 'l2', 'groupLasso', 'initialize'];

/** The numbers are checked by the layer's builder. */
function checkTensorOptions(where: string, tensor: TensorOptions): void {
  knownKeys(where, tensor, tensorKeys);
  const { trainable } = tensor;
  if (typeof trainable !== 'boolean') throw invalid(`trainable of ${where}`, 'true or false', trainable);
}

function layerOptions(tensors: Partial<Record<string, Partial<TensorOptions>>>) {
  const entries = Object.entries(tensors) as [string, Partial<TensorOptions>][];
  const given = <K extends keyof TensorOptions>(key: K) =>
    Object.fromEntries(
      entries.flatMap(([name, tensor]) => (tensor[key] == null ? [] : [[name, tensor[key]]])),
    );
  return {
    bias: 'bias' in tensors,
    trainable: entries.filter(([, tensor]) => tensor.trainable).map(([name]) => name),
    l1: given('l1'),
    l2: given('l2'),
    groupLasso: given('groupLasso'),
    initialize: given('initialize'),
  };
}

function checkTensor(spec: NetworkSpec, layer: number, name: TensorName, tensor: TensorOptions): void {
  const shape = tensorShape(spec, layer, name);
  const size = shape.reduce((product, length) => product * length, 1);
  const where = `${name} of layer ${layer}`;
  const { initialize } = tensor;
  if (size > maximumElements) {
    throw new EigenstudentError(
      'invalid_network',
      `expected at most ${maximumElements} numbers in ${where}, received a width that needs ${shape.join(' x ')}`,
    );
  }
  if (typeof initialize === 'object' && initialize.length !== size) {
    const wanted = `${size} numbers (${shape.join(' x ')})`;
    throw invalid(`initialize.${where}`, wanted, initialize);
  }
  if (
    initialize === 'orthonormalRows' &&
    (shape.length === 1 || (shape[0] as number) > (shape[1] as number))
  ) {
    const advice = 'There are no more orthonormal rows than columns';
    throw invalid(`initialize.${where}`, 'a matrix with N_out <= N_in for orthonormalRows', shape, advice);
  }
}

/** A network's structure as JSON. Initialisers that are arrays are left out: the file holds what became of them. */
export function specToJson(spec: NetworkSpec): string {
  const layers = spec.layers.map((layer) => ({
    kind: layer.kind,
    width: layer.width,
    activation: layer.activation,
    tensors: Object.fromEntries(
      tensorsOf(layer).map(([name, { initialize, ...rest }]) => [
        name,
        typeof initialize === 'object' ? rest : { ...rest, initialize },
      ]),
    ),
  }));
  return JSON.stringify({ inputs: spec.inputs, layers, loss: spec.loss });
}

/** @throws what networkSpec throws, or a SyntaxError */
export function specFromJson(text: string): NetworkSpec {
  return networkSpec(JSON.parse(text) as NetworkOptions);
}

/** @throws invalid_argument unless `layer` is the index of a layer */
export function checkLayerIndex(spec: NetworkSpec, layer: unknown): number {
  const last = spec.layers.length - 1;
  if (!Number.isInteger(layer) || (layer as number) < 0 || (layer as number) > last)
    throw invalid('layer', `a layer index from 0 to ${last}`, layer);
  return layer as number;
}
