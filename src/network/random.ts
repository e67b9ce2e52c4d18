/**
 * Streams of random numbers, each named by (seed, trial, purpose, part); see native/core/philox.h. There is no global
 * generator: the same name always gives the same numbers.
 */

import { invalid, nonNegativeInteger } from '../arguments.js';
import { allocate } from '../native/arrays.js';
import { addon } from '../native/load.js';
import { type Steps, stretches } from '../steps.js';

/** Values are part of the file formats: add, never renumber. */
export const purposes = {
  teacherParameters: 1,
  studentParameters: 2,
  trainInputs: 3,
  validationInputs: 4,
  testInputs: 5,
  shuffle: 6,
  bootstrap: 7,
  freeUse: 8,
  split: 9,
  ranking: 10,
  augmentation: 11,
  onePassStart: 12,
  onePassInputs: 13,
} as const;
export type Purpose = keyof typeof purposes;

export interface Stream {
  /** Non-negative safe integer. */
  readonly seed: number;
  /** Integer below 2^32. */
  readonly trial: number;
  readonly purpose: Purpose;
  /** Distinguishes the members of one purpose, such as the tensors of a network. Default 0. */
  readonly part?: number;
}

export function checkSeed(where: string, seed: unknown): number {
  return nonNegativeInteger(`seed of ${where}`, seed);
}

export function checkTrial(where: string, trial: unknown): number {
  return trialNumber(`trial of ${where}`, trial);
}

export function trialNumber(where: string, value: unknown): number {
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) >= 2 ** 32)
    throw invalid(where, 'an integer from 0 to 2^32 - 1', value);
  return value as number;
}

function native(stream: Stream) {
  const { seed, trial, purpose, part = 0 } = stream;
  return { seed, trial, purpose: purposes[purpose], part };
}

/** `count` independent normal numbers. */
export function normals(stream: Stream, count: number, deviation = 1): Float64Array {
  const out = allocate('random numbers', 'float64', count);
  addon().fillNormal(native(stream), 0, deviation, out);
  return out;
}

/** The same numbers as `normals`, as resumable steps. */
export function* normalsSteps(stream: Stream, count: number): Steps<Float64Array> {
  const out = allocate('random numbers', 'float64', count) as Float64Array;
  for (const [from, to] of stretches(count)) {
    addon().fillNormalStretch(native(stream), 0, 1, from, out.subarray(from, to));
    yield;
  }
  return out;
}

/** `count` independent numbers, uniform in (low, high). */
export function uniforms(stream: Stream, count: number, low: number, high: number): Float64Array {
  const out = allocate('random numbers', 'float64', count);
  addon().fillUniform(native(stream), low, high, out);
  return out;
}

/** 0 ... count - 1 in a random order. */
export function permutation(stream: Stream, count: number): Uint32Array {
  const out = new Uint32Array(count);
  addon().fillPermutation(native(stream), out);
  return out;
}

/** Numbers drawn from the addon at a time; arbitrary, and part of what a seed gives. */
const block = 1024;

/**
 * A function that gives the next number, uniform in (0, 1), at each call: the argument of bootstrapInterval
 * and similar functions. The same seed gives the same numbers in the same order.
 */
export function seededRandom(seed: number): () => number {
  const stream = { seed: checkSeed('seededRandom', seed), trial: 0, purpose: 'bootstrap' } as const;
  let numbers: Float64Array = new Float64Array(0);
  let drawn = 0;
  return () => {
    const next = drawn % block;
    if (next === 0) numbers = uniforms({ ...stream, part: drawn / block }, block, 0, 1);
    ++drawn;
    return numbers[next] as number;
  };
}
