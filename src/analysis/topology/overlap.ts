import { finiteNumber, flag, invalid, knownKeys } from '../../arguments.js';
import { largest } from '../numbers.js';
import { assign } from './assignment.js';
import { type CheckedMatrix, checkedMatrix, type Matrix } from './matrix.js';

export interface OverlapOptions {
  /**
   * Whether w and -w count as one direction, as they do where the activation of either network is odd or even (tanh, erf,
   * linear, quadratic: `nodeSymmetry`): the overlap is then |cosine|, in [0, 1]. Default false.
   */
  readonly signIsFree?: boolean;
}

/**
 * Normalised overlaps of student and teacher nodes, w_i . v_j / (|w_i| |v_j|) in [-1, 1]: the cosine of the
 * angle between their incoming weights (Saad and Solla, Phys. Rev. E 52, 4225, 1995, whose R_ij is its
 * numerator). For ReLU it does not depend on how a node's scale is shared between its incoming and outgoing
 * weights. The overlap of zero weights is 0. The direction of a node with an odd or even activation is known
 * up to its sign only: see `signIsFree`.
 * @param student [h x inputs], a row per node
 * @param teacher [h_T x inputs]
 * @returns rows h, columns h_T
 * @throws invalid_argument where they have different numbers of inputs
 */
export function overlapMatrix(student: Matrix, teacher: Matrix, options: OverlapOptions = {}): Matrix {
  knownKeys('overlapMatrix', options, ['signIsFree']);
  const signIsFree = flag('signIsFree', options.signIsFree ?? false);
  const [ours, theirs] = [checkedMatrix('student', student), checkedMatrix('teacher', teacher)];
  if (ours.columns !== theirs.columns)
    throw invalid('student.columns', `${theirs.columns}, the inputs of the teacher`, ours.columns);
  const [left, right] = [unitRows(ours), unitRows(theirs)];
  const values = new Float64Array(ours.rows * theirs.rows);
  for (const [i, w] of left.entries())
    for (const [j, v] of right.entries()) {
      const cosine = dot(w, v);
      values[i * theirs.rows + j] = signIsFree ? Math.abs(cosine) : cosine;
    }
  return { rows: ours.rows, columns: theirs.rows, values };
}

function unitRows({ rows, columns, values }: CheckedMatrix): Float64Array[] {
  return Array.from({ length: rows }, (_, i) => {
    const row = values.subarray(i * columns, (i + 1) * columns);
    const scale = largest(row.map(Math.abs));
    if (scale === 0) return row;
    // Divided first: the squares of weights that have decayed to 1e-200 would be 0.
    const scaled = row.map((value) => value / scale);
    const norm = Math.sqrt(dot(scaled, scaled));
    return scaled.map((value) => value / norm);
  });
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((total, value, k) => total + value * (b[k] as number), 0);
}

export interface MatchOptions {
  /** Pairs below this count as unmatched; in [-1, 1], default -1: none. */
  readonly minimum?: number;
}

export interface MatchedPair {
  readonly student: number;
  readonly teacher: number;
  readonly overlap: number;
}

export interface NodeMatch {
  /** By student node; no node is in two. */
  readonly pairs: MatchedPair[];
  /** Over the pairs; NaN without any. */
  readonly meanOverlap: number;
  /** Nodes in no pair, ascending. */
  readonly unmatchedStudent: number[];
  readonly unmatchedTeacher: number[];
}

/**
 * The student node that corresponds to each teacher node: the one-to-one assignment of min(h, h_T) pairs with
 * the largest sum of overlaps. Compare the mean with that of random weights: a wide layer has a near node for
 * any direction (1500 random nodes match 100 random teacher nodes in 10 dimensions with a mean of 0.85).
 * @param overlap rows h: student, columns h_T: teacher; from overlapMatrix
 */
export function matchNodes(overlap: Matrix, options: MatchOptions = {}): NodeMatch {
  knownKeys('matchNodes', options, ['minimum']);
  const minimum = finiteNumber('minimum', options.minimum ?? -1, -1, 1);
  const { rows, columns, values } = checkedMatrix('overlap', overlap);
  const pairs = assign({ rows, columns, values: values.map((value) => -value) })
    .map(([student, teacher]) => ({
      student,
      teacher,
      overlap: values[student * columns + teacher] as number,
    }))
    .filter((pair) => pair.overlap >= minimum);
  const without = (count: number, taken: Set<number>) =>
    Array.from({ length: count }, (_, node) => node).filter((node) => !taken.has(node));
  const total = pairs.reduce((sum, pair) => sum + pair.overlap, 0);
  return {
    pairs,
    meanOverlap: pairs.length === 0 ? Number.NaN : total / pairs.length,
    unmatchedStudent: without(rows, new Set(pairs.map((pair) => pair.student))),
    unmatchedTeacher: without(columns, new Set(pairs.map((pair) => pair.teacher))),
  };
}
