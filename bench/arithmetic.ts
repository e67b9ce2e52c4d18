/**
 * Useful arithmetic of a training step: the matrix products that no implementation can leave out. Activations, loss,
 * penalty, optimiser, shuffle and spectral scalings are not counted, so that 100 % of the peak cannot be reached.
 */

/**
 * Multiply-adds a pattern: each layer has a product forward and one for its gradient, and all but the first a third for
 * the gradient of its input.
 * @param widths N_in of the first layer, then N_out of each layer
 */
export function multiplyAddsPerPattern(widths: readonly number[]): number {
  let total = 0;
  for (let layer = 1; layer < widths.length; ++layer)
    total += (layer === 1 ? 2 : 3) * (widths[layer - 1] as number) * (widths[layer] as number);
  return total;
}

/** Operations (a multiply-add is two) of a step, averaged over the batches of an epoch: the last may be smaller. */
export function operationsPerStep(widths: readonly number[], samples: number, batchSize: number): number {
  return (2 * multiplyAddsPerPattern(widths) * samples) / stepsPerEpoch(samples, batchSize);
}

/** The last, partial batch counts as a step. */
export function stepsPerEpoch(samples: number, batchSize: number): number {
  return Math.ceil(samples / batchSize);
}
