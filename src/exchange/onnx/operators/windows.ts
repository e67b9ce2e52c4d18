/** How the kernel of a convolution or a pool is moved over an image: strides, dilations, pads, by both axes. */
import type { Extents2d } from '../../../network/layers.js';
import type { Padding } from '../layers/file-layers.js';
import { corrupt } from '../model.js';
import { attribute, integerAttribute, nameOf, unsupportedNode } from '../node.js';
import type { OnnxNode } from '../schema.js';
import type { Step } from './step.js';

/** Along one axis of an image. */
export interface WindowAxis {
  /** Rows or columns of the image. */
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Rows or columns of padding; `after` includes those that ceil_mode adds. */
  readonly before: number;
  readonly after: number;
  /** Windows: rows or columns of the result. */
  readonly count: number;
  /** Whether windows reach beyond the padding that the file names (ceil_mode). */
  readonly beyond: boolean;
}

export interface Windows {
  readonly height: WindowAxis;
  readonly width: WindowAxis;
}

/** More rows or columns of padding than any network has, on a side and more than on the other: guards against damaged files (arbitrary). */
const largestPadding = 1024;
const largestDifference = 32;

/**
 * @param kernel [height, width]
 * @param image [channels, height, width]
 * @throws file_unsupported, file_corrupt
 */
export function windowsOf(
  { graph, node }: Step,
  kernel: readonly number[],
  image: readonly number[],
): Windows {
  const { path } = graph;
  const strides = pair(node, 'strides', 1, path);
  const dilations = pair(node, 'dilations', 1, path);
  const pads = attribute(node, 'pads')?.ints ?? [];
  if (![0, 4].includes(pads.length)) throw unsupportedNode(path, node, 'four pads', `[${pads.join(', ')}]`);
  checkPads(node, pads, path);
  const automatic = automaticPadding(node, pads, path);
  const ceil = integerAttribute(node, 'ceil_mode', 0) !== 0;
  const [height, width] = [0, 1].map((axis) => {
    const [size, extent] = [image[axis + 1] as number, kernel[axis] as number];
    const [stride, dilation] = [strides[axis] as number, dilations[axis] as number];
    const plain = { size, kernel: extent, stride, dilation };
    const given = { before: pads[axis] ?? 0, after: pads[axis + 2] ?? 0 };
    const padding = automatic === 'NOTSET' ? given : sameAs(plain, automatic, node, path);
    return counted({ ...plain, ...padding }, ceil, node, path);
  }) as [WindowAxis, WindowAxis];
  return { height, width };
}

/** @param pads those before the axes, then those after them @throws file_unsupported */
export function checkPads(node: OnnxNode, pads: readonly number[], path: string): void {
  const axes = pads.length / 2;
  const differs = pads.some(
    (pad, i) => Math.abs(pad - (pads[(i + axes) % pads.length] as number)) > largestDifference,
  );
  if (!differs && pads.every((pad) => pad >= 0 && pad <= largestPadding)) return;
  throw unsupportedNode(
    path,
    node,
    `pads from 0 to ${largestPadding}, which differ by at most ${largestDifference} from those of the other side`,
    `[${pads.join(', ')}]`,
  );
}

/** Two numbers of at least 1. */
function pair(node: OnnxNode, name: string, byDefault: number, path: string): readonly number[] {
  const { ints = [] } = attribute(node, name) ?? {};
  if (ints.length === 0) return [byDefault, byDefault];
  if (ints.length === 2 && ints.every((one) => one >= 1)) return ints;
  throw unsupportedNode(path, node, `${name} of two numbers, each at least 1`, `[${ints.join(', ')}]`);
}

/** The attribute kernel_shape. @throws file_unsupported unless it has two axes */
export function kernelOf({ graph, node }: Step): readonly number[] {
  const { ints = [] } = attribute(node, 'kernel_shape') ?? {};
  if (ints.length === 2 && ints.every((one) => one >= 1)) return ints;
  throw unsupportedNode(
    graph.path,
    node,
    'kernel_shape of two numbers, each at least 1',
    `[${ints.join(', ')}]`,
  );
}

type AutomaticPadding = 'NOTSET' | 'VALID' | 'SAME_UPPER' | 'SAME_LOWER';

