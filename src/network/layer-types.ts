/** Types of layers, as a network's spec holds them. */

/** f of y = f(z): formulas and conventions are in native/core/activations.h. */
export const activations = [
  'linear',
  'relu',
  'leakyRelu',
  'elu',
  'tanh',
  'sigmoid',
  'softplus',
  'gelu',
  'erf',
  'quadratic',
  'scaledErf',
] as const;
/** PyTorch's default slope of leakyRelu below 0 (native/core/activations.h). */
export const defaultSlope = 0.01;
/** Name of an activation, f of y = f(z). */
export type Activation = (typeof activations)[number];

/** Tensors of a spectral layer: [N_out][N_in], [N_in], [N_out], [N_out]. */
export const spectralTensors = ['eigenvectors', 'eigenvaluesIn', 'eigenvaluesOut', 'bias'] as const;
export type SpectralTensor = (typeof spectralTensors)[number];
/** Tensors of a dense layer: [N_out][N_in], [N_out]. */
export const denseTensors = ['weights', 'bias'] as const;
export type DenseTensor = (typeof denseTensors)[number];
/** Tensors of batch norm, one value per unit. */
export const batchNormTensors = ['scale', 'shift'] as const;
export type BatchNormTensor = (typeof batchNormTensors)[number];
/** What a tensor is in its layer; in a network it is called `layers.<index>.<name>`. */
export type TensorName = SpectralTensor | DenseTensor | BatchNormTensor;
/** The tensors [N_out][N_in]; the others are vectors. */
export const matrices = ['eigenvectors', 'weights'] as const;
export type Matrix = (typeof matrices)[number];

/**
 * Penalties beside l1 and l2, and which tensors may have them. A spec has them only where they are not 0, so
 * that networks without them are written as in earlier versions.
 */
export const furtherPenalties = { groupLasso: 'matrices' } as const;
export type FurtherPenalty = keyof typeof furtherPenalties;
export const furtherPenaltyNames = Object.keys(furtherPenalties) as FurtherPenalty[];

/**
 * How a tensor starts. Fan-in and fan-out are those of a matrix [N_out][N_in]; `orthonormalRows` gives rows with
 * w_i . w_j = [i = j] (needs N_out <= N_in); a number is a constant; an array is copied and must have the tensor's size.
 */
export type Initializer =
  | 'glorotUniform'
  | 'glorotNormal'
  | 'heUniform'
  | 'heNormal'
  | 'orthonormalRows'
  | number
  | readonly number[]
  | Float32Array
  | Float64Array;
export const namedInitializers = [
  'glorotUniform',
  'glorotNormal',
  'heUniform',
  'heNormal',
  'orthonormalRows',
] as const;

export type PerTensor<Name extends TensorName, Value> = { readonly [K in Name]?: Value };

/** A layer's place in the graph of a network. */
export interface LayerPlace {
  /** Later layers and terms of a loss refer to the layer by this name, which is unique in a network. */
  readonly name?: string;
  /** Names of the earlier layers that it reads, or 'input'. Default: the layer before it, or the input. */
  readonly inputs?: readonly string[];
}

export interface LayerOf<Kind extends string, Name extends TensorName> extends LayerPlace {
  readonly kind: Kind;
  /** N_out */
  readonly width: number;
  readonly activation: Activation;
  /** Of leakyRelu below 0, where it is not 0.01. */
  readonly slope?: number;
  /** Tensors present in the layer, each with all of its options. */
  readonly tensors: PerTensor<Name, TensorOptions>;
}

export interface TensorOptions extends Readonly<Partial<Record<FurtherPenalty, number>>> {
  readonly trainable: boolean;
  /** penalty = l2 * sum(K^2) + l1 * sum(|K|) + groupLasso * sum_i ||K_i|| (rows of a matrix, what enters node i), while trainable */
  readonly l1: number;
  readonly l2: number;
  readonly initialize: Initializer;
}

