/** Pools over images, and padding in front of layers of images. */
import { axesOf, axisOf } from './axes.js';
import type { FileLayer, Padding } from './file-layers.js';
import type { Value } from './file-network.js';
import { attribute, floatAttribute, integerAttribute, unsupportedNode } from './node.js';
import type { Dimension } from './shapes.js';
import { imageOf, of, placed, resultOf, type Step } from './step.js';
import {
  countsOf,
  extentsOf,
  kernelOf,
  paddingOf,
  samePadding,
  type Windows,
  windowsOf,
  windowsWithin,
} from './windows.js';

export function maxPool(step: Step): Value {
  const { image, windows } = undilated(step);
  const padding = allowedPadding(windows);
  if (padding !== undefined) return pool(step, 'maxPool', image, windows, padding);
  // padding is minus infinity there: zeros are the same where no number is below 0
  if (coversImage(windows) && isNonNegative(image)) return padded(step, 'maxPool', image, windows);
  throw unevenPadding(step, windows, 'or outputs of relu, beside which zeros count as little,');
}

export function averagePool(step: Step): Value {
  const { image, windows } = undilated(step);
  const countsPadding = integerAttribute(step.node, 'count_include_pad', 0) !== 0;
  const beyond = windows.height.beyond || windows.width.beyond;
  const padding = allowedPadding(windows);
  if (padding !== undefined && !(countsPadding && beyond))
    return pool(step, 'averagePool', image, windows, padding, countsPadding);
  if (countsPadding && !beyond) return padded(step, 'averagePool', image, windows);
  throw unevenPadding(step, windows, 'or, with count_include_pad = 1 and ceil_mode = 0, any');
}

export function globalPool(step: Step, kind: 'maxPool' | 'averagePool'): Value {
  const image = imageOf(step);
  const { shape } = step.value;
  return global(step, image, [...(shape as Dimension[]).slice(0, 2), 1, 1], kind);
}

/** The mean over rows and columns of images, in either layout. */
export function reduceMean(step: Step): Value {
  const { graph, network, node, value } = step;
  const { shape = [], channelsLast } = value;
  const given = graph.constant(node.input[1]);
  const none = node.input[1] ? graph.origin(node.input[1]) : 'none';
  const received = `axes ${attribute(node, 'axes')?.ints?.join(', ') ?? (given ? Array.from(given.data).join(', ') : none)}`;
  const counted = given ? Array.from(given.data) : attribute(node, 'axes')?.ints;
  const axes = counted?.map((axis) => axisOf(node, axis, shape.length, graph.path)).sort();
  const wanted = channelsLast === undefined ? [2, 3] : [1, 2];
  const image = shape.length === 4 && axes?.join() === wanted.join() ? network.image(value) : undefined;
  if (image === undefined)
    throw unsupportedNode(
      graph.path,
      node,
      'a mean over rows and columns of images of known extents',
      `${received} of a tensor ${of(shape)}`,
    );
  const keeps = integerAttribute(node, 'keepdims', 1) !== 0;
  const pooled = shape.flatMap((size, axis) => (wanted.includes(axis) ? (keeps ? [1] : []) : [size]));
  return global(step, image, pooled, 'averagePool');
}

function global(
  step: Step,
  image: FileLayer,
  shape: readonly Dimension[],
  kind: 'maxPool' | 'averagePool',
): Value {
  const [channels, height, width] = image.shape as [number, number, number];
  const from = step.network.add({
    kind,
    ...placed(step, [channels, 1, 1], image),
    kernel: { height, width },
    stride: { height, width },
    padding: { height: 0, width: 0 },
    countIncludePad: false,
  });
  return resultOf(step, { from, shape, channelsLast: undefined });
}

/** Zeros around an image. */
export function pad(step: Step): Value {
  const { graph, network, node, value } = step;
  const refuse = (expected: string, received: string) =>
    unsupportedNode(graph.path, node, expected, received);
  const image = imageOf(step);
  const mode = Buffer.from(attribute(node, 'mode')?.s ?? []).toString() || 'constant';
  if (mode !== 'constant') throw refuse('mode "constant"', JSON.stringify(mode));
  const filling = paddedWith(step);
  if (filling !== 0) throw refuse('zeros', `${filling}`);
  const { before, after } = paddedAxes(step);
  const beside = [...before, ...after];
  const outside = before[0] || before[1] || after[0] || after[1];
  if (outside || beside.some((size) => size < 0 || size > 1024))
    throw refuse(
      'pads of 0 to 1024 rows and columns',
      `pads [${beside.join(', ')}] of a tensor ${of(value.shape)}`,
    );
  const padding = { top: before[2], left: before[3], bottom: after[2], right: after[3] } as Padding;
  const from = network.add({ kind: 'pad', ...placed(step, paddedShape(image, padding), image), padding });
  return resultOf(step, { from, shape: [value.shape?.[0] ?? null, ...from.shape] });
}