function automaticPadding(node: OnnxNode, pads: readonly number[], path: string): AutomaticPadding {
  const given = Buffer.from(attribute(node, 'auto_pad')?.s ?? []).toString() || 'NOTSET';
  if (!['NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER'].includes(given))
    throw unsupportedNode(
      path,
      node,
      'auto_pad NOTSET, VALID, SAME_UPPER or SAME_LOWER',
      JSON.stringify(given),
    );
  if (given !== 'NOTSET' && pads.some((pad) => pad !== 0))
    throw unsupportedNode(
      path,
      node,
      'auto_pad or pads, not both',
      `auto_pad ${given} and pads [${pads.join(', ')}]`,
    );
  return given as AutomaticPadding;
}

export type Unpadded = Pick<WindowAxis, 'size' | 'kernel' | 'stride' | 'dilation'>;

/**
 * Such that there are ceil(size / stride) windows; of an odd number the larger part is after, or before for SAME_LOWER.
 * @throws file_unsupported where a stride leaves out two or more at the end: runtimes differ in where they begin
 */
function sameAs(
  { size, kernel, stride, dilation }: Unpadded,
  automatic: Exclude<AutomaticPadding, 'NOTSET'>,
  node: OnnxNode,
  path: string,
): Pick<WindowAxis, 'before' | 'after'> {
  if (automatic === 'VALID') return { before: 0, after: 0 };
  const count = Math.ceil(size / stride);
  const missing = (count - 1) * stride + dilation * (kernel - 1) + 1 - size;
  if (missing < -1)
    throw unsupportedNode(
      path,
      node,
      `pads in place of auto_pad ${automatic}, which runtimes read differently there,`,
      `a kernel of ${kernel} with a stride of ${stride} over ${size}`,
    );
  const total = Math.max(0, missing);
  const [less, more] = [Math.floor(total / 2), Math.ceil(total / 2)];
  return automatic === 'SAME_UPPER' ? { before: less, after: more } : { before: more, after: less };
}

function counted(
  axis: Omit<WindowAxis, 'count' | 'beyond'>,
  ceil: boolean,
  node: OnnxNode,
  path: string,
): WindowAxis {
  const { size, kernel, stride, dilation, before, after } = axis;
  const covered = dilation * (kernel - 1) + 1;
  const steps = (size + before + after - covered) / stride;
  if (steps < 0)
    throw corrupt(
      path,
      `${nameOf(node)} has a kernel that covers ${covered} of an image of ${size} with ${before + after} of padding`,
    );
  const rounded = ceil ? Math.ceil(steps) : Math.floor(steps);
  // a window that would start in the padding after the image is left out
  const last = ceil && rounded * stride >= size + before ? rounded - 1 : rounded;
  const missing = Math.max(0, last * stride + covered - size - before - after);
  return { ...axis, after: after + missing, count: last + 1, beyond: missing > 0 };
}

/** [height, width] of the result. */
export function countsOf({ height, width }: Windows): readonly [number, number] {
  return [height.count, width.count];
}

export function paddingOf({ height, width }: Windows): Padding {
  return { top: height.before, left: width.before, bottom: height.after, right: width.after };
}

/** A field of both axes. */
export function extentsOf({ height, width }: Windows, field: 'kernel' | 'stride' | 'dilation'): Extents2d {
  return { height: height[field], width: width[field] };
}

/** Windows without padding over the padded image. */
export function windowsWithin({ height, width }: Windows): Windows {
  const within = (axis: WindowAxis): WindowAxis => {
    return { ...axis, size: axis.size + axis.before + axis.after, before: 0, after: 0 };
  };
  return { height: within(height), width: within(width) };
}

/** How many windows there are with the same padding on both sides. */
export function countWith({ size, kernel, stride, dilation }: Unpadded, padding: number): number {
  return Math.floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1;
}

/**
 * The padding `before` on both sides, where it gives the same windows: each begins where it did, and there are as many.
 * Undefined where it does not.
 */
export function samePadding({ height, width }: Windows): Extents2d | undefined {
  const same = (axis: WindowAxis) => countWith(axis, axis.before) === axis.count;
  return same(height) && same(width) ? { height: height.before, width: width.before } : undefined;
}
