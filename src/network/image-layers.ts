/** Layers of images [channels, height, width]: convolutions, pools, and what makes features of an image. */
import { denseArray, flag, invalid, knownKeys, nonNegativeInteger, positiveInteger } from '../arguments.js';
import {
  type AveragePool2dLayer,
  buildLayer,
  type Conv2dLayer,
  type ConvTranspose2dLayer,
  type DenseTensor,
  denseTensors,
  type Extents2d,
  type LayerOptions,
  type LayerPlace,
  type MaxPool2dLayer,
  optionKeys,
  placeKeys,
  placeOf,
  type ShapeLayer,
  type SpectralConv2dLayer,
  type SpectralTensor,
  spectralTensors,
} from './layers.js';

/** Kinds of layers that read images. */
export const imageKinds = [
  ...(['conv2d', 'spectralConv2d', 'convTranspose2d'] as const),
  ...(['maxPool2d', 'averagePool2d', 'globalAveragePool', 'flatten'] as const),
];

/** One number for both, [height, width], or both by their names. */
export type Size2d = number | readonly [height: number, width: number] | Extents2d;

/** How a kernel is moved over an image. */
export interface WindowOptions {
  /** Default 1. */
  readonly stride?: Size2d;
  /** Rows and columns of zeros on both sides. Default 0. */
  readonly padding?: Size2d;
  /** Distance of the places of a kernel. Default 1. */
  readonly dilation?: Size2d;
  /**
   * Output channels are of so many groups, each of which reads its own part of the channels: as many as there are channels is
   * depth-wise. Default 1.
   */
  readonly groups?: number;
}
export interface Conv2dOptions extends LayerOptions<DenseTensor>, WindowOptions {}
export interface SpectralConv2dOptions extends LayerOptions<SpectralTensor>, WindowOptions {}

const convKeys = [...optionKeys, 'stride', 'padding', 'dilation', 'groups'];

/**
 * A convolution of images [channels, height, width]: cross-correlation with PyTorch's conventions, y = f(z), z_o = sum of
 * weights[o, i, u, v] x_i + bias_o. Weights are [width, channels / groups, kernel height, kernel width], Glorot-uniform with
 * k^2 in their fans; no bias unless asked for.
 * @param width output channels
 * @throws invalid_argument
 */
export function conv2d(width: number, kernel: Size2d, options: Conv2dOptions = {}): Conv2dLayer {
  const initial = { weights: 'glorotUniform', bias: 0 } as const;
  const layer = buildLayer('conv2d', width, options, denseTensors, denseTensors, initial, convKeys);
  return { ...layer, ...windowOf('conv2d layer', kernel, options) };
}

/**
 * A convolution in the spectral parametrisation, weights[o, i, u, v] = (eigenvaluesIn[i] - eigenvaluesOut[o])
 * eigenvectors[o, i, u, v]: an eigenvalue per channel. Defaults as those of spectral(); eigenvectors start as the weights of
 * conv2d do.
 * @param width output channels
 * @throws invalid_argument
 */
export function spectralConv2d(
  width: number,
  kernel: Size2d,
  options: SpectralConv2dOptions = {},
): SpectralConv2dLayer {
  const trained = ['eigenvectors', 'eigenvaluesOut', 'bias'] as const;
  const initial = { eigenvectors: 'glorotUniform', eigenvaluesIn: 0, eigenvaluesOut: 1, bias: 0 } as const;
  const layer = buildLayer('spectralConv2d', width, options, spectralTensors, trained, initial, convKeys);
  return { ...layer, ...windowOf('spectralConv2d layer', kernel, options) };
}

export interface ConvTranspose2dOptions extends LayerOptions<DenseTensor> {
  /** Default 1. */
  readonly stride?: Size2d;
  /** Rows and columns that are left out on both sides. Default 0. */
  readonly padding?: Size2d;
  /** Rows and columns more at the end, fewer than the stride. Default 0. */
  readonly outputPadding?: Size2d;
}

/**
 * A transposed convolution, the adjoint of a convolution with the same kernel, stride and padding, as PyTorch has it: an image of
 * height h becomes one of (h - 1) stride - 2 padding + kernel + outputPadding. Weights are [channels, width, kernel height,
 * kernel width], Glorot-uniform; no bias unless asked for.
 * @param width output channels
 * @throws invalid_argument
 */
