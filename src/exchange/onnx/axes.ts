/** Axes as attributes of nodes: counted from the front or the back, removed, added, permuted. */
import { corrupt } from './model.js';
import { attribute, nameOf, unsupportedNode } from './node.js';
import type { OnnxNode } from './schema.js';
import type { Dimension } from './shapes.js';
import type { Constant } from './tensor.js';

/** The file that contains a node, and the version of its operators. */
export interface Place {
  readonly path: string;
  readonly opset: number;
}

/** Axes of the source in the order of the result. @throws file_corrupt */
export function permutation(node: OnnxNode, rank: number, path: string): readonly number[] {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  const order = attribute(node, 'perm')?.ints ?? [];
  if (order.length === 0) return axes.reverse();
  if (order.length === rank && axes.every((axis) => order.includes(axis))) return order;
  throw corrupt(path, `${nameOf(node)} orders ${rank} axes by [${order.join(', ')}]`);
}

/** The axes that Squeeze or Unsqueeze names, an attribute before opset 13 and an input since. @throws file_corrupt */
export function axesOf(
  node: OnnxNode,
  given: Constant | undefined,
  rank: number,
  { path, opset }: Place,
): readonly number[] | undefined {
  const named = given ? Array.from(given.data) : attribute(node, 'axes')?.ints;
  if (named === undefined || named.length === 0) return undefined;
  const negative = named.find((axis) => axis < 0);
  if (negative !== undefined && opset < 11)
    throw unsupportedNode(path, node, 'axes counted from the front before opset 11', `axis ${negative}`);
  const axes = named.map((axis) => axisOf(node, axis, rank, path));
  if (new Set(axes).size === axes.length) return axes;
  throw corrupt(path, `${nameOf(node)} names an axis twice: ${axes.join(', ')}`);
}

/** The axis counted from the first. @param end whether the one after the last is valid too @throws file_corrupt */
export function axisOf(node: OnnxNode, axis: number, rank: number, path: string, end = false): number {
  const counted = axis < 0 ? axis + rank : axis;
  if (counted >= 0 && counted < rank + (end ? 1 : 0)) return counted;
  throw corrupt(path, `${nameOf(node)} names axis ${axis} of a tensor that has ${rank}`);
}

/** @param axes undefined: every axis of size 1 @throws file_corrupt for an axis of another size */
export function withoutAxes(
  shape: readonly Dimension[],
  axes: readonly number[] | undefined,
  node: OnnxNode,
  path: string,
): readonly Dimension[] {
  const wrong = axes?.find((axis) => typeof shape[axis] === 'number' && shape[axis] !== 1);
  if (wrong !== undefined)
    throw corrupt(path, `${nameOf(node)} takes away axis ${wrong}, which has size ${shape[wrong]}`);
  return shape.filter((size, axis) => (axes ? !axes.includes(axis) : size !== 1));
}

export function withAxes(shape: readonly Dimension[], axes: readonly number[]): readonly Dimension[] {
  const rest = shape.values();
  return Array.from({ length: shape.length + axes.length }, (_, axis) =>
    axes.includes(axis) ? 1 : (rest.next().value as Dimension),
  );
}
