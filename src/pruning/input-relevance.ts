import { invalid } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { checkNetwork, type Network } from '../network/network.js';

/**
 * Relevance of the inputs of a network, [inputs]: |eigenvaluesIn_j| of its first layer, in float64, not
 * normalised. With eigenvaluesOut frozen at 0 the weights are W_ij = eigenvaluesIn_j eigenvectors_ij, so that
 * one number scales all weights of input j, and a penalty on eigenvaluesIn removes inputs that the task does
 * not need (arXiv 2406.01183).
 * @throws invalid_argument when the first layer is dense, or an eigenvalueOut is not 0
 */
export function inputRelevance(network: Network): Float64Array {
  checkNetwork('network of inputRelevance', network);
  const advice =
    "Train it with spectral(width, { trainable: ['eigenvectors', 'eigenvaluesIn'], initialize: { eigenvaluesIn: 1, eigenvaluesOut: 0 } })";
  if (network.spec.layers[0]?.kind !== 'spectral') {
    const expected = 'expected a spectral first layer for inputRelevance, received a dense one';
    throw new EigenstudentError('invalid_argument', `${expected}. ${advice}`);
  }
  const eigenvaluesOut = network.tensor('layers.0.eigenvaluesOut');
  const first = eigenvaluesOut.findIndex((value: number) => value !== 0);
  if (first >= 0) {
    const what = `eigenvaluesOut[${first}] of the first layer`;
    throw invalid(
      what,
      '0, without which eigenvaluesIn are not all that scales an input',
      eigenvaluesOut[first],
      advice,
    );
  }
  return Float64Array.from(network.tensor('layers.0.eigenvaluesIn'), Math.abs);
}
