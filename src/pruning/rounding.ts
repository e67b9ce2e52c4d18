/** Numbers of units that suit the vectors of the hardware. */
import { positiveInteger } from '../arguments.js';
import { select } from './ranking.js';

/** A multiple: kept counts are rounded up to it, at most to the width. @throws invalid_argument */
export function checkRound(where: string, round: unknown): number {
  return positiveInteger(where, round);
}

/**
 * The kept units, of which the number is rounded up by those that are most relevant among the others.
 * @param relevance [h]
 * @param kept the most relevant units, by ascending index
 */
export function roundedUp(relevance: ArrayLike<number>, kept: Uint32Array, round: number): Uint32Array {
  const count = Math.min(relevance.length, Math.ceil(kept.length / round) * round);
  return count === kept.length ? kept : select(relevance, { keep: count });
}
