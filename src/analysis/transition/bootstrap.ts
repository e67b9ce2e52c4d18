import { denseArray, finiteNumber, invalid, positiveInteger } from '../../arguments.js';
import { bareOptionsCheck, type OptionsOf, optional, required } from '../../options.js';
import { percentile } from '../percentile.js';

/** @internal */
export const checkBootstrap = bareOptionsCheck({
  /** Uniform in [0, 1): `seededRandom(seed)`, so that the interval repeats. */
  random: required(checkRandom),
  /** Default 1000, enough for a 95 % percentile interval (Efron and Tibshirani, 1993, section 13.3). */
  resamples: optional(positiveInteger, 1000),
  /** Coverage, in (0, 1); default 0.95. */
  level: optional(checkLevel, 0.95),
});
export interface BootstrapOptions extends OptionsOf<typeof checkBootstrap> {}

export interface Interval {
  /** The statistic of the trials as they are. */
  readonly estimate: number;
  /** Percentiles of the statistic over resamples. NaN for a single trial, which has no spread; JSON writes that as null. */
  readonly low: number;
  readonly high: number;
  readonly level: number;
  readonly resamples: number;
}

/**
 * Percentile bootstrap interval (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13) of a statistic
 * of independent trials, which are drawn again with replacement.
 * @param trials at least one
 * @param statistic of a list as long as `trials`; finite
 * @throws invalid_argument for no trials, a random number outside [0, 1), a statistic that is not finite
 */
export function bootstrapInterval<Trial>(
  trials: readonly Trial[],
  statistic: (trials: readonly Trial[]) => number,
  options: BootstrapOptions,
): Interval {
  const checked = checkBootstrap('bootstrapInterval', options);
  if (typeof statistic !== 'function')
    throw invalid('statistic', 'a function of a list of trials', statistic);
  return bootstrapGroups([trials], ([only]) => statistic(only as readonly Trial[]), checked);
}

function checkRandom(where: string, value: unknown): () => number {
  if (typeof value === 'function') return value as () => number;
  throw invalid(where, 'a function that gives numbers in [0, 1)', value, advice);
}

function checkLevel(where: string, value: unknown): number {
  const level = finiteNumber(where, value, 0, 1);
  if (level === 0 || level === 1) throw invalid(where, 'a number between 0 and 1, such as 0.95', level);
  return level;
}

/** The same for trials in groups, such as one per width: each group is resampled by itself, and keeps its size. */
export function bootstrapGroups<Trial>(
  groups: readonly (readonly Trial[])[],
  statistic: (groups: readonly (readonly Trial[])[]) => number,
  { random, resamples, level }: Required<BootstrapOptions>,
): Interval {
  for (const group of groups) {
    denseArray('trials', 'an array of at least one trial', group);
    if (group.length === 0) throw invalid('trials', 'an array of at least one trial', group);
  }
  const measure = (some: readonly (readonly Trial[])[]) => finiteNumber('the statistic', statistic(some));
  const estimate = measure(groups);
  if (groups.every((group) => group.length === 1))
    return { estimate, low: Number.NaN, high: Number.NaN, level, resamples };
  const values = Array.from({ length: resamples }, () =>
    measure(groups.map((group) => drawn(group, random))),
  );
  const tail = (100 * (1 - level)) / 2;
  return {
    estimate,
    low: percentile(values, tail),
    high: percentile(values, 100 - tail),
    level,
    resamples,
  };
}

const advice = 'seededRandom(seed) makes one that repeats';

function drawn<Trial>(group: readonly Trial[], random: () => number): Trial[] {
  return group.map(() => {
    const number = random();
    if (!(number >= 0 && number < 1))
      throw invalid('random', 'a number in [0, 1) from each call', number, advice);
    return group[Math.floor(number * group.length)] as Trial;
  });
}
