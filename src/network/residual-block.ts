/** Types of residual blocks. */
import type { Activation, Layer, SlopeOptions } from './layers.js';

/** Of residual(). */
export interface ResidualOptions extends SlopeOptions {
  /**
   * Layers between what the block reads and the sum, where the sum needs another shape, as in [conv2d(32, 1, { stride:
   * 2 }), batchNorm()]. Default: the identity.
   */
  readonly shortcut?: readonly Layer[];
  /** Of the sum. Default: none. */
  readonly activation?: Activation;
  /** Name of the block's output, for layers that read it. Default: 'residual0', 'residual1' and so on. */
  readonly name?: string;
}

/** Made by residual(). A network's spec has the layers that it stands for. */
export interface ResidualBlock extends ResidualOptions {
  readonly kind: 'residual';
  readonly layers: readonly LayerOrBlock[];
}

/** What a list of layers may hold. */
export type LayerOrBlock = Layer | ResidualBlock;
