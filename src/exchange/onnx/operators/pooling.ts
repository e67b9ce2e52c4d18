/** Pools over images, and padding in front of layers of images. */
import { axisOf } from '../axes.js';
import type { FileLayer } from '../layers/file-layers.js';
import type { Value } from '../layers/file-network.js';
import { attribute, integerAttribute, unsupportedNode } from '../node.js';
import type { Dimension } from '../shapes.js';
import { paddedImage } from './padding.js';
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
  const around = paddedImage(step, image, paddingOf(windows));
  return pool(step, kind, around, windowsWithin(windows), { height: 0, width: 0 });
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
