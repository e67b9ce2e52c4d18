/** Groups of units that are scored and cut together, from the description of a network. */
import { invalid } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { describe, groupOf } from '../network/description.js';
import type { Layer } from '../network/layers.js';
import type { NetworkSpec } from '../network/network-spec.js';
import { isRemovable } from '../network/removal-order.js';
import { checkLayerIndex } from '../network/spec.js';

/** Layers that share their units. */
export interface UnitGroup {
  /** Its number in the description of the network. */
  readonly group: number;
  readonly units: number;
  /** The layers that make the units, ascending, one filter or row per unit: those that are added up have one group. */
  readonly members: readonly number[];
  /** The batch norms of the units, ascending. */
  readonly norms: readonly number[];
}

/**
 * The group of a layer's units.
 * @throws invalid_argument where there is no such layer, or its units are those of several layers (a concat), or inputs
 */
export function unitGroupOf(spec: NetworkSpec, layer: number): UnitGroup {
  const group = groupOf(spec, checkLayerIndex(spec, layer));
  const found = group === undefined ? undefined : unitGroup(spec, group);
  if (found && found.members.length > 0) return found;
  const what = `layer ${layer}, ${spec.layers[layer]?.kind}`;
  throw invalid(
    'layer',
    'a layer whose units one group of layers makes',
    what,
    'Name one of the layers that it reads',
  );
}

/** The groups whose units may be removed, in the order of their first members. */
export function removableGroups(spec: NetworkSpec): UnitGroup[] {
  return describe(spec)
    .hidden.flatMap((_, group) => (isRemovable(spec, group) ? [unitGroup(spec, group)] : []))
    .sort((a, b) => (a.members[0] as number) - (b.members[0] as number));
}

function unitGroup(spec: NetworkSpec, group: number): UnitGroup {
  const carriers = describe(spec).layers.flatMap(({ units, makesUnits }, layer) => {
    const own = units.find((one) => one.group === group);
    return own ? [{ layer, makesUnits, units: own.units }] : [];
  });
  return {
    group,
    units: carriers[0]?.units ?? 0,
    members: carriers.filter(({ makesUnits }) => makesUnits).map(({ layer }) => layer),
    norms: carriers.map(({ layer }) => layer).filter((layer) => spec.layers[layer]?.kind === 'batchNorm'),
  };
}

/**
 * The index of a layer that is given by its name or index.
 * @param where the option, for errors
 * @throws invalid_argument
 */
export function layerIndexOf(where: string, { layers }: NetworkSpec, given: unknown): number {
  const index = typeof given === 'string' ? layers.findIndex(({ name }) => name === given) : given;
  if (Number.isInteger(index) && (index as number) >= 0 && (index as number) < layers.length)
    return index as number;
  const names = layers.flatMap(({ name }) => (name === undefined ? [] : [`'${name}'`]));
  const named =
    names.length > 0 ? ` or one of the names ${names.join(', ')}` : '; no layer of the network has a name';
  throw invalid(where, `the index of a layer from 0 to ${layers.length - 1}${named}`, given);
}

/** "layer 3" or "layer 3 ('stem')", for messages. */
export function layerText({ layers }: NetworkSpec, layer: number): string {
  const { name } = layers[layer] as Layer;
  return `layer ${layer}${name === undefined ? '' : ` ('${name}')`}`;
}

/**
 * Refuses a group that a grouped convolution makes or reads: its filters read channels by their place, and a cut would move
 * channels to other filters. A depth-wise one with a filter per channel is cut with its channels.
 * @throws invalid_argument naming the layer
 */
export function checkCuttable(spec: NetworkSpec, { group, members }: UnitGroup): void {
  const described = describe(spec).layers;
  const has = (read: number) => read > 0 && described[read - 1]?.units.some((one) => one.group === group);
  const layer = spec.layers.findIndex((one, index) => {
    const own = described[index];
    if (!('groups' in one) || one.groups === 1 || !own?.makesUnits) return false;
    return has(index + 1) || own.reads.some(has);
  });
  if (layer < 0) return;
  const { groups } = spec.layers[layer] as { readonly groups: number };
  const first = members[0] as number;
  throw new EigenstudentError(
    'invalid_argument',
    `expected units that no convolution of several groups makes or reads, received those of ${layerText(spec, first)} and ` +
      `${layerText(spec, layer)}, whose ${groups} groups a cut would break. Leave them: leave: [${first}]`,
  );
}
