/** Checks typed arrays of users before they are read or passed to native code. */
import { types } from 'node:util';
import { describe, invalid, positiveInteger } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { finish, type Steps, stretches } from '../steps.js';
import type { DType, FloatArray } from './addon.js';
import { requireMemory } from './free-memory.js';

/** Most elements of one array: the range of 32-bit positions of a random stream and of a shuffle. */
export const maximumElements = 2 ** 32 - 1;

/**
 * Product of sizes, each checked to be a positive integer.
 * @throws invalid_argument when a size is not one, or the product exceeds `maximumElements`
 */
export function elementCount(sizes: Readonly<Record<string, number>>): number {
  let count = 1;
  for (const [name, size] of Object.entries(sizes)) count *= positiveInteger(name, size);
  if (count > maximumElements) {
    const product = Object.entries(sizes).map(([name, size]) => `${name} ${size}`);
    throw new EigenstudentError(
      'invalid_argument',
      `expected at most ${maximumElements} elements, received ${product.join(' x ')} = ${count}`,
    );
  }
  return count;
}

/**
 * A zero-filled array.
 * @throws out_of_memory, with the bytes needed, where JavaScript cannot allocate the array or the machine
 *   lacks the memory
 */
export function allocate(what: string, dtype: 'float64', count: number): Float64Array;
export function allocate(what: string, dtype: DType, count: number): FloatArray;
export function allocate(what: string, dtype: DType, count: number): FloatArray {
  requireMemory(what, count * (dtype === 'float32' ? 4 : 8), 'Use fewer samples, inputs or nodes');
  try {
    return dtype === 'float32' ? new Float32Array(count) : new Float64Array(count);
  } catch (cause) {
    const bytes = count * (dtype === 'float32' ? 4 : 8);
    throw new EigenstudentError('out_of_memory', `${what} needs ${bytes} bytes, more than there are`, {
      cause,
    });
  }
}

export function isFloatArray(value: unknown): value is FloatArray {
  return types.isFloat32Array(value) || types.isFloat64Array(value);
}

export function dtypeOf(array: FloatArray): DType {
  return types.isFloat32Array(array) ? 'float32' : 'float64';
}

/**
 * A buffer that was transferred, or that was cut short, leaves an array of length 0 that would otherwise read as "empty".
 */
export function checkAttached(where: string, array: ArrayBufferView): void {
  if (array.byteLength > 0) return;
  try {
    keysOf.call(array); // throws for both; `detached` itself is missing from Node 20
  } catch {
    throw invalid(
      where,
      'an array with its buffer',
      array,
      isDetached(array.buffer)
        ? 'The buffer is detached: it was transferred (postMessage, structuredClone); pass a copy'
        : 'The array lies outside its buffer, which was resized; make another one',
    );
  }
}

const { keys: keysOf } = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;

function isDetached(buffer: ArrayBufferLike): boolean {
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}

/** A Float32Array or Float64Array (or exactly the kind of `dtype`) with its buffer still attached. */
export function checkFloats(where: string, value: unknown, dtype?: DType): FloatArray {
  const expected = dtype === undefined ? 'a Float32Array or Float64Array' : `a ${arrayName(dtype)}`;
  if (!isFloatArray(value) || (dtype !== undefined && dtypeOf(value) !== dtype))
    throw invalid(where, expected, value);
  checkAttached(where, value);
  return value;
}

export function arrayName(dtype: DType): string {
  return dtype === 'float32' ? 'Float32Array' : 'Float64Array';
}

/** @param shape what the length should be, in words, as in "3 samples x 2 features = 6" */
export function checkLength(where: string, array: ArrayLike<number>, length: number, shape = ''): void {
  if (array.length === length) return;
  throw invalid(where, `length ${length}${shape ? ` (${shape})` : ''}`, array);
}

/** Every number finite; the message names the first that is not, with its row of `columns`. */
export function checkFinite(where: string, array: ArrayLike<number>, columns?: number): void {
  finish(checkFiniteSteps(where, array, columns));
}

export function* checkFiniteSteps(where: string, array: ArrayLike<number>, columns?: number): Steps<void> {
  for (const [from, to] of stretches(array.length)) {
    checkFiniteStretch(where, array, columns, from, to);
    yield;
  }
}

function checkFiniteStretch(
  where: string,
  array: ArrayLike<number>,
  columns: number | undefined,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; ++i) {
    if (Number.isFinite(array[i])) continue;
    const place = columns === undefined ? '' : ` (sample ${Math.floor(i / columns)}, column ${i % columns})`;
    throw new EigenstudentError(
      'invalid_argument',
      `expected finite numbers in ${where}, received ${describe(array[i])} at index ${i}${place}`,
    );
  }
}

/**
 * The same numbers in another kind of array; the array itself when it is of that kind already.
 * @throws invalid_argument naming the index of a number that float32 cannot hold
 */
export function toDType(where: string, array: FloatArray, dtype: DType): FloatArray {
  return finish(toDTypeSteps(where, array, dtype));
}

export function* toDTypeSteps(where: string, array: FloatArray, dtype: DType): Steps<FloatArray> {
  if (dtypeOf(array) === dtype) return array;
  const converted = allocate(where, dtype, array.length);
  for (const [from, to] of stretches(array.length)) {
    converted.set(array.subarray(from, to), from);
    if (dtype === 'float32') checkRounded(where, array, converted, from, to);
    yield;
  }
  return converted;
}

function checkRounded(where: string, array: FloatArray, rounded: FloatArray, from: number, to: number): void {
  for (let overflow = from; overflow < to; ++overflow) {
    if (Number.isFinite(rounded[overflow]) || !Number.isFinite(array[overflow])) continue;
    throw invalid(
      `${where}[${overflow}]`,
      'a number that float32 can hold (magnitude below 3.4e38)',
      array[overflow],
      "Scale the data or use dtype 'float64'",
    );
  }
}