export function convTranspose2d(
  width: number,
  kernel: Size2d,
  options: ConvTranspose2dOptions = {},
): ConvTranspose2dLayer {
  const where = 'convTranspose2d layer';
  const initial = { weights: 'glorotUniform', bias: 0 } as const;
  const keys = [...optionKeys, 'stride', 'padding', 'outputPadding'];
  const layer = buildLayer('convTranspose2d', width, options, denseTensors, denseTensors, initial, keys);
  const { stride = 1, outputPadding = 0 } = options;
  return {
    ...layer,
    ...poolOf(where, kernel, { ...options, stride }),
    outputPadding: extents(`outputPadding of ${where}`, outputPadding, nonNegativeInteger),
  };
}

export interface PoolOptions extends LayerPlace {
  /** Default: the kernel, so that windows do not overlap. */
  readonly stride?: Size2d;
  /** On both sides, at most half the kernel. Default 0. */
  readonly padding?: Size2d;
}

/**
 * The largest value of each window, per channel; of equal ones the first in row-major order receives the gradient.
 * @throws invalid_argument
 */
export function maxPool2d(kernel: Size2d, options: PoolOptions = {}): MaxPool2dLayer {
  const where = 'maxPool2d layer';
  knownKeys(where, options, ['stride', 'padding', ...placeKeys]);
  return { kind: 'maxPool2d', ...poolOf(where, kernel, options), ...placeOf(where, options) };
}

/**
 * The mean of each window, per channel.
 * @param options countIncludePad: whether the zeros of the padding count; default true, as in PyTorch
 * @throws invalid_argument
 */
export function averagePool2d(
  kernel: Size2d,
  options: PoolOptions & { readonly countIncludePad?: boolean } = {},
): AveragePool2dLayer {
  const where = 'averagePool2d layer';
  knownKeys(where, options, ['stride', 'padding', 'countIncludePad', ...placeKeys]);
  const countIncludePad = flag(`countIncludePad of ${where}`, options.countIncludePad ?? true);
  return {
    kind: 'averagePool2d',
    ...poolOf(where, kernel, options),
    countIncludePad,
    ...placeOf(where, options),
  };
}

/** The mean of each channel over the image: [channels, height, width] to [channels]. @throws invalid_argument */
export function globalAveragePool(place: LayerPlace = {}): ShapeLayer {
  const where = 'globalAveragePool layer';
  knownKeys(where, place, placeKeys);
  return { kind: 'globalAveragePool', ...placeOf(where, place) };
}

/** The numbers of an image as features: channels, rows, columns. @throws invalid_argument */
export function flatten(place: LayerPlace = {}): ShapeLayer {
  const where = 'flatten layer';
  knownKeys(where, place, placeKeys);
  return { kind: 'flatten', ...placeOf(where, place) };
}

function windowOf(where: string, kernel: Size2d, options: WindowOptions) {
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  return {
    kernel: extents(`kernel of ${where}`, kernel, positiveInteger),
    stride: extents(`stride of ${where}`, stride, positiveInteger),
    padding: extents(`padding of ${where}`, padding, nonNegativeInteger),
    dilation: extents(`dilation of ${where}`, dilation, positiveInteger),
    groups: positiveInteger(`groups of ${where}`, groups),
  };
}

function poolOf(
  where: string,
  kernel: Size2d,
  { stride = kernel, padding = 0 }: Pick<PoolOptions, 'stride' | 'padding'>,
) {
  return {
    kernel: extents(`kernel of ${where}`, kernel, positiveInteger),
    stride: extents(`stride of ${where}`, stride, positiveInteger),
    padding: extents(`padding of ${where}`, padding, nonNegativeInteger),
  };
}

function extents(where: string, size: Size2d, check: (where: string, value: unknown) => number): Extents2d {
  if (typeof size === 'number') return { height: check(where, size), width: check(where, size) };
  const expected = 'a number, [height, width] or { height, width }';
  if (typeof size !== 'object' || size === null) throw invalid(where, expected, size);
  if ('height' in size && 'width' in size) {
    knownKeys(where, size, ['height', 'width']);
    return {
      height: check(`height of ${where}`, size.height),
      width: check(`width of ${where}`, size.width),
    };
  }
  const both = denseArray(where, expected, size);
  if (both.length !== 2) throw invalid(where, expected, size);
  return { height: check(`${where}[0]`, both[0]), width: check(`${where}[1]`, both[1]) };
}
