/** Scores of the units of one layer that makes them. */
import { EigenstudentError } from '../errors.js';
import type { FloatArray } from '../native/addon.js';
import { kernelNames } from '../network/effective-weights.js';
import { tensorLayout } from '../network/layout.js';
import type { Network } from '../network/network.js';
import type { MemberCriterion } from './criteria.js';

/** [h], of a layer with a matrix or kernels. @throws invalid_argument where it lacks the tensors of the criterion */
export function memberScores(network: Network, layer: number, criterion: MemberCriterion): Float64Array {
  switch (criterion) {
    case 'L': {
      const eigenvalues = eigenvaluesOut(network, layer, 'L');
      checkZeroEigenvaluesIn(network, layer);
      const norms = filterNorms(network, layer, network.tensor(`layers.${layer}.eigenvectors`));
      const scale = Math.sqrt(norms.length);
      return eigenvalues.map((value, i) => Math.abs(value) * (norms[i] as number) * scale);
    }
    case 'M':
    case 'relevance': {
      const norms = filterNorms(network, layer, network.effectiveWeights(layer));
      return norms.map((norm) => norm * Math.sqrt(norms.length));
    }
    case 'weightNorm':
      return filterNorms(network, layer, network.effectiveWeights(layer));
    case 'l1':
      return sumsPerUnit(network, layer, network.effectiveWeights(layer), Math.abs);
    case 'eigenvalue':
      return eigenvaluesOut(network, layer, 'eigenvalue').map(Math.abs);
  }
}

/** ||w_i||_2 of the filters or rows -> [h], summed in float64 for either dtype. */
function filterNorms(network: Network, layer: number, weights: FloatArray): Float64Array {
  return sumsPerUnit(network, layer, weights, (value) => value ** 2).map(Math.sqrt);
}

/** Sums of f(w) over all axes of the kernels or the matrix but that of the layer's units -> [h]. */
function sumsPerUnit(
  { spec }: Network,
  layer: number,
  weights: FloatArray,
  f: (weight: number) => number,
): Float64Array {
  const place = tensorLayout(spec).find((one) => one.layer === layer && kernelNames.includes(one.role));
  const { shape = [], outputAxis = 0 } = place ?? {};
  const units = shape[outputAxis] as number;
  const inner = shape.slice(outputAxis + 1).reduce((product, extent) => product * extent, 1);
  const sums = new Float64Array(units);
  weights.forEach((weight: number, k: number) => {
    const unit = Math.floor(k / inner) % units;
    sums[unit] = (sums[unit] as number) + f(weight);
  });
  return sums;
}

/** [h] @throws invalid_argument for a layer without eigenvalues */
function eigenvaluesOut(network: Network, layer: number, criterion: MemberCriterion): Float64Array {
  const { kind } = network.spec.layers[layer] as { readonly kind: string };
  if (kind === 'spectral' || kind === 'spectralConv2d')
    return new Float64Array(network.tensor(`layers.${layer}.eigenvaluesOut`));
  throw new EigenstudentError(
    'invalid_argument',
    `expected a spectral layer for criterion "${criterion}", received layer ${layer}, which is ${kind} and has no ` +
      'eigenvalues. Use criterion "M" or "weightNorm"',
  );
}

/** Only where lambda_in = 0 is |lambda_out_i| ||phi_i|| the norm of the weights that enter node i. */
function checkZeroEigenvaluesIn(network: Network, layer: number): void {
  const eigenvaluesIn = network.tensor(`layers.${layer}.eigenvaluesIn`);
  const first = eigenvaluesIn.findIndex((value: number) => value !== 0);
  if (first < 0) return;
  throw new EigenstudentError(
    'invalid_argument',
    `expected eigenvaluesIn = 0 in layer ${layer} for criterion "L", received eigenvaluesIn[${first}] = ` +
      `${eigenvaluesIn[first]}: L is not the norm of the weights then. Use criterion "weightNorm"`,
  );
}
