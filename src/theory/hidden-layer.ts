/** Networks of one hidden layer without biases, as plain numbers. */
import { invalid, knownKeys, positiveInteger } from '../arguments.js';
import { isList } from '../kinds.js';
import { checkAttached, checkFinite, isFloatArray } from '../native/arrays.js';

/** f(x) = sum_i outgoing_i s(weights_i . x), with the activation s of the loss. */
export interface HiddenLayer {
  /** [neurons][inputs]: an array per neuron, or one array, row-major. */
  readonly weights: readonly ArrayLike<number>[] | ArrayLike<number>;
  /** [neurons] */
  readonly outgoing: ArrayLike<number>;
}

export interface CheckedHiddenLayer {
  readonly neurons: number;
  readonly inputs: number;
  /** [neurons][inputs], row-major */
  readonly weights: Float64Array;
  /** [neurons] */
  readonly outgoing: Float64Array;
}

/** A copy, checked to have finite numbers and rows of one length. */
export function checkedHiddenLayer(where: string, layer: HiddenLayer): CheckedHiddenLayer {
  if (typeof layer !== 'object' || layer === null) throw invalid(where, '{ weights, outgoing }', layer);
  knownKeys(where, layer, ['weights', 'outgoing']);
  const outgoing = numbers(`outgoing of ${where}`, layer.outgoing);
  const neurons = outgoing.length;
  const given = layer.weights;
  if (!isList(given) || given.length === 0)
    throw invalid(`weights of ${where}`, 'an array of rows, or of numbers, row-major', given);
  const weights = isList(given[0])
    ? ofRows(where, given as readonly ArrayLike<number>[], neurons)
    : numbers(`weights of ${where}`, given as ArrayLike<number>);
  if (weights.length % neurons !== 0)
    throw invalid(`weights of ${where}`, `${neurons} rows, one per number of outgoing`, given);
  return { neurons, inputs: weights.length / neurons, weights, outgoing };
}

function ofRows(where: string, rows: readonly ArrayLike<number>[], neurons: number): Float64Array {
  if (rows.length !== neurons)
    throw invalid(`weights of ${where}`, `${neurons} rows, one per number of outgoing`, rows);
  const copies = Array.from(rows, (row, i) => numbers(`weights[${i}] of ${where}`, row));
  const inputs = copies[0]?.length as number;
  const weights = new Float64Array(neurons * inputs);
  for (const [i, copy] of copies.entries()) {
    if (copy.length !== inputs)
      throw invalid(`weights[${i}] of ${where}`, `${inputs} numbers, as many as weights[0] has`, rows[i]);
    weights.set(copy, i * inputs);
  }
  return weights;
}

function numbers(where: string, values: ArrayLike<number>): Float64Array {
  if (!isList(values) || values.length === 0) throw invalid(where, 'an array of at least one number', values);
  if (isFloatArray(values)) checkAttached(where, values);
  checkFinite(where, values);
  return Float64Array.from(values);
}

/** Sizes of a teacher. */
export interface TeacherSize {
  /** k */
  readonly neurons: number;
  /** d, at least k */
  readonly inputs: number;
}

/**
 * The teacher v_l = e_l, b_l = 1: orthogonal vectors of length 1.
 * @throws invalid_argument where there are fewer inputs than neurons
 */
export function orthonormalTeacher({ neurons, inputs }: TeacherSize): {
  weights: Float64Array;
  outgoing: Float64Array;
} {
  positiveInteger('neurons of orthonormalTeacher', neurons);
  positiveInteger('inputs of orthonormalTeacher', inputs);
  if (inputs < neurons)
    throw invalid(
      'inputs of orthonormalTeacher',
      `at least ${neurons}, one per orthogonal vector`,
      inputs,
      'More vectors than inputs cannot be orthogonal',
    );
  const weights = new Float64Array(neurons * inputs);
  for (let l = 0; l < neurons; ++l) weights[l * inputs + l] = 1;
  return { weights, outgoing: new Float64Array(neurons).fill(1) };
}
