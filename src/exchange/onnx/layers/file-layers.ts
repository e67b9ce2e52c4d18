/** Layers as an ONNX graph has them, before they are simplified and become layers of this package. */
import type { FloatArray } from '../../../native/addon.js';
import type { Activation, Extents2d } from '../../../network/layers.js';
import type { OnnxNode } from '../schema.js';

/** An activation, and the slope of leakyRelu below 0, where it is not 0.01. */
interface Activated {
  activation: Activation;
  slope?: number | undefined;
}

interface FileLayerOf<Kind extends string> {
  kind: Kind;
  /** The node that it was made of, for errors, and the tensor of the file that it gives: its name. */
  readonly node: OnnxNode | undefined;
  readonly tensor: string;
  /** Of a sample of its output: [features] or [channels, height, width]. */
  shape: readonly number[];
  reads: FileLayer[];
}

/** Rows and columns of zeros beside an image. */
export interface Padding {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}
export const noPadding: Padding = { top: 0, left: 0, bottom: 0, right: 0 };

/** What is read of the network's input, in this shape. */
export interface FileInput extends FileLayerOf<'input'> {}

/** z = W x + bias, y = f(z), of features. */
export interface FileMatrix extends FileLayerOf<'matrix'>, Activated {
  /** [outputs][inputs] */
  weights: FloatArray;
  /** [outputs] */
  bias: FloatArray | undefined;
}

/** A convolution of an image; padding need not be the same on both sides. */
export interface FileConvolution extends FileLayerOf<'convolution'>, Activated {
  /** [output channels][channels / groups][kernel height][kernel width] */
  weights: FloatArray;
  /** [output channels] */
  bias: FloatArray | undefined;
  readonly kernel: Extents2d;
  readonly stride: Extents2d;
  readonly dilation: Extents2d;
  padding: Padding;
  readonly groups: number;
}

export interface FileTransposedConvolution extends FileLayerOf<'transposedConvolution'>, Activated {
  /** [channels][output channels][kernel height][kernel width] */
  weights: FloatArray;
  /** [output channels] */
  bias: FloatArray | undefined;
  readonly kernel: Extents2d;
  readonly stride: Extents2d;
  readonly padding: Extents2d;
  readonly outputPadding: Extents2d;
}

/** y_i = scale_i x_i + shift_i of every number i of a sample. */
export interface FileAffine extends FileLayerOf<'affine'> {
  scale: FloatArray;
  shift: FloatArray;
}

export interface FileBatchNorm extends FileLayerOf<'batchNorm'> {
  readonly momentum: number;
  readonly epsilon: number;
  /** Each [units] */
  scale: FloatArray;
  shift: FloatArray;
  readonly mean: FloatArray;
  readonly variance: FloatArray;
}

export interface FileActivation extends FileLayerOf<'activation'>, Activated {}

export interface FilePool extends FileLayerOf<'maxPool' | 'averagePool'> {
  readonly kernel: Extents2d;
  readonly stride: Extents2d;
  padding: Extents2d;
  /** Of 'averagePool'. */
  countIncludePad: boolean;
}

/** Zeros around an image. */
export interface FilePad extends FileLayerOf<'pad'> {
  readonly padding: Padding;
}

/** Layers without options or numbers. */
export interface FilePlain extends FileLayerOf<'flatten' | 'globalAveragePool' | 'add' | 'concat'> {}

export type FileLayer =
  | FileInput
  | FileMatrix
  | FileConvolution
  | FileTransposedConvolution
  | FileAffine
  | FileBatchNorm
  | FileActivation
  | FilePool
  | FilePad
  | FilePlain;

/** The layers whose weights multiply what they read. */
export type FileWeighted = FileMatrix | FileConvolution | FileTransposedConvolution;

export function isWeighted(layer: FileLayer | undefined): layer is FileWeighted {
  return layer !== undefined && ['matrix', 'convolution', 'transposedConvolution'].includes(layer.kind);
}

/** Numbers of a sample. */
export function sizeOf({ shape }: FileLayer): number {
  return shape.reduce((product, extent) => product * extent, 1);
}
