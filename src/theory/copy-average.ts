/**
 * Copy-average points: each student neuron averages a group of teacher neurons; a group of one is an exact copy (B. Simsek, A.
 * Bendjeddou, W. Gerstner, J. Brea, "Should under-parameterized student networks copy or average teacher weights?", 2023).
 */
import { denseArray, invalid, nonNegativeInteger, positiveInteger } from '../arguments.js';
import type { Activation } from '../network/layers.js';
import { addMultiple, type SymmetricTeacher } from './symmetric-teacher.js';

export interface Point {
  /** [n][d], row-major */
  readonly weights: Float64Array;
  /** [n] */
  readonly outgoing: Float64Array;
}

/** By which lengths are multiplied to make of erf(z) the activation erf(z / sqrt 2), of which the formulas are. */
export function lengthFactor(activation: Activation): number {
  return activation === 'erf' ? Math.SQRT2 : 1;
}

/**
 * The best neuron for `size` teacher neurons: its length in the direction of their mean, and its loss. With rho the teacher's length
 * and c = rho^2 / (H (1 + rho^2)): |w|^2 = c / (1 - c), a = b H, L = b^2 (2/pi) (H asin(rho^2 / (1 + rho^2)) - H^2 asin c).
 */
export function averagingNeuron(
  activation: Activation,
  size: number,
  { norm, outgoing }: Pick<SymmetricTeacher, 'norm' | 'outgoing'>,
): { readonly norm: number; readonly outgoing: number; readonly loss: number } {
  const factor = lengthFactor(activation);
  const square = (factor * norm) ** 2;
  const part = square / (1 + square);
  const c = part / size;
  const loss = (2 / Math.PI) * outgoing ** 2 * (size * Math.asin(part) - size ** 2 * Math.asin(c));
  return { norm: Math.sqrt(c / (1 - c)) / factor, outgoing: outgoing * size, loss };
}

/** The point of a partition. @param signs of student neurons, each of w and a */
export function copyAveragePoint(
  activation: Activation,
  teacher: SymmetricTeacher,
  groups: readonly (readonly number[])[],
  signs: readonly number[],
): Point & { readonly loss: number } {
  const weights = new Float64Array(groups.length * teacher.inputs);
  const outgoing = new Float64Array(groups.length);
  let loss = 0;
  for (const [i, group] of groups.entries()) {
    const neuron = averagingNeuron(activation, group.length, teacher);
    const row = weights.subarray(i * teacher.inputs, (i + 1) * teacher.inputs);
    const factor = ((signs[i] as number) * neuron.norm) / (Math.sqrt(group.length) * teacher.norm);
    for (const l of group) addMultiple(factor, teacherRow(teacher, l), row);
    outgoing[i] = (signs[i] as number) * neuron.outgoing;
    loss += neuron.loss;
  }
  return { weights, outgoing, loss };
}

export function teacherRow({ weights, inputs }: SymmetricTeacher, l: number): Float64Array {
  return weights.subarray(l * inputs, (l + 1) * inputs);
}

/** Of n neurons the least loss of all partitions: n - 1 copies, and one average of the others. */
export function bestGroups(neurons: unknown, teacherNeurons: number): number[][] {
  const n = positiveInteger('neurons of criticalPoint', neurons);
  if (n > teacherNeurons)
    throw invalid(
      'neurons of criticalPoint',
      `at most ${teacherNeurons}, the neurons of the teacher, for a copy-average point`,
      n,
    );
  const copies = Array.from({ length: n - 1 }, (_, i) => [i]);
  return [...copies, Array.from({ length: teacherNeurons - n + 1 }, (_, i) => n - 1 + i)];
}

/** A partition of 0..k-1. @throws invalid_argument */
export function checkedGroups(groups: unknown, teacherNeurons: number): readonly (readonly number[])[] {
  const where = 'groups of criticalPoint';
  const expected = `groups that hold each of the teacher's neurons 0 to ${teacherNeurons - 1} once`;
  const seen = new Set<number>();
  const checked = denseArray(where, expected, groups as unknown[]).map((group, i) =>
    denseArray(`${where}[${i}]`, 'an array of indices', group as number[]),
  );
  for (const [i, group] of checked.entries()) {
    if (group.length === 0) throw invalid(`${where}[${i}]`, 'at least one neuron of the teacher', group);
    for (const l of group) {
      nonNegativeInteger(`${where}[${i}]`, l);
      if (l >= teacherNeurons || seen.has(l)) throw invalid(`${where}[${i}]`, `${expected}, in all`, l);
      seen.add(l);
    }
  }
  if (seen.size !== teacherNeurons)
    throw invalid(where, expected, groups, `${teacherNeurons - seen.size} of them are in no group`);
  return checked;
}

/** One per group, 1 or -1. @throws invalid_argument */
export function checkedSigns(signs: readonly number[] | undefined, groups: number): readonly number[] {
  if (signs === undefined) return new Array<number>(groups).fill(1);
  const where = 'signs of criticalPoint';
  const checked = denseArray(where, `${groups} numbers, 1 or -1`, signs);
  if (checked.length !== groups) throw invalid(where, `${groups} numbers, one per group`, signs);
  for (const [i, sign] of checked.entries())
    if (sign !== 1 && sign !== -1) throw invalid(`${where}[${i}]`, '1 or -1', sign);
  return checked;
}
