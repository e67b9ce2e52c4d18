/** Sums, differences, products, quotients and concatenations: of computed tensors, or with stored numbers. */
import type { FloatArray } from '../../../native/addon.js';
import { axisOf } from '../axes.js';
import { type FileLayer, sizeOf } from '../layers/file-layers.js';
import type { Value } from '../layers/file-network.js';
import { attribute, unsupportedNode } from '../node.js';
import { contradict, type Dimension, type Shape } from '../shapes.js';
import { numbersOf, of, placed, resultOf, type Step } from './step.js';
import { computed, perSample } from './stored-numbers.js';

export function addition(step: Step): Value {
  const [one, other] = step.operands;
  if (one && other) return one.tensor === other.tensor ? affine(step, one, 2, 0) : sumOf(step, [one, other]);
  const [value, stored] = withStored(step);
  return affine(step, value, 1, storedOf(step, value, stored, 'to add'));
}

/** Of any number of computed tensors. */
export function sum(step: Step): Value {
  const { graph, node, operands } = step;
  if (operands.length === 1) return resultOf(step, {});
  const values = operands.map((operand, i) => {
    if (operand) return operand;
    const received = `${JSON.stringify(node.input[i])}, which is stored`;
    throw unsupportedNode(graph.path, node, 'computed tensors to add', received);
  });
  return sumOf(step, values);
}

export function subtraction(step: Step): Value {
  const [one, other] = step.operands;
  if (one && other) return sumOf(step, [one, affine(step, other, -1, 0)]);
  const [value, stored] = withStored(step);
  const numbers = storedOf(step, value, stored, 'to add');
  return one ? affine(step, value, 1, negated(numbers)) : affine(step, value, -1, numbers);
}

/** By stored numbers, or a tensor times itself. */
export function multiplication(step: Step): Value {
  const { graph, network, node, operands } = step;
  const [one, other] = operands;
  if (one && other && one.tensor === other.tensor) {
    const layer = numbersOf(step, one);
    const from = network.add({
      kind: 'activation',
      ...placed(step, layer.shape, layer),
      activation: 'quadratic',
    });
    return resultOf(step, { from });
  }
  if (one && other) {
    const received = `a product with ${graph.origin(other.tensor)}`;
    throw unsupportedNode(
      graph.path,
      node,
      'a tensor times itself (activation quadratic), or times stored numbers',
      received,
    );
  }
  const [value, stored] = withStored(step);
  return affine(step, value, storedOf(step, value, stored, 'to multiply by'), 0);
}

export function division(step: Step): Value {
  const { graph, node, operands } = step;
  const [one, other] = operands;
  const refuse = (received: string) =>
    unsupportedNode(graph.path, node, 'a tensor by stored numbers', received);
  if (!one || other) throw refuse(`a division by ${graph.origin(node.input[1])}`);
  const numbers = storedOf(step, one, node.input[1], 'to multiply by');
  if (numbers.some((value: number) => value === 0)) throw refuse('a division by 0');
  return affine(
    step,
    one,
    computed(numbers.length, [numbers], (i) => 1 / (numbers[i] as number)),
    0,
  );
}

/** Along the channels of images, or along features. */
export function concat(step: Step): Value {
  const { graph, network, node, operands } = step;
  const refuse = (received: string) =>
    unsupportedNode(graph.path, node, 'computed tensors along the axis of channels or of features', received);
  const values = operands.map((operand, i) => {
    if (operand) return operand;
    throw refuse(`${JSON.stringify(node.input[i])}, which is stored`);
  });
  const [first] = values as [Value];
  const rank = first.shape?.length ?? 0;
  const given = attribute(node, 'axis')?.i ?? 0;
  const last = first.channelsLast !== undefined && rank === 4;
  const axis = axisOf(node, given, rank, graph.path);
  const shapes = values.map(({ shape }) => of(shape)).join(', ');
  if (axis !== (last ? 3 : 1)) throw refuse(`axis ${given} for tensors ${shapes}`);
  const layers = values.map((value) => (rank === 4 ? network.image(value) : network.features(value)));
  const mixed = values.some(({ shape, channelsLast }) => shape?.length !== rank || !!channelsLast !== last);
  if (mixed || layers.some((layer) => layer === undefined)) throw refuse(`tensors ${shapes}`);
  const read = layers as FileLayer[];
  if (read.length === 1) return resultOf(step, {});
  const [, ...extents] = (read[0] as FileLayer).shape;
  if (read.some(({ shape }) => shape.slice(1).join() !== extents.join())) throw refuse(`tensors ${shapes}`);
  const width = read.reduce((total, { shape }) => total + (shape[0] as number), 0);
  const from = network.add({ kind: 'concat', ...placed(step, [width, ...extents], ...read) });
  const shape = (first.shape as Dimension[]).map((size, at) => (at === axis ? width : size));
  return resultOf(step, { from, shape, channelsLast: last ? from.shape : undefined });
}

