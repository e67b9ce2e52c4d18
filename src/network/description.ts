/**
 * The description of a network by native code: shapes, the place of each tensor and buffer, which units
 * belong together. Native code derives it (native/core/graph.h); this module calls it once per spec.
 */
import { EigenstudentError } from '../errors.js';
import type { NativeDescription } from '../native/addon.js';
import { maximumElements } from '../native/arrays.js';
import { addon } from '../native/load.js';
import type { Layer, MatrixLayer } from './layers.js';
import { toNativeNetwork } from './native-spec.js';
import type { NetworkSpec } from './network-spec.js';
import { toNativeObjective } from './objective.js';

const known = new WeakMap<NetworkSpec, NativeDescription>();

/**
 * The description of a network.
 * @throws invalid_network: which layer, what was expected
 */
export function describe(spec: NetworkSpec): NativeDescription {
  let description = known.get(spec);
  if (!description) {
    description = addon().describe({
      network: toNativeNetwork(spec),
      objective: toNativeObjective(spec.loss, spec.layers),
    });
    const large = description.tensors.find(({ size }) => size > maximumElements);
    if (large) {
      const where = `${large.name} of layer ${large.layer}`;
      throw new EigenstudentError(
        'invalid_network',
        `expected at most ${maximumElements} numbers in ${where}, received a width that needs ${large.shape.join(' x ')}`,
      );
    }
    if (description.parameters > maximumElements) {
      throw new EigenstudentError(
        'invalid_network',
        `expected at most ${maximumElements} parameters, received a network of ${description.parameters}`,
      );
    }
    known.set(spec, description);
  }
  return description;
}

/**
 * The layers of a network in which each reads the one before and has a matrix, for callers that support no others.
 * @param what the caller does, for errors: "export to ONNX"
 * @throws invalid_network naming the layer
 */
export function chainOf(what: string, spec: NetworkSpec): readonly MatrixLayer[] {
  const { noChain } = describe(spec);
  if (noChain === undefined) return spec.layers as readonly MatrixLayer[];
  throw new EigenstudentError(
    'invalid_network',
    `expected a chain of dense and spectral layers to ${what}, received a network of which ${noChain}`,
  );
}

/** As chainOf, with leakyRelu of any slope, which programs without the fused path take. */
export function matrixChainOf(what: string, spec: NetworkSpec): readonly MatrixLayer[] {
  chainOf(what, withoutSlopes(spec));
  return spec.layers as readonly MatrixLayer[];
}

/** Whether matrixChainOf takes the network. */
export function isMatrixChain(spec: NetworkSpec): boolean {
  return describe(withoutSlopes(spec)).noChain === undefined;
}

function withoutSlopes(spec: NetworkSpec): NetworkSpec {
  if (describe(spec).noChain === undefined) return spec;
  const layers = spec.layers.map((layer) => {
    if (!('slope' in layer)) return layer;
    const { slope: _, ...rest } = layer;
    return rest as Layer;
  });
  return { ...spec, layers };
}

/** Units of a layer's output: nodes, or channels. */
export function unitsOf(spec: NetworkSpec, layer: number): number {
  return describe(spec).layers[layer]?.shape[0] as number;
}

/** Numbers that a layer reads per sample: N_in of a layer with a matrix. */
export function inputsOf(spec: NetworkSpec, layer: number): number {
  const [read = 0] = describe(spec).layers[layer]?.reads ?? [];
  return read === 0 ? spec.inputs : sizeOf(spec, read - 1);
}

/** Numbers that the network outputs per sample: N_out of the last layer. */
export function outputsOf(spec: NetworkSpec): number {
  return sizeOf(spec, spec.layers.length - 1);
}

/** Numbers that a layer outputs per sample. */
export function sizeOf(spec: NetworkSpec, layer: number): number {
  const shape = describe(spec).layers[layer]?.shape ?? [];
  return shape.reduce((product, extent) => product * extent, 1);
}

/** Units of the group that a layer's output has as a whole: of a flattened image its channels. */
export function groupUnitsOf(spec: NetworkSpec, layer: number): number {
  return describe(spec).layers[layer]?.units[0]?.units as number;
}

/** The group of all of a layer's units; undefined where they belong to several (a concat). */
export function groupOf(spec: NetworkSpec, layer: number): number | undefined {
  const units = describe(spec).layers[layer]?.units ?? [];
  return units.length === 1 ? units[0]?.group : undefined;
}
