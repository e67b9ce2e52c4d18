/** Stored arrays as the numbers of layers: their kinds, broadcasting to a sample, arithmetic in float64. */
import type { FloatArray } from '../../../native/addon.js';
import { allocate, dtypeOf } from '../../../native/arrays.js';
import { unsupportedNode } from '../node.js';
import { elementTypeName } from '../schema.js';
import { type Dimension, floatTypes, product, shapeText } from '../shapes.js';
import type { Constant } from '../tensor.js';
import type { Step } from './step.js';

/** @throws what `refuse` makes, for numbers that are not floats */
export function floatsOf({ data, elementType }: Constant, refuse: (received: string) => Error): FloatArray {
  if (Object.hasOwn(floatTypes, elementType)) return data;
  throw refuse(`numbers of type ${elementTypeName(elementType)}`);
}

/** Input `place` of a node as stored numbers. @param what they are, for errors @throws file_unsupported, file_corrupt */
export function storedInput({ graph, node }: Step, place: number, what: string): Constant {
  const refuse = (received: string) => unsupportedNode(graph.path, node, what, received);
  const constant = graph.constant(node.input[place]);
  if (constant === undefined) throw refuse(graph.origin(node.input[place]));
  floatsOf(constant, refuse);
  return constant;
}

/** A stored vector of `length` numbers. @throws file_unsupported, file_corrupt */
export function storedVector(step: Step, place: number, length: number, what: string): FloatArray {
  const { data, shape } = storedInput(step, place, what);
  if (shape.length === 1 && data.length === length) return data;
  throw unsupportedNode(step.graph.path, step.node, what, `shape ${shapeText(shape)}`);
}

/**
 * Stored numbers that are added to a tensor, or multiply it, expanded to a sample by broadcasting: [numbers per
 * sample], in the order of the file.
 * @param shape of the tensor @param what 'to add'
 * @throws file_unsupported where they are not the same for each sample, or need not be
 */
export function perSample(
  { graph, node }: Step,
  tensor: string | undefined,
  shape: readonly Dimension[],
  what: 'to add' | 'to multiply by',
): FloatArray {
  const refuse = (received: string) =>
    unsupportedNode(
      graph.path,
      node,
      `stored numbers ${what}, the same for each sample, ${what === 'to add' ? 'to' : 'for'} a tensor of shape ${shapeText(shape)}`,
      received,
    );
  const constant = graph.constant(tensor);
  if (constant === undefined) throw refuse(graph.origin(tensor));
  const data = floatsOf(constant, refuse);
  if (product(shape.slice(1)) === null) throw refuse('sizes that the file leaves open');
  const missing = shape.length - constant.shape.length;
  const sizes = [...Array(Math.max(0, missing)).fill(1), ...constant.shape] as number[];
  const spreads =
    missing >= 0 && sizes.every((size, axis) => size === 1 || (axis > 0 && size === shape[axis]));
  if (!spreads) throw refuse(`shape ${shapeText(constant.shape)}`);
  return spread(data, sizes.slice(1), shape.slice(1) as number[]);
}

/** @param from sizes of `data`, each that of `to` or 1 */
function spread(data: FloatArray, from: readonly number[], to: readonly number[]): FloatArray {
  const result = allocate('stored numbers for a sample', dtypeOf(data), product(to) as number);
  for (let i = 0; i < result.length; ++i) {
    let [rest, place, stride] = [i, 0, 1];
    for (let axis = to.length - 1; axis >= 0; --axis) {
      const size = to[axis] as number;
      if (from[axis] !== 1) place += (rest % size) * stride;
      stride *= from[axis] as number;
      rest = Math.floor(rest / size);
    }
    result[i] = data[place] as number;
  }
  return result;
}

/** New numbers, each computed in float64; they are stored in float64 if any of the sources are. */
export function computed(
  length: number,
  sources: readonly (FloatArray | undefined)[],
  value: (i: number) => number,
): FloatArray {
  const double = sources.some((source) => source !== undefined && dtypeOf(source) === 'float64');
  const result = allocate('numbers of a layer', double ? 'float64' : 'float32', length);
  for (let i = 0; i < length; ++i) result[i] = value(i);
  return result;
}

/** The numbers of each unit, where they are the same for every number of it; else undefined. @param numbers [size] */
export function perUnit(numbers: FloatArray, units: number): FloatArray | undefined {
  const block = numbers.length / units;
  const same = numbers.every((value: number, i: number) => value === numbers[i - (i % block)]);
  return same ? computed(units, [numbers], (unit) => numbers[unit * block] as number) : undefined;
}
