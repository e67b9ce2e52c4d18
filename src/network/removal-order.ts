import { types } from 'node:util';
import { invalid } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { checkAttached, checkLength } from '../native/arrays.js';
import { describe, groupOf, unitsOf } from './description.js';
import type { NetworkSpec } from './network-spec.js';
import { checkLayerIndex } from './spec.js';

/** @throws invalid_argument unless `layer` is the index of a layer below the last */
export function checkHiddenLayer(spec: NetworkSpec, layer: unknown): number {
  const index = checkLayerIndex(spec, layer);
  if (index < spec.layers.length - 1) {
    const group = groupOf(spec, index);
    if (group !== undefined && describe(spec).hidden[group]) return index;
    throw invalid(
      'layer',
      'a layer whose units are hidden and its own',
      layer,
      'Its units are inputs or outputs of the network, or of several layers',
    );
  }
  const advice = 'Its nodes are the outputs; removing them is no pruning';
  throw invalid('layer', 'a hidden layer, not the last', layer, advice);
}

/**
 * Checks that a removal order names every node of a hidden layer once.
 * @throws invalid_argument naming the fault
 */
export function checkRemovalOrder(spec: NetworkSpec, layer: number, order: unknown): void {
  checkHiddenLayer(spec, layer);
  if (!types.isUint32Array(order)) throw invalid('removalOrder', 'a Uint32Array', order);
  checkAttached('removalOrder', order);
  const width = unitsOf(spec, layer);
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
