import { EigenvalueDecomposition, Matrix, SingularValueDecomposition, solve } from 'ml-matrix';
import { finiteNumber, invalid } from '../../arguments.js';
import { reasonOf } from '../../errors.js';
import { type CheckedOverlaps, checkOverlaps, type Overlaps, trace } from './overlaps.js';

export interface ClosestSolution {
  /** O, p x p*, O^T O = I: the solution is O V. */
  readonly O: number[][];
  /** Euclidean distance of U from O V. */
  readonly distance: number;
}

/** Singular values below this share of the largest count as 0: rounding of a product of some thousand terms. */
const rankTolerance = 1e-12;

/**
 * The zero-loss weights O V closest to a quadratic student, where O is any p x p* matrix of orthonormal columns: the orthogonal
 * Procrustes problem (Schonemann, Psychometrika 31, 1966), O = R (R^T R)^-1/2. Gradient flow from Q proportional to the identity ends
 * there. For sums over units.
 * @throws invalid_argument, also where R has a smaller rank than p*: the closest solution is then not unique
 */
export function closest(overlaps: Overlaps): ClosestSolution {
  const { p, pStar, Q, R, T } = checkOverlaps('closest', overlaps);
  if (p < pStar) throw invalid('R of closest', `at least as many rows as columns (p >= p*)`, overlaps.R);
  const { leftSingularVectors, rightSingularVectors, diagonal } = new SingularValueDecomposition(
    matrixOf(R, p, pStar),
    { autoTranspose: true },
  );
  if (!(Math.min(...diagonal) > rankTolerance * Math.max(...diagonal)))
    throw invalid(
      'R of closest',
      `a matrix of rank p* = ${pStar}; else the closest solution is not unique`,
      overlaps.R,
    );
  const left = leftSingularVectors.subMatrix(0, p - 1, 0, pStar - 1);
  const O = left.mmul(rightSingularVectors.transpose());
  const sum = diagonal.reduce((total, value) => total + value, 0);
  const squared = trace(Q, p) + trace(T, pStar) - 2 * sum;
  return { O: O.to2DArray(), distance: Math.sqrt(Math.max(0, squared)) };
}

/**
 * X = exp(-4 T t) R^T P^-1 R exp(-4 T t), P = Q - R T^-1 R^T, p* x p*: constant along gradient flow of a quadratic student, at
 * t = eta alpha, for sums over units. P loses digits late in a run: compare before the solution is reached.
 * @throws invalid_argument, also where P is singular
 */
export function conservedQuantity(overlaps: Overlaps, time: number): number[][] {
  const checked = checkOverlaps('conservedQuantity', overlaps);
  finiteNumber('time of conservedQuantity', time, 0);
  const R = matrixOf(checked.R, checked.p, checked.pStar);
  const T = matrixOf(checked.T, checked.pStar, checked.pStar);
  const decay = exponential(T, -4 * time);
  return decay
    .mmul(R.transpose().mmul(solved(outsideOf(checked, R, T), R, overlaps)))
    .mmul(decay)
    .to2DArray();
}

function outsideOf({ p, Q }: CheckedOverlaps, R: Matrix, T: Matrix): Matrix {
  return matrixOf(Q, p, p).sub(R.mmul(solve(T, R.transpose())));
}

function solved(outside: Matrix, R: Matrix, given: Overlaps): Matrix {
  try {
    return solve(outside, R);
  } catch (error) {
    throw invalid(
      'Q of conservedQuantity',
      'a matrix for which Q - R T^-1 R^T can be inverted',
      given.Q,
      reasonOf(error),
    );
  }
}

/** exp(factor T) of a symmetric matrix. */
function exponential(T: Matrix, factor: number): Matrix {
  const { eigenvectorMatrix, realEigenvalues } = new EigenvalueDecomposition(T, { assumeSymmetric: true });
  const scaled = Matrix.diag(realEigenvalues.map((value) => Math.exp(factor * value)));
  return eigenvectorMatrix.mmul(scaled).mmul(eigenvectorMatrix.transpose());
}

function matrixOf(values: Float64Array, rows: number, columns: number): Matrix {
  return Matrix.from1DArray(rows, columns, values);
}