/** The value that Pad fills in: an attribute before opset 11, an input since. */
function paddedWith({ graph, node }: Step): number | string {
  if (graph.opset < 11) return floatAttribute(node, 'value', 0);
  if (!node.input[2]) return 0;
  const constant = graph.constant(node.input[2]);
  return constant?.data.length === 1 ? (constant.data[0] as number) : graph.origin(node.input[2]);
}

/** By axis of a tensor of four. */
function paddedAxes({ graph, node }: Step): { before: readonly number[]; after: readonly number[] } {
  const stored = graph.opset < 11 ? undefined : graph.constant(node.input[1]);
  const pads = graph.opset < 11 ? attribute(node, 'pads')?.ints : stored && Array.from(stored.data);
  const named = node.input[3] ? axesOf(node, graph.constant(node.input[3]), 4, graph) : [0, 1, 2, 3];
  if (pads === undefined || named === undefined || pads.length !== 2 * named.length)
    throw unsupportedNode(
      graph.path,
      node,
      'stored pads, two for each axis',
      pads === undefined ? graph.origin(node.input[1]) : `[${pads.join(', ')}]`,
    );
  const [before, after] = [Array(4).fill(0), Array(4).fill(0)] as [number[], number[]];
  named.forEach((axis, i) => {
    before[axis] = pads[i] as number;
    after[axis] = pads[named.length + i] as number;
  });
  return { before, after };
}

function paddedShape({ shape }: FileLayer, { top, left, bottom, right }: Padding): readonly number[] {
  const [channels, height, width] = shape as [number, number, number];
  return [channels, height + top + bottom, width + left + right];
}

function undilated(step: Step): { image: FileLayer; windows: Windows } {
  const image = imageOf(step);
  const windows = windowsOf(step, kernelOf(step), image.shape);
  const { height, width } = windows;
  if (height.dilation === 1 && width.dilation === 1) return { image, windows };
  throw unsupportedNode(
    step.graph.path,
    step.node,
    'dilations of 1',
    `dilations [${height.dilation}, ${width.dilation}]`,
  );
}

/** The same padding on both sides, of at most half the kernel, as pools of this package allow it. */
function allowedPadding(windows: Windows) {
  const padding = samePadding(windows);
  const { height, width } = windows;
  const fits = padding && 2 * padding.height <= height.kernel && 2 * padding.width <= width.kernel;
  return fits ? padding : undefined;
}

/** Whether each window has a part of the image in it. */
function coversImage({ height, width }: Windows): boolean {
  return [height, width].every(({ kernel, before, after }) => before < kernel && after < kernel);
}

function pool(
  step: Step,
  kind: 'maxPool' | 'averagePool',
  image: FileLayer,
  windows: Windows,
  padding: { readonly height: number; readonly width: number },
  countIncludePad = false,
): Value {
  const shape = [image.shape[0] as number, ...countsOf(windows)];
  const from = step.network.add({
    kind,
    ...placed(step, shape, image),
    kernel: extentsOf(windows, 'kernel'),
    stride: extentsOf(windows, 'stride'),
    padding,
    countIncludePad,
  });
  return resultOf(step, { from, shape: [step.value.shape?.[0] ?? null, ...shape] });
}

/** A pool without padding over the image with zeros around it. */
function padded(step: Step, kind: 'maxPool' | 'averagePool', image: FileLayer, windows: Windows): Value {
  const padding = paddingOf(windows);
  const around = step.network.add({
    kind: 'pad',
    ...placed(step, paddedShape(image, padding), image),
    padding,
  });
  const none = { height: 0, width: 0 };
  return pool(step, kind, around, windowsWithin(windows), none);
}

/** Whether all numbers of a layer are at least 0, whatever its input. */
function isNonNegative(layer: FileLayer): boolean {
  switch (layer.kind) {
    case 'activation':
      return ['relu', 'sigmoid', 'softplus', 'quadratic'].includes(layer.activation);
    case 'maxPool':
    case 'averagePool':
    case 'pad':
    case 'add':
    case 'concat':
      return layer.reads.every(isNonNegative);
    default:
      return false;
  }
}

function unevenPadding({ graph, node }: Step, { height, width }: Windows, otherwise: string): Error {
  const sides = [height.before, width.before, height.after, width.after].join(', ');
  const ceil = integerAttribute(node, 'ceil_mode', 0) !== 0 ? ', with what ceil_mode adds,' : '';
  return unsupportedNode(
    graph.path,
    node,
    `the same padding on both sides, of at most half the kernel, ${otherwise}`,
    `pads [${sides}]${ceil} for a kernel of ${height.kernel} x ${width.kernel} with strides of ${height.stride} x ${width.stride} ` +
      `over an image of ${height.size} x ${width.size}`,
  );
}