/** Made by spectral(). */
export type SpectralLayer = LayerOf<'spectral', SpectralTensor>;
/** Made by dense() or sum(). */
export type DenseLayer = LayerOf<'dense', DenseTensor>;
/** A layer with a matrix, [N_out][N_in]: made by spectral(), dense() or sum(). */
export type MatrixLayer = SpectralLayer | DenseLayer;

/** A layer without a matrix. Its absent fields may be read, as those of any layer. */
export interface MatrixFree extends LayerPlace {
  readonly width?: undefined;
}

/** Made by batchNorm(). */
export interface BatchNormLayer extends MatrixFree {
  readonly activation?: undefined;
  readonly kind: 'batchNorm';
  /** running = (1 - momentum) running + momentum new */
  readonly momentum: number;
  readonly epsilon: number;
  readonly tensors: PerTensor<BatchNormTensor, TensorOptions>;
}
/** Made by activation(). */
export interface ActivationLayer extends MatrixFree {
  readonly tensors?: undefined;
  readonly kind: 'activation';
  readonly activation: Activation;
  /** Of leakyRelu below 0, where it is not 0.01. */
  readonly slope?: number;
}
/** Made by add(). */
export interface AddLayer extends MatrixFree {
  readonly activation?: undefined;
  readonly tensors?: undefined;
  readonly kind: 'add';
}
/** Made by concat(). */
export interface ConcatLayer extends MatrixFree {
  readonly activation?: undefined;
  readonly tensors?: undefined;
  readonly kind: 'concat';
}
/** A height and a width, in rows and columns of an image. */
export interface Extents2d {
  readonly height: number;
  readonly width: number;
}
interface ConvLayerOf<Kind extends string, Name extends TensorName> extends LayerOf<Kind, Name> {
  readonly kernel: Extents2d;
  readonly stride: Extents2d;
  /** Zeros on both sides. */
  readonly padding: Extents2d;
  readonly dilation: Extents2d;
  readonly groups: number;
}
/** Made by conv2d(); `width` counts its output channels. */
export type Conv2dLayer = ConvLayerOf<'conv2d', DenseTensor>;
/** Made by spectralConv2d(); `width` counts its output channels. */
export type SpectralConv2dLayer = ConvLayerOf<'spectralConv2d', SpectralTensor>;
/** Made by convTranspose2d(); `width` counts its output channels. */
export interface ConvTranspose2dLayer extends LayerOf<'convTranspose2d', DenseTensor> {
  readonly kernel: Extents2d;
  readonly stride: Extents2d;
  readonly padding: Extents2d;
  /** Rows and columns more at the end. */
  readonly outputPadding: Extents2d;
}
interface PoolOf<Kind extends string> extends MatrixFree {
  readonly activation?: undefined;
  readonly tensors?: undefined;
  readonly kind: Kind;
  readonly kernel: Extents2d;
  readonly stride: Extents2d;
  readonly padding: Extents2d;
}
/** Made by maxPool2d(). */
export type MaxPool2dLayer = PoolOf<'maxPool2d'>;
/** Made by averagePool2d(). */
export interface AveragePool2dLayer extends PoolOf<'averagePool2d'> {
  readonly countIncludePad: boolean;
}
/** Made by globalAveragePool() or flatten(). */
export interface ShapeLayer extends MatrixFree {
  readonly activation?: undefined;
  readonly tensors?: undefined;
  readonly kind: 'globalAveragePool' | 'flatten';
}
/** A layer of images, made by a function of image-layers.ts. */
export type ImageLayer =
  | Conv2dLayer
  | SpectralConv2dLayer
  | ConvTranspose2dLayer
  | MaxPool2dLayer
  | AveragePool2dLayer
  | ShapeLayer;
/** Made by spectral(), dense(), sum(), batchNorm(), activation(), add(), concat() or a function that makes a layer of images. */
export type Layer = MatrixLayer | BatchNormLayer | ActivationLayer | AddLayer | ConcatLayer | ImageLayer;
