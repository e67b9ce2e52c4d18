/** Sizes that a graph computes from shapes, as exporters write x.view(x.size(0), -1). */
import { axisOf } from './axes.js';
import type { ValueGraph } from './graph.js';
import { attribute, integerAttribute } from './node.js';
import { elementTypes, type OnnxNode } from './schema.js';
import type { Shape } from './shapes.js';

/** A number, or a size that the file leaves open: the number of samples, or another. */
export type Size = number | 'samples' | 'open';

/** The values of a tensor of integers; undefined where it depends on more than stored numbers and shapes. */
export function sizesOf(graph: ValueGraph, tensor: string | undefined): readonly Size[] | undefined {
  const constant = graph.constant(tensor);
  if (constant) return isInteger(constant.elementType) ? Array.from(constant.data) : undefined;
  const node = tensor ? graph.producer(tensor) : undefined;
  return node && Object.hasOwn(rules, node.opType) ? rules[node.opType]?.(graph, node) : undefined;
}

type Rule = (graph: ValueGraph, node: OnnxNode) => readonly Size[] | undefined;

const rules: Readonly<Record<string, Rule>> = {
  Shape: (graph, node) => {
    const [tensor = ''] = node.input;
    const shape = graph.hasShape(tensor) ? sizesOfShape(graph.shapeOf(tensor)) : undefined;
    return shape?.slice(integerAttribute(node, 'start', 0), attribute(node, 'end')?.i);
  },
  Gather: (graph, node) => {
    const source = sizesOf(graph, node.input[0]);
    const places = sizesOf(graph, node.input[1]);
    if (!source || !places || integerAttribute(node, 'axis', 0) !== 0) return undefined;
    return places.map((place) =>
      typeof place === 'number'
        ? (source[axisOf(node, place, source.length, graph.path)] as Size)
        : ('open' as const),
    );
  },
  Slice: (graph, node) => {
    const [source, starts, ends, axes = [0], steps = [1]] = node.input.map((one) => sizesOf(graph, one));
    const [start, end] = [starts?.[0], ends?.[0]];
    if (node.input.some((name) => name !== '' && sizesOf(graph, name) === undefined)) return undefined;
    if (!source || typeof start !== 'number' || typeof end !== 'number') return undefined;
    return Number(axes[0]) === 0 && steps[0] === 1 ? source.slice(start, end) : undefined;
  },
  Concat: (graph, node) => {
    const parts = node.input.map((one) => sizesOf(graph, one));
    return parts.some((part) => part === undefined) ? undefined : (parts as Size[][]).flat();
  },
  Mul: (graph, node) => {
    const [one, other] = node.input.map((name) => sizesOf(graph, name));
    if (one?.length !== 1 || other?.length !== 1) return undefined;
    return [...one, ...other].includes('samples') || [...one, ...other].includes('open')
      ? ['open']
      : [Number(one[0]) * Number(other[0])];
  },
  Cast: (graph, node) =>
    isInteger(integerAttribute(node, 'to', 0)) ? sizesOf(graph, node.input[0]) : undefined,
  Identity: same,
  Squeeze: same,
  Unsqueeze: same,
};

/** Of at most one axis, so that other shapes of the same numbers do not matter. */
function same(graph: ValueGraph, node: OnnxNode): readonly Size[] | undefined {
  return sizesOf(graph, node.input[0]);
}

function sizesOfShape(shape: Shape): readonly Size[] | undefined {
  return shape?.map((size, axis) => (typeof size === 'number' ? size : axis === 0 ? 'samples' : 'open'));
}

function isInteger(type: number): boolean {
  return type === elementTypes.int64 || type === elementTypes.int32;
}
