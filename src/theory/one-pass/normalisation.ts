/** Prefactors of student and teacher, and how everything reduces to networks without. */
import { positiveInteger } from '../../arguments.js';
import { amongst, numberFrom, optional, required } from '../../options.js';

/**
 * 'sum': f = sum_i (u_i.x)^2, y = sum_m (v_m.x)^2. 'mean': f and y are divided by the numbers p and p* of their units.
 */
export type Normalisation = 'sum' | 'mean';

/** Options that all functions of quadratic networks share. */
export const networkOptions = {
  /** Units of the student. */
  p: required(positiveInteger),
  /** Units of the teacher, whose rows are orthonormal. */
  pStar: required(positiveInteger),
  /** Whether the outputs are sums or means over units. Default 'sum'. */
  normalisation: optional<Normalisation>(amongst(['sum', 'mean']), 'sum'),
};

/** Learning rate eta of U <- U - (eta / N) grad (f - y)^2 / 2; 0 stands for gradient flow. */
export const rate = numberFrom(0);

/**
 * A problem of sums with an orthonormal teacher that has the same trajectories. With f = c |U x|^2 and y = c* |V x|^2 (c = 1/p and
 * c* = 1/p* for means) it is that of U sqrt(c / c*): alpha = steps / N stays.
 */
export interface Reduction {
  /** c c*: factor of the learning rate. */
  readonly rate: number;
  /** c / c*: factor of Q; R has its root. */
  readonly norm: number;
  /** c*^2: losses are this times those of the reduced problem. */
  readonly loss: number;
}

export function reduction(p: number, pStar: number, normalisation: Normalisation): Reduction {
  if (normalisation === 'sum') return { rate: 1, norm: 1, loss: 1 };
  return { rate: 1 / (p * pStar), norm: pStar / p, loss: 1 / pStar ** 2 };
}
