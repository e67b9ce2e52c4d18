import { oneOf } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import type { FloatArray } from '../native/addon.js';
import { unitsOf } from '../network/description.js';
import type { Layer } from '../network/layers.js';
import { checkNetwork, type Network } from '../network/network.js';
import { checkLayerIndex } from '../network/spec.js';

/**
 * How the nodes i of a layer of h nodes are scored; phi_i and w_i are what enters node i (rows of the matrices).
 * - `L`: |lambda_out_i| ||phi_i||_2 sqrt(h), the paper's for spectral layers with eigenvaluesIn = 0 (arXiv 2310.12612)
 * - `M`: ||w_i||_2 sqrt(h), the paper's for direct training; w = W, the weights that the layer applies. With
 *   eigenvaluesIn = 0 it equals `L`
 * - `eigenvalue`: |lambda_out_i|, the criterion of "Spectral pruning of fully connected layers" (Sci. Rep. 2022)
 * - `weightNorm`: ||w_i||_2; like `M` without the factor that makes layers of different width comparable
 */
export const criteria = ['L', 'M', 'eigenvalue', 'weightNorm'] as const;
export type Criterion = (typeof criteria)[number];

/** The paper's criterion: `L` in spectral layers, `M` in dense ones. */
export function defaultCriterion(layer: Layer): Criterion {
  return layer.kind === 'spectral' ? 'L' : 'M';
}

/**
 * Relevance of the h nodes of a layer, [h], in float64, not normalised: rankings do not need it, and effectiveSize and
 * normalize (src/analysis) do it themselves. criterion: default as defaultCriterion says.
 * @throws invalid_argument when the layer does not exist or lacks the tensors of the criterion; diverged when a
 * relevance is not finite
 */
export function relevance(network: Network, layer: number, criterion?: Criterion): Float64Array {
  checkNetwork('the first argument of relevance', network);
  const spec = network.spec.layers[checkLayerIndex(network.spec, layer)] as Layer;
  const scores = score(network, layer, oneOf('criterion', criterion ?? defaultCriterion(spec), criteria));
  const broken = scores.findIndex((value) => !Number.isFinite(value));
  if (broken >= 0) {
    throw new EigenstudentError(
      'diverged',
      `expected finite parameters in layer ${layer} to rank its nodes, received relevance ${scores[broken]} for ` +
        `node ${broken}. Train again with a lower learning rate`,
    );
  }
  return scores;
}

function score(network: Network, layer: number, criterion: Criterion): Float64Array {
  const width = unitsOf(network.spec, layer);
  const scale = Math.sqrt(width);
  switch (criterion) {
    case 'L': {
      checkZeroEigenvaluesIn(network, layer);
      const norms = rowNorms(network.tensor(`layers.${layer}.eigenvectors`), width);
      return eigenvaluesOut(network, layer, 'L').map(
        (value, i) => Math.abs(value) * (norms[i] as number) * scale,
      );
    }
    case 'M':
      return rowNorms(network.effectiveWeights(layer), width).map((norm) => norm * scale);
    case 'eigenvalue':
      return eigenvaluesOut(network, layer, 'eigenvalue').map(Math.abs);
    case 'weightNorm':
      return rowNorms(network.effectiveWeights(layer), width);
  }
}

/** ||row i||_2 of a matrix [rows][columns] -> [rows], summed in float64 for either dtype. */
function rowNorms(matrix: FloatArray, rows: number): Float64Array {
  const columns = matrix.length / rows;
  const norms = new Float64Array(rows);
  for (let i = 0; i < rows; ++i) {
    let squares = 0;
    for (let j = 0; j < columns; ++j) squares += (matrix[i * columns + j] as number) ** 2;
    norms[i] = Math.sqrt(squares);
  }
  return norms;
}

/** [h] */
function eigenvaluesOut(network: Network, layer: number, criterion: Criterion): Float64Array {
  checkSpectral(network, layer, criterion);
  return new Float64Array(network.tensor(`layers.${layer}.eigenvaluesOut`));
}

function checkSpectral(network: Network, layer: number, criterion: Criterion): void {
  if (network.spec.layers[layer]?.kind === 'spectral') return;
  throw new EigenstudentError(
    'invalid_argument',
    `expected a spectral layer for criterion "${criterion}", received layer ${layer}, which is dense and has no ` +
      'eigenvalues. Use criterion "M" or "weightNorm"',
  );
}

/** Only where lambda_in = 0 is |lambda_out_i| ||phi_i|| the norm of the weights that enter node i. */
function checkZeroEigenvaluesIn(network: Network, layer: number): void {
  checkSpectral(network, layer, 'L');
  const eigenvaluesIn = network.tensor(`layers.${layer}.eigenvaluesIn`);
  const first = eigenvaluesIn.findIndex((value: number) => value !== 0);
  if (first < 0) return;
  throw new EigenstudentError(
    'invalid_argument',
    `expected eigenvaluesIn = 0 in layer ${layer} for criterion "L", received eigenvaluesIn[${first}] = ` +
      `${eigenvaluesIn[first]}: L is not the norm of the weights then. Use criterion "weightNorm"`,
  );
}
