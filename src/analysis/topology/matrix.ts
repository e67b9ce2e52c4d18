import { denseArray, invalid, positiveInteger } from '../../arguments.js';
import { finiteNumbers } from '../numbers.js';

/**
 * A weight matrix in the layout of layers: entry (i, j), at values[i * columns + j], leads from node j to
 * node i.
 */
export interface Matrix {
  /** Nodes that the weights enter. */
  readonly rows: number;
  /** Nodes that they leave. */
  readonly columns: number;
  /** [rows x columns], row by row */
  readonly values: ArrayLike<number>;
}

export interface CheckedMatrix extends Matrix {
  readonly values: Float64Array;
}

/** A copy, checked to have as many finite values as its sizes say. */
export function checkedMatrix(where: string, matrix: Matrix): CheckedMatrix {
  if (typeof matrix !== 'object' || matrix === null)
    throw invalid(where, 'a matrix { rows, columns, values }', matrix);
  const rows = positiveInteger(`${where}.rows`, matrix.rows);
  const columns = positiveInteger(`${where}.columns`, matrix.columns);
  const values = finiteNumbers(`${where}.values`, matrix.values);
  if (values.length !== rows * columns)
    throw invalid(`${where}.values`, `${rows} x ${columns} = ${rows * columns} numbers`, matrix.values);
  return { rows, columns, values };
}

/** Matrices of successive layers, each with as many columns as the one before has rows. */
export function checkedLayers(where: string, matrices: readonly Matrix[]): CheckedMatrix[] {
  if (!Array.isArray(matrices) || matrices.length === 0)
    throw invalid(where, 'an array of at least one matrix', matrices);
  const layers = denseArray(where, 'an array of matrices', matrices).map((matrix, k) =>
    checkedMatrix(`${where}[${k}]`, matrix),
  );
  for (const [k, layer] of layers.entries()) {
    const below = layers[k - 1];
    if (below && layer.columns !== below.rows)
      throw invalid(`${where}[${k}].columns`, `${below.rows}, the rows of the layer before`, layer.columns);
  }
  return layers;
}
