/** What happens to a sweep, and when: drawn from a seed. */
import { pseudoRandom } from '../sweep/sweep-processes.js';

export const kinds = [
  ...['SIGKILL', 'SIGTERM', 'SIGHUP', 'SIGINT', 'SIGINT twice', 'SIGHUP and SIGTERM'],
  ...['one of three', 'disk full', 'read-only directory', 'clock set back'],
] as const;
export type Kind = (typeof kinds)[number];

export interface Disturbance {
  readonly kind: Kind;
  /** When, as a part of the time that an undisturbed process takes from its start to its end. */
  readonly moment: number;
  /** In [0, 1): whatever else a kind leaves open. */
  readonly choice: number;
}

/** The same for the same seed. Each stretch of seeds as long as `kinds` has each kind once. */
export function disturbanceOf(seed: number): Disturbance {
  return {
    kind: kinds[seed % kinds.length] as Kind,
    moment: pseudoRandom(seed, 0),
    choice: pseudoRandom(seed, 1),
  };
}
