/** Overlaps of a quadratic student f = sum_i (u_i.x)^2 and its teacher y = sum_m (v_m.x)^2, x ~ N(0, I_N). */
import { denseArray, finiteNumber, invalid } from '../../arguments.js';
import { isList } from '../../kinds.js';

/** Rows of a matrix. */
export type Rows = readonly (ArrayLike<number> & Iterable<number>)[];

/** What a quadratic student and its teacher have in common. */
export interface Overlaps {
  /** Q = U U^T, p x p. */
  readonly Q: Rows;
  /** R = U V^T, p x p*. */
  readonly R: Rows;
  /** T = V V^T, p* x p*. Default: the identity, orthonormal rows of V. */
  readonly T?: Rows;
}

/** A matrix that was checked: rows one after another. */
export interface Flat {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float64Array;
}

/** @throws invalid_argument with the row and the entry that are wrong */
export function checkRows(where: string, value: unknown, columns?: number, rows?: number): Flat {
  const list = denseArray(where, 'an array of rows', value as readonly unknown[]);
  const first = list[0];
  if (!isList(first)) throw invalid(`${where}[0]`, 'a row of numbers', first);
  if (rows !== undefined && list.length !== rows) throw invalid(where, `${rows} rows`, value);
  const width = columns ?? first.length;
  if (width < 1) throw invalid(`${where}[0]`, 'a row of at least one number', first);
  const values = new Float64Array(list.length * width);
  for (const [i, row] of list.entries()) {
    if (!isList(row) || row.length !== width)
      throw invalid(`${where}[${i}]`, `a row of ${width} numbers`, row);
    for (let j = 0; j < width; ++j) values[i * width + j] = finiteNumber(`${where}[${i}][${j}]`, row[j]);
  }
  return { rows: list.length, columns: width, values };
}

export interface CheckedOverlaps {
  readonly p: number;
  readonly pStar: number;
  readonly Q: Float64Array;
  readonly R: Float64Array;
  readonly T: Float64Array;
}

/** @throws invalid_argument for shapes that do not belong together, for Q or T that is not symmetric */
export function checkOverlaps(where: string, overlaps: Overlaps): CheckedOverlaps {
  if (typeof overlaps !== 'object' || overlaps === null)
    throw invalid(`overlaps of ${where}`, 'an object { Q, R, T }', overlaps);
  const Q = checkRows(`Q of ${where}`, overlaps.Q);
  const R = checkRows(`R of ${where}`, overlaps.R, undefined, Q.rows);
  checkSymmetric(`Q of ${where}`, Q, overlaps.Q);
  const T =
    overlaps.T === undefined
      ? identity(R.columns)
      : checkSymmetric(
          `T of ${where}`,
          checkRows(`T of ${where}`, overlaps.T, undefined, R.columns),
          overlaps.T,
        );
  return { p: Q.rows, pStar: R.columns, Q: Q.values, R: R.values, T };
}

/** Largest difference of two mirrored entries, as a share of the largest entry; arbitrary, above rounding of a product. */
const asymmetry = 1e-9;

function checkSymmetric(where: string, { rows, columns, values }: Flat, given: unknown): Float64Array {
  if (rows !== columns) throw invalid(where, `a square matrix of ${rows} columns`, given);
  const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  for (let i = 0; i < rows; ++i)
    for (let j = 0; j < i; ++j)
      if (
        !(Math.abs((values[i * rows + j] as number) - (values[j * rows + i] as number)) <= asymmetry * scale)
      )
        throw invalid(where, `a symmetric matrix (entries [${i}][${j}] and [${j}][${i}] differ)`, given);
  return values;
}

export function identity(size: number): Float64Array {
  const values = new Float64Array(size * size);
  for (let i = 0; i < size; ++i) values[i * size + i] = 1;
  return values;
}

export function toRows(values: ArrayLike<number>, columns: number, from = 0, rows?: number): number[][] {
  const count = rows ?? (values.length - from) / columns;
  return Array.from({ length: count }, (_, i) =>
    Array.from({ length: columns }, (_, j) => values[from + i * columns + j] as number),
  );
}

/** Entry (i, j) of A B^T, both with `inner` columns. */
export function rowProduct(a: Float64Array, i: number, b: Float64Array, j: number, inner: number): number {
  let sum = 0;
  for (let k = 0; k < inner; ++k) sum += (a[i * inner + k] as number) * (b[j * inner + k] as number);
  return sum;
}

export function trace(values: Float64Array, size: number): number {
  let sum = 0;
  for (let i = 0; i < size; ++i) sum += values[i * size + i] as number;
  return sum;
}

export function sumOfSquares(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
}

/** E (f - y)^2 / 2 = tau^2 / 2 + tr Q^2 - 2 tr R R^T + tr T^2, tau = tr Q - tr T. */
export function lossOf({ p, pStar, Q, R, T }: CheckedOverlaps): number {
  const tau = trace(Q, p) - trace(T, pStar);
  return tau ** 2 / 2 + sumOfSquares(Q) - 2 * sumOfSquares(R) + sumOfSquares(T);
}

/** Q, R and T of rows U and V of equal length. */
export function overlapsOf(U: Flat, V: Flat): CheckedOverlaps {
  const product = (a: Flat, b: Flat) =>
    Float64Array.from({ length: a.rows * b.rows }, (_, at) =>
      rowProduct(a.values, Math.floor(at / b.rows), b.values, at % b.rows, a.columns),
    );
  return { p: U.rows, pStar: V.rows, Q: product(U, U), R: product(U, V), T: product(V, V) };
}
