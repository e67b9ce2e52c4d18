/** The cost of a network in products, from its spec. */
import { describe } from './description.js';
import { kernelNames } from './effective-weights.js';
import { tensorLayout } from './layout.js';
import type { NetworkSpec } from './network-spec.js';

/**
 * Products that are added up for one sample: each weight of a matrix once, each weight of a kernel once per place of the image,
 * places in the padding included. Biases, batch norm, activations, pools and sums are not counted.
 */
export function multiplyAdds(spec: NetworkSpec): number {
  return tensorLayout(spec)
    .filter(({ role }) => kernelNames.includes(role))
    .reduce((sum, { layer, size }) => sum + size * placesOf(spec, layer), 0);
}

/** How often a weight is used: 1 of a matrix; a transposed convolution moves its kernel over the image that it reads. */
function placesOf(spec: NetworkSpec, layer: number): number {
  const { layers } = describe(spec);
  const [read = 0] = layers[layer]?.reads ?? [];
  const shapeRead = read === 0 ? (spec.inputShape ?? [spec.inputs]) : (layers[read - 1]?.shape ?? []);
  const image = spec.layers[layer]?.kind === 'convTranspose2d' ? shapeRead : (layers[layer]?.shape ?? []);
  return image.slice(1).reduce((product, extent) => product * extent, 1);
}
