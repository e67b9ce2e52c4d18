/** Checks a network's spec. */
import { denseArray, invalid, knownKeys, positiveInteger } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { checkLayer } from './check-layer.js';
import { describe, sizeOf } from './description.js';
import type { Layer } from './layers.js';
import { tensorLayout } from './layout.js';
import { type NetworkOptions, type NetworkSpec, tensorsOf } from './network-spec.js';
import { checkLoss, layerOf, termsOf } from './objective.js';
import { type Expanded, expandBlocks, shapesOfBlocks } from './residual.js';

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
  const expanded = expandBlocks(given);
  const layers = expanded.layers.map((layer, i) => checkLayer(`layer ${i}`, layer));
  checkNames(layers);
  const spec: NetworkSpec = {
    inputs,
    ...shape,
    layers,
    loss: checkLoss('loss of network', options.loss ?? 'mse'),
  };
  checkDescription(spec, expanded);
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

/** @throws invalid_network: which layer, or which residual block, what was expected */
function checkDescription(spec: NetworkSpec, { sums }: Expanded): void {
  try {
    describe(spec);
  } catch (error) {
    throw shapesOfBlocks(spec, sums) ?? error;
  }
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
