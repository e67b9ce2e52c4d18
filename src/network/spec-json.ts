/** Converts a network's spec to and from the JSON text in files. */
import { EigenstudentError } from '../errors.js';
import { isMatrixLayer } from './layers.js';
import type { NetworkOptions, NetworkSpec } from './network-spec.js';
import { networkSpec } from './spec.js';

/**
 * The newest version of the JSON that is read. Networks of matrix layers, each reading the one before, are
 * written without a version.
 */
const format = 2;

/** A network's structure as JSON. Initialisers that are arrays are left out: the file holds the parameters. */
export function specToJson(spec: NetworkSpec): string {
  const layers = spec.layers.map(({ ...layer }) => {
    if (!layer.tensors) return layer;
    const tensors = Object.entries(layer.tensors).map(([name, { initialize, ...rest }]) => [
      name,
      typeof initialize === 'object' ? rest : { ...rest, initialize },
    ]);
    return { ...layer, tensors: Object.fromEntries(tensors) };
  });
  const isOld =
    !spec.inputShape &&
    typeof spec.loss === 'string' &&
    spec.layers.every((layer) => isMatrixLayer(layer) && !layer.name && !layer.inputs);
  return JSON.stringify({
    format: isOld ? undefined : format,
    inputs: spec.inputs,
    inputShape: spec.inputShape,
    layers,
    loss: spec.loss,
  });
}

/** @throws what networkSpec throws, or a SyntaxError */
export function specFromJson(text: string): NetworkSpec {
  const { format: given = 1, ...options } = JSON.parse(text) as NetworkOptions & { format?: number };
  if (given > format)
    throw new EigenstudentError(
      'invalid_network',
      `expected a network of format ${format} or older, received format ${given}, which a newer version wrote`,
    );
  return networkSpec(options);
}
