/** Specifications of networks: their structure, without parameters. */
import type { Layer, TensorName, TensorOptions } from './layers.js';
import type { Loss } from './objective.js';
import type { LayerOrBlock } from './residual-block.js';

/** The complete specification of a network, with every default written out. */
export interface NetworkSpec {
  /** Features per sample: N_in of the first layer. */
  readonly inputs: number;
  /**
   * Shape of a sample, where it is not a plain list of features: [channels, height, width]. The product is
   * `inputs`.
   */
  readonly inputShape?: readonly number[];
  readonly layers: readonly Layer[];
  readonly loss: Loss;
}

/** Options of a network. */
export interface NetworkOptions {
  /** Features of a sample, or its shape: [channels, height, width]. */
  readonly inputs: number | readonly number[];
  /** Given by networks from files in addition to a number of inputs. */
  readonly inputShape?: readonly number[];
  /** Layers, and blocks made by residual(). */
  readonly layers: readonly LayerOrBlock[];
  /** Default 'mse'. */
  readonly loss?: Loss;
}

/** The tensors of a layer, by name. */
export function tensorsOf(layer: Layer): Partial<Record<TensorName, TensorOptions>> {
  return layer.tensors ?? {};
}
