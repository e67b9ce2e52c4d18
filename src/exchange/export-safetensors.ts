import { knownKeys, oneOf } from '../arguments.js';
import { type SafeTensor, safeTensor, writeSafetensors } from '../files/safetensors.js';
import { inputsOf, matrixChainOf } from '../network/description.js';
import { checkNetwork, type Network } from '../network/network.js';
import type { OutputMap } from './assemble.js';
import { type DescribedLayer, type NetworkDescription, outputMaps } from './description.js';
import { descriptionKey } from './load-network.js';

/**
 * Writes a network with PyTorch's names: "layers.0.weight" [outputs][inputs], "layers.0.bias", ... in the
 * network's dtype, with the description by which loadNetwork reads it again among the metadata. Spectral
 * layers become the matrices that they apply; to keep their eigenvalues, use network.save().
 * @param options.output the function that a runtime has to apply to the last layer's outputs; it is written
 *   down, not computed. Default 'linear'
 * @throws invalid_argument, file_unwritable
 */
export async function exportSafetensors(
  network: Network,
  path: string,
  options: { readonly output?: OutputMap } = {},
): Promise<void> {
  checkNetwork('the first argument of exportSafetensors', network);
  knownKeys('exportSafetensors', options, ['output']);
  const output = oneOf('output of exportSafetensors', options.output ?? 'linear', outputMaps);
  const { spec } = network;
  const tensors = new Map<string, SafeTensor>();
  const layers = matrixChainOf('export it', spec).map((layer, index): DescribedLayer => {
    const weight = `layers.${index}.weight`;
    const bias = `layers.${index}.bias`;
    const { width, activation, slope } = layer;
    const f = { activation, ...(slope !== undefined && { slope }) };
    tensors.set(weight, safeTensor(network.effectiveWeights(index), [width, inputsOf(spec, index)]));
    if (!('bias' in layer.tensors)) return { weight, ...f };
    tensors.set(bias, safeTensor(network.tensor(bias)));
    return { weight, bias, ...f };
  });
  const description: NetworkDescription = { layers, output };
  // format: PyTorch's libraries require it
  await writeSafetensors(path, tensors, { format: 'pt', [descriptionKey]: JSON.stringify(description) });
}
