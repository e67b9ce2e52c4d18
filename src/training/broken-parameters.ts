/**
 * Finds students whose parameters are not finite although their loss is: dead nodes keep them out of every
 * output.
 */
import type { Population } from '../population/population.js';
import type { Student } from '../population/student.js';

/** The first parameter of a student that is not finite. */
export interface BrokenParameter {
  /** As Network.tensors() names it. */
  readonly tensor: string;
  readonly index: number;
  /** NaN or an infinity. */
  readonly value: number;
  /** Layer of the tensor. */
  readonly layer: number;
  /** Steps that were done when it was found. */
  readonly step: number;
}

/** One per population. Checkpoints do not contain it: a continued run searches again. */
const found = new WeakMap<Population, Map<number, BrokenParameter>>();

/** By student, as found by the last call of lookForBroken. */
export function brokenParameters(population: Population): ReadonlyMap<number, BrokenParameter> {
  return found.get(population) ?? new Map();
}

/** Searches the present parameters of some students. */
export function lookForBroken(population: Population, students: Iterable<number>): void {
  const known = found.get(population) ?? new Map<number, BrokenParameter>();
  found.set(population, known);
  for (const i of students) {
    const broken = firstBroken(population.at(i));
    if (broken) known.set(i, broken);
    else known.delete(i);
  }
}

function firstBroken(student: Student): BrokenParameter | undefined {
  for (const [tensor, values] of student.network().tensors()) {
    const index = values.findIndex((value: number) => !Number.isFinite(value));
    if (index < 0) continue;
    const layer = Number(tensor.split('.')[1]);
    return { tensor, index, value: values[index] as number, layer, step: student.progress().step };
  }
  return undefined;
}

/** "layers.0.eigenvectors[3] is NaN after step 30" */
export function brokenText({ tensor, index, value, step }: BrokenParameter): string {
  return `${tensor}[${index}] is ${value} after step ${step}`;
}
