import type { Population } from '../population/population.js';

/** What a student's training depends on besides its state. */
export interface TrainingMemory {
  /** Epoch of the last evaluation; 0 before the first. */
  evaluatedEpoch: number;
  /** The last validation loss that counted as an improvement; Infinity before the first. */
  best: number;
  /** Evaluations since then. */
  waited: number;
}

/**
 * Belongs to the population and is saved in its checkpoints: training that is interrupted and continued
 * evaluates and stops where uninterrupted training would have.
 */
const memories = new WeakMap<Population, TrainingMemory[]>();

/** One per student; it may be written to. */
export function trainingMemory(population: Population): TrainingMemory[] {
  const existing = memories.get(population);
  if (existing) return existing;
  const fresh = population.students().map(() => ({ evaluatedEpoch: 0, best: Infinity, waited: 0 }));
  memories.set(population, fresh);
  return fresh;
}
