/**
 * Operators that rearrange a tensor; they are supported where every sample keeps its numbers in the same order, or where the
 * channels of images go from the first axis to the last or back.
 */
import { axesOf, axisOf, permutation, withAxes, withoutAxes } from '../axes.js';
import type { ValueGraph } from '../graph.js';
import type { Value } from '../layers/file-network.js';
import { corrupt } from '../model.js';
import { integerAttribute, nameOf, unsupportedNode } from '../node.js';
import type { OnnxNode } from '../schema.js';
import { type Dimension, numbersPerSample, product, type Shape } from '../shapes.js';
import { type Size, sizesOf } from '../sizes.js';
import { of, resultOf, type Step } from './step.js';

/** Orders of axes, of channels first and channels last. */
const toLast = '0,2,3,1';
export const toFirst = '0,3,1,2';
const perSample = 'one row per sample, its numbers in their order,';

/** @param shape of the node's input @returns shape of its output @throws file_unsupported, file_corrupt */
export function flatten(graph: ValueGraph, node: OnnxNode, shape: Shape): Shape {
  const given = integerAttribute(node, 'axis', 1);
  const refused = () =>
    unsupportedNode(graph.path, node, perSample, `axis ${given} for a tensor ${of(shape)}`);
  if (shape === undefined) {
    if (given === 1) return [null, null];
    throw refused();
  }
  const axis = axisOf(node, given, shape.length, graph.path, true);
  const numbers = product(shape.slice(axis));
  const keeps = axis === 0 ? shape[0] === 1 : product(shape.slice(1, axis)) === 1;
  if (!keeps) throw refused();
  return [shape[0] ?? null, numbers];
}

export function reshape(graph: ValueGraph, node: OnnxNode, shape: Shape): Shape {
  const refuse = (received: string) => unsupportedNode(graph.path, node, perSample, received);
  const target = sizesOf(graph, node.input[1]);
  if (target === undefined) throw refuse(`a shape that is not stored: ${graph.origin(node.input[1])}`);
  const received = `shape [${target.join(', ')}] for a tensor ${of(shape)}`;
  if (integerAttribute(node, 'allowzero', 0) !== 0 && target.includes(0))
    throw refuse(`${received} with allowzero`);
  const [first, ...rest] = target;
  if (first === undefined) throw refuse(received);
  const samples = shape?.[0] ?? null;
  const sizes = rest.map((size, i): Size => (size === 0 ? sizeAt(shape, i + 1) : size));
  const inside = sizesInside(sizes, numbersPerSample(shape));
  if (first === 0 || first === 'samples' || (typeof samples === 'number' && first === samples)) {
    if (inside === undefined) throw contradictory(graph, node, received);
    return [samples, ...inside];
  }
  if (first === -1 && !sizes.includes(-1) && !sizes.includes('open')) {
    const before = numbersPerSample(shape);
    if (before === null)
      throw refuse(
        `${received}; the file does not say how many numbers a sample has. Declare that in the file`,
      );
    if (product(sizes as number[]) === before) return [samples, ...(sizes as number[])];
  }
  throw refuse(received);
}

/** Sizes of the axes of a sample; undefined where their product is not its number of elements. */
function sizesInside(sizes: readonly Size[], numbers: number | null): Dimension[] | undefined {
  const known = sizes.map((size) => (typeof size === 'number' ? size : null));
  const others = product(known.filter((size) => size !== -1));
  const missing = numbers === null || others === null ? null : numbers / others;
  const inside = known.map((size) => (size === -1 ? missing : size));
  if (missing === null) return inside;
  return sizes.includes(-1)
    ? Number.isInteger(missing)
      ? inside
      : undefined
    : missing === 1
      ? inside
      : undefined;
}

function sizeAt(shape: Shape, axis: number): Size {
  const size = shape?.[axis];
  return typeof size === 'number' ? size : 'open';
}

export function transpose(step: Step): Value {
  const { graph, node, value } = step;
  const { shape, channelsLast } = value;
  const refused = (received: string) =>
    unsupportedNode(graph.path, node, perSample, `${received} for a tensor ${of(shape)}`);
  if (shape === undefined) throw refused('another order of the axes');
  const order = permutation(node, shape.length, graph.path);
  const result = order.map((axis) => shape[axis] as Dimension);
  // an axis of size 1 may move anywhere
  const moved = order.filter((axis) => axis === 0 || shape[axis] !== 1);
  const keeps = order[0] === 0 && moved.every((axis, i) => i === 0 || axis > (moved[i - 1] as number));
  if (keeps) return resultOf(step, { shape: result });
  const image = step.network.image(value);
  if (image && channelsLast === undefined && order.join() === toLast)
    return resultOf(step, { from: image, shape: result, channelsLast: image.shape });
  if (image && channelsLast !== undefined && order.join() === toFirst)
    return resultOf(step, { from: image, shape: result, channelsLast: undefined });
  throw refused(`the axes in the order [${order.join(', ')}]`);
}

export function squeeze(graph: ValueGraph, node: OnnxNode, shape: Shape): Shape {
  const { path } = graph;
  const axes = shape && axesOf(node, graph.constant(node.input[1]), shape.length, graph);
  const refused = () =>
    unsupportedNode(path, node, perSample, `axes [${axes?.join(', ') ?? ''}] for a tensor ${of(shape)}`);
  if (shape === undefined || (node.input[1] && !axes)) throw refused();
  const gone = axes ?? shape.flatMap((size, axis) => (size === 1 ? [axis] : []));
  const unknown = (axes ? gone : shape.map((_, axis) => axis).slice(1)).some(
    (axis) => typeof shape[axis] !== 'number',
  );
  if (gone.includes(0) || unknown) throw refused();
  return withoutAxes(shape, gone, node, path);
}

export function unsqueeze(graph: ValueGraph, node: OnnxNode, shape: Shape): Shape {
  const { path } = graph;
  const given = graph.constant(node.input[1]);
  const named = given ? given.data.length : (node.attribute[0]?.ints?.length ?? 0);
  const axes = shape && axesOf(node, given, shape.length + named, graph);
  if (shape === undefined || !axes || axes.includes(0))
    throw unsupportedNode(
      path,
      node,
      perSample,
      `axes [${axes?.join(', ') ?? ''}] for a tensor ${of(shape)}`,
    );
  return withAxes(shape, axes);
}

function contradictory(graph: ValueGraph, node: OnnxNode, received: string): Error {
  return corrupt(graph.path, `${nameOf(node)} gives ${received}, which has another count of numbers`);
}
