/** What a network is, before it has numbers. */
import type { Layer, TensorName, TensorOptions } from './layers.js';

/** Names of the losses. */
export const losses = ['mse', 'crossEntropy'] as const;
/**
 * `mse`: mean over batch and outputs of (y - t)^2. `crossEntropy`: mean over the batch of -log softmax(y)[class], on the
 * outputs of the last layer as they are.
 */
export type Loss = (typeof losses)[number];

/** What a network is, with every default written out. */
export interface NetworkSpec {
  /** Features of a sample: N_in of the first layer. */
  readonly inputs: number;
  readonly layers: readonly Layer[];
  readonly loss: Loss;
}

/** What a network is to be. */
export interface NetworkOptions {
  readonly inputs: number;
  readonly layers: readonly Layer[];
  /** Default 'mse'. */
  readonly loss?: Loss;
}

/** The tensors of a layer, by name. */
export function tensorsOf(layer: Layer): Partial<Record<TensorName, TensorOptions>> {
  return layer.tensors ?? {};
}
