import { types } from 'node:util';
import { invalid } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { checkAttached, checkLength } from '../native/arrays.js';
import { describe, groupOf, groupUnitsOf } from './description.js';
import type { NetworkSpec } from './network-spec.js';
import { layerOf, termsOf } from './objective.js';
import { checkLayerIndex } from './spec.js';

/** Numbers of kept nodes at which a curve is measured. */
export interface KeptOptions {
  /** Ascending, from 0 to the width of the layer. Default: all. */
  readonly kept?: Uint32Array;
}

/** @throws invalid_argument unless `layer` is the index of a layer below the last whose units may be removed */
export function checkHiddenLayer(spec: NetworkSpec, layer: unknown): number {
  const index = checkLayerIndex(spec, layer);
  const expected = 'a layer whose units are hidden and its own';
  if (index === spec.layers.length - 1) {
    const advice = 'Its nodes are the outputs; removing them is no pruning';
    throw invalid('layer', 'a hidden layer, not the last', layer, advice);
  }
  const group = groupOf(spec, index);
  if (group === undefined || !describe(spec).hidden[group])
    throw invalid(
      'layer',
      expected,
      layer,
      'Its units are inputs or outputs of the network, or of several layers',
    );
  const term = layerOfTerm(spec, group);
  if (term === undefined) return index;
  throw invalid(
    'layer',
    expected,
    layer,
    `A term of the loss compares the outputs of layer ${term}, which has these units`,
  );
}

/** Whether the units of a group may be removed: they are neither inputs nor outputs, and no term of the loss is of them. */
export function isRemovable(spec: NetworkSpec, group: number): boolean {
  return describe(spec).hidden[group] === true && layerOfTerm(spec, group) === undefined;
}

/** The layer with units of the group whose output a term of the loss is of. */
function layerOfTerm(spec: NetworkSpec, group: number): number | undefined {
  return termsOf(spec.loss)
    .map((term) => layerOf(term, spec.layers))
    .find((layer) => describe(spec).layers[layer]?.units.some((one) => one.group === group));
}

/** @throws invalid_argument unless `kept` is absent or as KeptOptions says */
export function checkKeptCounts(kept: unknown, units: number): void {
  if (kept === undefined) return;
  const expected = `ascending numbers of nodes from 0 to ${units}`;
  if (!types.isUint32Array(kept) || kept.length === 0)
    throw invalid('kept', `a Uint32Array of ${expected}`, kept);
  checkAttached('kept', kept);
  kept.forEach((count, i) => {
    if (count <= units && (i === 0 || count > (kept[i - 1] as number))) return;
    throw invalid(`kept[${i}]`, expected, count);
  });
}

/**
 * Checks that a removal order names every node of a hidden layer once.
 * @throws invalid_argument naming the fault
 */
export function checkRemovalOrder(spec: NetworkSpec, layer: number, order: unknown): void {
  checkHiddenLayer(spec, layer);
  if (!types.isUint32Array(order)) throw invalid('removalOrder', 'a Uint32Array', order);
  checkAttached('removalOrder', order);
  const width = groupUnitsOf(spec, layer);
  checkLength('removalOrder', order, width, `the nodes of layer ${layer}`);
  const seen = new Uint8Array(width);
  for (const node of order) {
    if (node >= width || seen[node]) {
      const received = node >= width ? `node ${node}` : `node ${node} twice`;
      throw new EigenstudentError(
        'invalid_argument',
        `expected each node from 0 to ${width - 1} once in removalOrder, received ${received}`,
      );
    }
    seen[node] = 1;
  }
}
