/** How many units several groups lose. */
import { finiteNumber, invalid } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import type { Network } from '../network/network.js';
import type { JointOrder, Kept } from './joint-order.js';
import { isAsGood, type Metric, worstAllowed } from './metric.js';
import { roundedUp } from './rounding.js';

/** Exactly one of keep, percentile and maxDegradation; see pruneNetwork. */
export interface HowFar {
  readonly keep?: number;
  readonly percentile?: number;
  readonly maxDegradation?: number;
  readonly reference?: number;
  readonly round: number;
}

/** A metric of networks, and the unpruned network's. */
export interface Quality {
  readonly name: Metric;
  readonly before: number;
  readonly of: (network: Network) => Promise<number>;
}

/** @throws invalid_argument unless exactly one of keep, percentile and maxDegradation is given */
export function checkHowFar({ keep, percentile, maxDegradation }: Omit<HowFar, 'round'>): void {
  const given = Object.entries({ keep, percentile, maxDegradation }).flatMap(([name, value]) =>
    value === undefined ? [] : [name],
  );
  if (given.length === 1) return;
  throw new EigenstudentError(
    'invalid_argument',
    `expected exactly one of keep, percentile and maxDegradation, received ${given.join(' and ') || 'none'}`,
  );
}

/** The units that are kept, by whichever of keep, percentile and maxDegradation is given, their numbers rounded up. */
export async function unitsToKeep(
  order: JointOrder,
  options: HowFar,
  quality: Quality | undefined,
  cutTo: (kept: Kept) => Promise<Network>,
): Promise<Kept> {
  const { keep, percentile, maxDegradation, reference, round } = options;
  const rounded = (kept: Kept) =>
    kept.map((units, i) => roundedUp(order.relevances[i] as Float64Array, units, round));
  if (keep !== undefined) return rounded(order.keeping(keep));
  if (percentile !== undefined) return rounded(order.above(percentile));
  if (quality === undefined)
    throw invalid('data of pruneNetwork', 'a Dataset to go with maxDegradation', undefined);
  const { name, before, of } = quality;
  const most = name === 'accuracy' ? 1 : Number.POSITIVE_INFINITY;
  const degradation = finiteNumber('maxDegradation', maxDegradation, 0, most);
  const start = reference ?? before;
  const bound = worstAllowed(name, start, degradation);
  if (!isAsGood(name, before, bound)) throw tooBad(quality, bound, start);
  const found = new Map<string, boolean>(); // rounded cuts come again
  const holds = async (count: number) => {
    const kept = rounded(order.without(count));
    const sizes = kept.map(({ length }) => length).join();
    if (kept.every((units, i) => units.length === order.relevances[i]?.length)) return true;
    const known = found.get(sizes) ?? isAsGood(name, await of(await cutTo(kept)), bound);
    found.set(sizes, known);
    return known;
  };
  return rounded(order.without(await lastThatHolds(order.removable, holds)));
}

/** Cuts that are evaluated at first; arbitrary. With at most so many removable nodes every cut is evaluated. */
const firstCuts = 256;

/**
 * The last count before the first that does not hold, counted from 0, where it holds. Bisection would be
 * wrong: an accuracy rises and falls from one cut to the next. Where there are more than `firstCuts`, every
 * n-th is evaluated, and then those before the first of these that does not hold.
 */
async function lastThatHolds(most: number, holds: (count: number) => Promise<boolean>): Promise<number> {
  const step = Math.max(1, Math.ceil(most / firstCuts));
  let held = 0;
  while (held < most && (await holds(Math.min(most, held + step)))) held = Math.min(most, held + step);
  const end = Math.min(most, held + step);
  while (held + 1 < end && (await holds(held + 1))) ++held;
  return held;
}

function tooBad({ name, before }: Quality, bound: number, reference: number): EigenstudentError {
  const limit = name === 'loss' ? 'at most' : 'at least';
  return new EigenstudentError(
    'invalid_argument',
    `expected a network whose ${name} is ${limit} ${bound.toPrecision(4)} (maxDegradation from ${reference.toPrecision(4)}) before ` +
      `anything is removed, received ${before.toPrecision(4)}. Train it longer or with weaker penalties, or allow more`,
  );
}