/** The computed operand, and the name of the stored one. */
function withStored({ node, operands }: Step): [Value, string | undefined] {
  return operands[0] ? [operands[0], node.input[1]] : [operands[1] as Value, node.input[0]];
}

/** Stored numbers for each number of a sample, in the order of the layer that the value is of. */
function storedOf(
  step: Step,
  value: Value,
  stored: string | undefined,
  what: 'to add' | 'to multiply by',
): FloatArray {
  if (value.shape === undefined) numbersOf(step, value); // which refuses a shape that is not declared
  const numbers = perSample(step, stored, value.shape as Dimension[], what);
  if (value.channelsLast === undefined) return numbers;
  const [channels = 1, ...extents] = value.channelsLast;
  const area = extents.reduce((result, extent) => result * extent, 1);
  return computed(
    numbers.length,
    [numbers],
    (i) => numbers[(i % area) * channels + Math.floor(i / area)] as number,
  );
}

/** scale x + shift; single numbers are those of every number of a sample. */
function affine(step: Step, value: Value, scale: FloatArray | number, shift: FloatArray | number): Value {
  const layer = numbersOf(step, value);
  const sources = [scale, shift].filter((one) => typeof one !== 'number');
  const filled = (one: FloatArray | number) =>
    typeof one === 'number' ? computed(sizeOf(layer), sources, () => one) : one;
  const from = step.network.add({
    kind: 'affine',
    ...placed(step, layer.shape, layer),
    scale: filled(scale),
    shift: filled(shift),
  });
  return { ...resultOf(step, { from }), shape: value.shape, channelsLast: value.channelsLast };
}

function negated(numbers: FloatArray): FloatArray {
  return computed(numbers.length, [numbers], (i) => -(numbers[i] as number));
}

function sumOf(step: Step, values: readonly Value[]): Value {
  const { graph, network, node } = step;
  const layers = values.map((value) => numbersOf(step, value));
  const [first, ...others] = values as [Value, ...Value[]];
  const differs = ({ shape, channelsLast }: Value, i: number) =>
    contradict(shape, first.shape) ||
    !sameSample(shape, first.shape) ||
    channelsLast?.join() !== first.channelsLast?.join() ||
    layers[i + 1]?.shape.join() !== layers[0]?.shape.join();
  if (others.some(differs)) {
    const received = values.map(
      ({ shape, channelsLast }) => of(shape) + (channelsLast ? ' (channels last)' : ''),
    );
    throw unsupportedNode(graph.path, node, 'computed tensors of one shape to add', received.join(' and '));
  }
  const shape = (layers[0] as FileLayer).shape;
  const from = network.add({ kind: 'add', ...placed(step, shape, ...layers) });
  const samples = values.map((value) => value.shape?.[0]).find((size) => typeof size === 'number');
  const whole = first.shape?.map((size, axis) => (axis === 0 ? (samples ?? size) : size));
  return resultOf(step, { from, shape: whole, channelsLast: first.channelsLast });
}

/** Whether the axes after the samples have the same known sizes. */
function sameSample(one: Shape, other: Shape): boolean {
  return one !== undefined && other !== undefined && one.slice(1).join() === other.slice(1).join();
}
