import { nonNegativeInteger, positiveInteger } from '../arguments.js';

export interface Share {
  readonly count: number;
  readonly share: number;
  /** Ends of the interval. */
  readonly low: number;
  readonly high: number;
}

/**
 * A share of trials with the interval of Wilson (1927), which holds for few trials and for shares of 0 and 1.
 * @param deviations half its width in standard deviations; default 1.96, 95 %
 */
export function wilson(count: number, trials: number, deviations = 1.959963984540054): Share {
  nonNegativeInteger('count of wilson', count);
  positiveInteger('trials of wilson', trials);
  const share = count / trials;
  const square = deviations ** 2 / trials;
  const middle = share + square / 2;
  const half = Math.sqrt(square * (share * (1 - share) + square / 4));
  const clamp = (value: number) => Math.min(1, Math.max(0, value / (1 + square)));
  return {
    count,
    share,
    low: count === 0 ? 0 : clamp(middle - half),
    high: count === trials ? 1 : clamp(middle + half),
  };
}
