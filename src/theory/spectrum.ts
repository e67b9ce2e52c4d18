/** Eigenvalues of a Hessian. */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';

/** Of a Hessian at a critical point. */
export interface Spectrum {
  /** [parameters], ascending */
  readonly eigenvalues: Float64Array;
  /** Numbers of eigenvalues below -threshold, and of those within it of 0. */
  readonly negative: number;
  readonly zero: number;
}

/**
 * @param hessian [size][size], symmetric
 * @param threshold what counts as 0. Exact zero modes come out near 1e-15 of the largest eigenvalue, which is about 50 here
 */
export function spectrumOf(hessian: Float64Array, size: number, threshold = 1e-10): Spectrum {
  const matrix = Matrix.from1DArray(size, size, hessian as unknown as number[]);
  const { realEigenvalues } = new EigenvalueDecomposition(matrix, { assumeSymmetric: true });
  const eigenvalues = Float64Array.from(realEigenvalues).sort();
  const negative = eigenvalues.filter((value) => value < -threshold).length;
  const zero = eigenvalues.filter((value) => Math.abs(value) <= threshold).length;
  return { eigenvalues, negative, zero };
}
