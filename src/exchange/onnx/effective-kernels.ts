import type { FloatArray } from '../../native/addon.js';
import type { Layer } from '../../network/layers.js';
import type { Network } from '../../network/network.js';

/**
 * The kernels [width, channels / groups, kernel height, kernel width] that a spectral convolution applies,
 * (eigenvaluesIn[i] - eigenvaluesOut[o]) eigenvectors[o, i, u, v]; i is a channel of the group of o. A copy.
 */
export function effectiveKernels(network: Network, layer: number): FloatArray {
  const [lambdaIn, lambdaOut] = [
    network.tensor(`layers.${layer}.eigenvaluesIn`),
    network.tensor(`layers.${layer}.eigenvaluesOut`),
  ];
  const kernels = network.tensor(`layers.${layer}.eigenvectors`).slice();
  const [width, perGroup, height, columns] = network.shape(`layers.${layer}.eigenvectors`) as [
    number,
    number,
    number,
    number,
  ];
  const { groups = 1 } = network.spec.layers[layer] as Layer & { readonly groups?: number };
  for (let k = 0; k < kernels.length; ++k) {
    const pair = Math.floor(k / (height * columns));
    const output = Math.floor(pair / perGroup);
    const channel = Math.floor(output / (width / groups)) * perGroup + (pair % perGroup);
    kernels[k] = (kernels[k] as number) * ((lambdaIn[channel] as number) - (lambdaOut[output] as number));
  }
  return kernels;
}
