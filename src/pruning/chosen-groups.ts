/** Which groups of units a call prunes. */
import { denseArray, invalid } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { describe } from '../network/description.js';
import type { NetworkSpec } from '../network/network-spec.js';
import { checkHiddenLayer } from '../network/removal-order.js';
import { checkCuttable, layerIndexOf, layerText, removableGroups, unitGroupOf } from './unit-groups.js';

/** A layer by its index or name. */
export type LayerChoice = number | string;

/**
 * The layers to prune, one per group of units, ascending unless given.
 * @param given hidden layers, of distinct groups; absent: the first layer of every group whose units may be removed
 * @param leave layers whose groups stay
 * @throws invalid_argument naming the layer: one that is not there, not hidden, of a group that is named twice or that a grouped
 *   convolution reads; where nothing is left to prune
 */
export function chooseLayers(
  spec: NetworkSpec,
  given: readonly LayerChoice[] | undefined,
  leave: readonly LayerChoice[] = [],
): readonly number[] {
  const left = leftGroups(spec, leave);
  const all =
    given === undefined
      ? removableGroups(spec).map(({ members }) => members[0] as number)
      : named(spec, given);
  const chosen = all.filter((layer) => !left.has(unitGroupOf(spec, layer).group));
  if (chosen.length === 0) {
    const advice = all.length > 0 ? 'All are left' : 'The last layer is none';
    throw invalid('layers of pruneNetwork', 'at least one hidden layer', chosen, advice);
  }
  for (const layer of chosen) checkCuttable(spec, unitGroupOf(spec, layer));
  return chosen;
}

function named(spec: NetworkSpec, given: readonly LayerChoice[]): number[] {
  const where = 'layers of pruneNetwork';
  const expected = 'an array of distinct hidden layers';
  const layers = denseArray(where, expected, given).map((one, i) =>
    typeof one === 'string' ? layerIndexOf(`${where}[${i}]`, spec, one) : one,
  ) as number[];
  if (new Set(layers).size !== layers.length) throw invalid(where, expected, given);
  const first = new Map<number, number>();
  for (const layer of layers) {
    const { group } = unitGroupOf(spec, checkHiddenLayer(spec, layer));
    const other = first.get(group);
    if (other !== undefined)
      throw new EigenstudentError(
        'invalid_argument',
        `expected layers of distinct units for ${where}, received ${layerText(spec, other)} and ${layerText(spec, layer)}, which ` +
          'share theirs and are cut together. Name one of them',
      );
    first.set(group, layer);
  }
  return layers;
}

/** Every group of the outputs of these layers. */
function leftGroups(spec: NetworkSpec, leave: readonly LayerChoice[]): ReadonlySet<number> {
  const where = 'leave of pruneNetwork';
  const layers = denseArray(where, 'an array of names or indices of layers', leave).map((one, i) =>
    layerIndexOf(`${where}[${i}]`, spec, one),
  );
  return new Set(
    layers.flatMap((layer) => describe(spec).layers[layer]?.units.map(({ group }) => group) ?? []),
  );
}
