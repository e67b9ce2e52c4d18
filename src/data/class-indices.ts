/** Converts integer labels to class indices. */
import { positiveInteger } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import type { NamedArray } from './npy.js';

/** Numbers in a message. Arbitrary. */
const mostNamed = 10;

/**
 * Labels as class indices. Without `classCount` there are as many classes as the largest label says, and each of them must
 * occur: otherwise labels such as 1, 2, 3 or 3, 7 would make outputs that are the target of no sample.
 * @param labels [samples] or [samples, 1]
 * @throws invalid_argument for an invalid classCount; invalid_data: a label that is not a class, classes that
 *   never occur
 */
export function classIndices(labels: NamedArray, classCount?: number): Uint32Array {
  const { data } = labels.array;
  if (classCount !== undefined) positiveInteger('classCount', classCount);
  const last = classCount === undefined ? 2 ** 32 - 1 : classCount - 1;
  const classes = new Uint32Array(data.length);
  for (let i = 0; i < classes.length; ++i) {
    const value = data[i] as number;
    if (!Number.isInteger(value) || value < 0 || value > last) throw noClass(labels, i, classCount);
    classes[i] = value;
  }
  if (classCount === undefined) refuseGaps(labels, classes);
  return classes;
}

/** A label is larger than `classCount` admits, where that is not for labels that count from 1. */
export class LabelBeyondCount extends EigenstudentError {
  /** @param found the message without advice: who gives classCount depends on the caller */
  constructor(readonly found: string) {
    super('invalid_data', `${found}. If it is a class, give a larger classCount`);
  }
}

function noClass({ array, where }: NamedArray, sample: number, classCount?: number): EigenstudentError {
  const value = array.data[sample] as number;
  const expected =
    classCount === undefined ? 'classes (integers from 0)' : `classes from 0 to ${classCount - 1}`;
  const message = `expected ${expected} in ${where}, received ${value} for sample ${sample}`;
  const values = distinct(array.data);
  const renumbered = classCount === undefined || (values[0] !== 0 && values.length <= classCount);
  if (!Number.isInteger(value))
    return invalidData(`${message}. Numbers to learn that are no classes are targets`);
  return renumbered ? invalidData(`${message}. ${renumbering(values)}`) : new LabelBeyondCount(message);
}

function refuseGaps({ array, where }: NamedArray, classes: Uint32Array): void {
  const met = new Set(classes);
  let last = 0;
  for (const value of met) last = Math.max(last, value);
  if (met.size === last + 1) return;
  const absent: number[] = [];
  for (let value = 0; absent.length < mostNamed && value <= last; ++value)
    if (!met.has(value)) absent.push(value);
  const values = distinct(array.data);
  throw invalidData(
    `expected each of the classes 0 to ${last} in ${where}, received none of ${listed(absent, last + 1 - met.size)}: ` +
      `its labels are ${listed(values.slice(0, mostNamed), values.length)}. ${renumbering(values)}. If these classes exist, and ` +
      `only no sample here has them, give classCount: ${last + 1}`,
  );
}

/** The advice by which all files of a data set get the same indices from 0. @param values in order */
function renumbering(values: readonly number[]): string {
  const first = values[0] as number;
  if (values.at(-1) === first + values.length - 1)
    return `Number them from 0, in all files: labels ${first < 0 ? '+' : '-'} ${Math.abs(first)}`;
  const list = values.length > mostNamed ? 'numpy.unique(training_labels)' : `[${values.join(', ')}]`;
  return `Number them from 0 without a gap, in all files alike: numpy.searchsorted(${list}, labels)`;
}

function distinct(values: ArrayLike<number>): number[] {
  return [...new Set(Array.from(values))].sort((a, b) => a - b);
}

/** @param count of all, of which some are listed */
function listed(some: readonly number[], count: number): string {
  if (count > some.length) return `${some.join(', ')} and ${count - some.length} more`;
  return some.length === 1 ? `${some[0]}` : `${some.slice(0, -1).join(', ')} and ${some.at(-1)}`;
}

function invalidData(message: string): EigenstudentError {
  return new EigenstudentError('invalid_data', message);
}
