/** Checks a network's spec. */
import { denseArray, flag, invalid, knownKeys, oneOf, positiveInteger } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { describe, sizeOf } from './description.js';
import { activation, add, batchNorm, concat } from './graph-layers.js';
import {
  type DenseOptions,
  dense,
  furtherPenaltyNames,
  type Layer,
  placeKeys,
  type SpectralOptions,
  spectral,
  type TensorName,
  type TensorOptions,
} from './layers.js';
import { tensorLayout } from './layout.js';
import { type NetworkOptions, type NetworkSpec, tensorsOf } from './network-spec.js';
import { checkLoss, layerOf, termsOf } from './objective.js';

export type { NetworkOptions, NetworkSpec } from './network-spec.js';
export { type Loss, losses, type PlainLoss } from './objective.js';

/**
 * Checks a network and writes out its defaults.
 * @throws invalid_argument, invalid_network: which layer, which tensor, what was expected
 */
export function networkSpec(options: NetworkOptions): NetworkSpec {
  knownKeys('network', options, ['inputs', 'inputShape', 'layers', 'loss']);
  const { inputs, ...shape } = checkInputs(options);
  const given = denseArray('layers of network', 'an array of layers', options.layers);
  if (given.length === 0)
    throw new EigenstudentError('invalid_network', 'expected at least one layer, received an empty array');
  const layers = given.map((layer, i) => checkLayer(`layer ${i}`, layer));
  checkNames(layers);
  const spec: NetworkSpec = {
    inputs,
    ...shape,
    layers,
    loss: checkLoss('loss of network', options.loss ?? 'mse'),
  };
  describe(spec);
  checkInitializers(spec);
  for (const term of termsOf(spec.loss)) {
    const layer = layerOf(term, layers);
    if (term.loss !== 'crossEntropy' || sizeOf(spec, layer) > 1) continue;
    const which = layer === layers.length - 1 ? 'a last layer' : `layer ${layer}`;
    throw new EigenstudentError(
      'invalid_network',
      `expected ${which} of at least 2 units for loss 'crossEntropy', received width 1, whose loss is always 0`,
    );
  }
  return spec;
}

/** A shape of one extent is a number of features. */
function checkInputs({ inputs, inputShape }: NetworkOptions): Pick<NetworkSpec, 'inputs' | 'inputShape'> {
  const given = typeof inputs === 'number' ? inputShape : inputs;
  if (given === undefined) return { inputs: positiveInteger('inputs of network', inputs) };
  const shape = denseArray('inputs of network', 'a number or a shape', given).map((extent, axis) =>
    positiveInteger(`inputs[${axis}] of network`, extent),
  );
  const size = positiveInteger(
    'inputs of network',
    shape.reduce((product, extent) => product * extent, 1),
  );
  if (shape.length === 0 || (typeof inputs === 'number' && inputs !== size))
    throw invalid('inputShape of network', `extents whose product is ${inputs}`, given);
  return shape.length === 1 ? { inputs: size } : { inputs: size, inputShape: shape };
}

function checkNames(layers: readonly Layer[]): void {
  const first = new Map<string, number>();
  for (const [index, { name }] of layers.entries()) {
    if (name === undefined) continue;
    const other = first.get(name);
    if (other !== undefined)
      throw new EigenstudentError(
        'invalid_network',
        `expected each name of a layer once, received '${name}' for layers ${other} and ${index}`,
      );
    first.set(name, index);
  }
}

/** Rebuilds a layer through its own builder, so that hand-written layers and layers from files are checked alike. */
function checkLayer(where: string, layer: unknown): Layer {
  if (typeof layer !== 'object' || layer === null) throw unlikeLayer(where, layer);
  const { kind } = layer as Layer;
  oneOf(`kind of ${where}`, kind, kinds);
  try {
    return rebuild(where, layer as Layer);
  } catch (error) {
    if (!(error instanceof EigenstudentError) || error.message.includes(where)) throw error;
    throw new EigenstudentError(error.code, `${where}: ${error.message}`, { cause: error });
  }
}

function unlikeLayer(where: string, layer: unknown): EigenstudentError {
  return invalid(
    where,
    'a layer made by spectral(), dense(), sum(), batchNorm(), activation(), add() or concat()',
    layer,
  );
}

