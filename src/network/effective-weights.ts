/** The weights that a layer applies, whatever its parametrisation. */
import { invalid } from '../arguments.js';
import type { FloatArray } from '../native/addon.js';
import { describe } from './description.js';
import { tensorLayout } from './layout.js';
import type { NetworkSpec } from './network-spec.js';

/** Names of the tensor that is the matrix, or the kernels, of a layer. */
export const kernelNames: readonly string[] = ['weights', 'eigenvectors'];

/**
 * @param tensor the network's tensor of a name
 * @throws invalid_argument for a layer without a matrix or kernels
 */
export function effectiveWeights(
  spec: NetworkSpec,
  layer: number,
  tensor: (name: string) => FloatArray,
): FloatArray {
  const place = tensorLayout(spec).find((one) => one.layer === layer && kernelNames.includes(one.role));
  if (!place) throw invalid('layer', 'a layer with a matrix', `layer ${layer}, ${spec.layers[layer]?.kind}`);
  const weights = tensor(place.name).slice();
  if (place.role === 'weights') return weights;
  const lambdaIn = tensor(`layers.${layer}.eigenvaluesIn`);
  const lambdaOut = tensor(`layers.${layer}.eigenvaluesOut`);
  const [outputs = 0, inputs = 0, ...kernel] = place.shape;
  const kernelSize = kernel.reduce((product, extent) => product * extent, 1);
  const perBlock = outputs / (channelsRead(spec, layer) / inputs); // outputs that read the same inputs
  for (let k = 0; k < weights.length; ++k) {
    const output = Math.floor(k / (inputs * kernelSize));
    const input = Math.floor(output / perBlock) * inputs + (Math.floor(k / kernelSize) % inputs);
    const gap = (lambdaIn[input] as number) - (lambdaOut[output] as number);
    weights[k] = (weights[k] as number) * gap;
  }
  return weights;
}

/** Channels or features of what a layer reads. */
function channelsRead(spec: NetworkSpec, layer: number): number {
  const { layers } = describe(spec);
  const [read = 0] = layers[layer]?.reads ?? [];
  return read === 0 ? (spec.inputShape?.[0] ?? spec.inputs) : (layers[read - 1]?.shape[0] as number);
}
