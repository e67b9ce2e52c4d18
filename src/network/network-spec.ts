/** What a network is, before it has numbers. */
import type { Layer, TensorName, TensorOptions } from './layers.js';
import type { Loss } from './objective.js';

/** What a network is, with every default written out. */
export interface NetworkSpec {
  /** Features of a sample: N_in of the first layer. */
  readonly inputs: number;
  /** Of a sample, where it is more than a list of features: [channels, height, width]. The product is `inputs`. */
  readonly inputShape?: readonly number[];
  readonly layers: readonly Layer[];
  readonly loss: Loss;
}

/** What a network is to be. */
export interface NetworkOptions {
  /** Features of a sample, or its shape: [channels, height, width]. */
  readonly inputs: number | readonly number[];
  /** As networks from files have it, beside a number of inputs. */
  readonly inputShape?: readonly number[];
  readonly layers: readonly Layer[];
  /** Default 'mse'. */
  readonly loss?: Loss;
}

/** The tensors of a layer, by name. */
export function tensorsOf(layer: Layer): Partial<Record<TensorName, TensorOptions>> {
  return layer.tensors ?? {};
}