function rebuild(where: string, layer: Layer): Layer {
  const { name, inputs } = layer;
  const place = { name, inputs };
  switch (layer.kind) {
    case 'spectral':
    case 'dense': {
      const required = layer.kind === 'spectral' ? spectralNeeds : denseNeeds;
      knownKeys(where, layer, ['kind', 'width', 'activation', 'tensors', ...placeKeys]);
      const options = {
        ...tensorOptionsOf(where, layer, required, ['bias']),
        ...place,
        activation: layer.activation,
      };
      return layer.kind === 'spectral'
        ? spectral(layer.width, options as SpectralOptions)
        : dense(layer.width, options as DenseOptions);
    }
    case 'batchNorm': {
      knownKeys(where, layer, ['kind', 'momentum', 'epsilon', 'tensors', ...placeKeys]);
      const { bias: _, ...options } = tensorOptionsOf(where, layer, ['scale', 'shift'], []);
      return batchNorm({ ...options, ...place, momentum: layer.momentum, epsilon: layer.epsilon });
    }
    case 'activation':
      knownKeys(where, layer, ['kind', 'activation', ...placeKeys]);
      return activation(layer.activation, place);
    default:
      knownKeys(where, layer, ['kind', ...placeKeys]);
      return joiners[layer.kind](inputs ?? [], { name });
  }
}

/** Builders of layers that join others, by their names. */
const joiners = { add, concat };
const kinds = [
  ...(['spectral', 'dense', 'batchNorm', 'activation'] as const),
  ...(Object.keys(joiners) as (keyof typeof joiners)[]),
];
const spectralNeeds = ['eigenvectors', 'eigenvaluesIn', 'eigenvaluesOut'] as const;
const denseNeeds = ['weights'] as const;
const tensorKeys = ['trainable', 'l1', 'l2', ...furtherPenaltyNames, 'initialize'];

/** The numbers are checked by the layer's builder. */
function checkTensorOptions(where: string, tensor: TensorOptions): void {
  knownKeys(where, tensor, tensorKeys);
  flag(`trainable of ${where}`, tensor.trainable);
}

/** The options of a layer's builder that follow from its tensors. */
function tensorOptionsOf(
  where: string,
  layer: Layer & { readonly tensors: unknown },
  required: readonly TensorName[],
  optional: readonly TensorName[],
) {
  const { tensors } = layer;
  if (typeof tensors !== 'object' || tensors === null) throw unlikeLayer(where, layer);
  if (required.some((name) => !(name in tensors))) throw unlikeLayer(where, layer);
  knownKeys(`tensors of ${where}`, tensors, [...required, ...optional]);
  const entries = Object.entries(tensors) as [string, TensorOptions][];
  for (const [name, tensor] of entries) checkTensorOptions(`${name} of ${where}`, tensor);
  const given = <K extends keyof TensorOptions>(key: K) =>
    Object.fromEntries(
      entries.flatMap(([name, tensor]) => (tensor[key] == null ? [] : [[name, tensor[key]]])),
    );
  const further = furtherPenaltyNames.map((penalty) => [penalty, given(penalty)] as const);
  return {
    bias: 'bias' in tensors,
    trainable: entries.filter(([, tensor]) => tensor.trainable).map(([name]) => name as never),
    l1: given('l1'),
    l2: given('l2'),
    ...Object.fromEntries(further.filter(([, coefficients]) => Object.keys(coefficients).length > 0)),
    initialize: given('initialize'),
  };
}

/** Arrays have the size of their tensor, and orthonormal rows are no more than its columns. */
function checkInitializers(spec: NetworkSpec): void {
  for (const { layer, role, shape, size, hasRows } of tensorLayout(spec)) {
    const where = `${role} of layer ${layer}`;
    const initialize = tensorsOf(spec.layers[layer] as Layer)[role]?.initialize;
    if (typeof initialize === 'object' && initialize.length !== size)
      throw invalid(`initialize.${where}`, `${size} numbers (${shape.join(' x ')})`, initialize);
    if (
      initialize === 'orthonormalRows' &&
      (!hasRows || (shape[0] as number) > size / (shape[0] as number))
    ) {
      const advice = 'There are no more orthonormal rows than columns';
      throw invalid(`initialize.${where}`, 'a matrix with N_out <= N_in for orthonormalRows', shape, advice);
    }
  }
}

/** @throws invalid_argument unless `layer` is the index of a layer */
export function checkLayerIndex(spec: NetworkSpec, layer: unknown): number {
  const last = spec.layers.length - 1;
  if (!Number.isInteger(layer) || (layer as number) < 0 || (layer as number) > last)
    throw invalid('layer', `a layer index from 0 to ${last}`, layer);
  return layer as number;
}
