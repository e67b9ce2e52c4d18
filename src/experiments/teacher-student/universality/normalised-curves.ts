import { collapseFactor } from '../../../analysis/collapse/factor.js';
import { type CollapseFit, fitCollapse, type SizedCurve } from '../../../analysis/collapse/fit-collapse.js';
import { type CollapseQuality, collapseQuality } from '../../../analysis/collapse/quality.js';
import {
  type ExponentialFit,
  fitExponential,
  fitPowerLaw,
  type PowerLawFit,
} from '../../../analysis/fits/fit.js';
import { summarize } from '../../../analysis/summary.js';
import { orderParameter } from '../../../analysis/transition/order-parameter.js';
import type { TrialGroup } from '../panels/trial-groups.js';

/** A pruning curve in units in which teachers are compared. */
export interface NormalisedCurve {
  readonly group: TrialGroup;
  readonly points: readonly NormalisedPoint[];
}

export interface NormalisedPoint {
  readonly kept: number;
  /** kept / h_T - 1 */
  readonly x: number;
  /** Mean over trials of |MSE after - MSE before|, each trial divided by its largest. */
  readonly y: number;
  /** Standard error of y; null for a single trial. */
  readonly error: number | null;
}

/** One point per number of kept nodes up to `last`, without gaps: the collapse is computed between neighbours. */
export function normalisedCurve(group: TrialGroup, last: number): NormalisedCurve {
  const { teacherSize, trials, width } = group;
  const changes = trials
    .map(({ pruningLosses }) => orderParameter(pruningLosses))
    .filter((each) => each !== undefined);
  const points = Array.from({ length: Math.min(last, width) + 1 }, (_, kept): NormalisedPoint[] => {
    const values = changes.map((list) => list[kept] as number);
    if (values.length === 0) return [];
    const { mean, sd, count } = summarize(values);
    return [{ kept, x: kept / teacherSize - 1, y: mean, error: count > 1 ? sd / Math.sqrt(count) : null }];
  });
  return { group, points: points.flat() };
}

export interface Collapse {
  /** S of Houdayer and Hartmann; undefined without two curves with errors that overlap. */
  readonly quality?: CollapseQuality;
  /**
   * The pair of exponents (a, b) with the smallest S where x is scaled by h_T^a and y by h_T^b: both 0 where n / h_T is
   * the right scale. Absent where there is no S, or the search is not possible for the curves.
   */
  readonly best?: CollapseFit;
  /** Root mean square factor between the curves, at least 1; undefined without two. */
  readonly factor?: number;
  /** Least squares of relative deviations (dy = y), as the curve falls over decades. */
  readonly exponential: ExponentialFit;
  readonly powerLaw: PowerLawFit;
}

/**
 * How closely the curves collapse to one, and fits to it: numbers of the rising part, from no node up to the teacher's
 * size.
 */
export function collapseOf(curves: readonly NormalisedCurve[]): Collapse {
  const rising = curves.map(({ points }) => points.filter(({ x, y }) => x < 0 && y > 0));
  const all = rising.flat();
  const y = all.map((point) => point.y);
  const sized = sizedCurves(curves, rising);
  const quality = houdayerHartmann(sized);
  const best = quality && bestCollapse(sized, quality);
  const factor = factorApart(rising);
  return {
    quality,
    best,
    factor,
    exponential: fitExponential(
      all.map(({ x }) => x + 1),
      y,
      { offset: false, dy: y },
    ),
    powerLaw: fitPowerLaw(
      all.map(({ x }) => -x),
      y,
      { dy: y },
    ),
  };
}

/** Without points whose trials agree to the last bit, such as 1 with no node kept: they have no error. */
function sizedCurves(
  curves: readonly NormalisedCurve[],
  rising: readonly (readonly NormalisedPoint[])[],
): SizedCurve[] {
  return rising.flatMap((own, i) => {
    const points = own.filter(({ error }) => error !== null && error > 0);
    if (points.length < 2) return [];
    return {
      size: (curves[i] as NormalisedCurve).group.teacherSize,
      x: points.map(({ x }) => x),
      y: points.map(({ y }) => y),
      dy: points.map(({ error }) => error as number),
    };
  });
}

function houdayerHartmann(curves: readonly SizedCurve[]): CollapseQuality | undefined {
  if (curves.length < 2) return undefined;
  const quality = collapseQuality(curves);
  return quality.compared > 0 ? quality : undefined;
}

/** From (0, 0), the scaling of the figure; the transition stays at x = 0. */
function bestCollapse(
  curves: readonly SizedCurve[],
  { compared, points }: CollapseQuality,
): CollapseFit | undefined {
  if (new Set(curves.map(({ size }) => size)).size < 2 || compared < points * leastOverlap) return undefined;
  const start = { critical: 0, xExponent: 0, yExponent: 0 };
  return fitCollapse(curves, { start, fixed: ['critical'], minimumOverlap: leastOverlap });
}

/** Minimum share of the points that lie within the range of another curve; arbitrary. */
const leastOverlap = 0.5;

function factorApart(rising: readonly (readonly NormalisedPoint[])[]): number | undefined {
  const curves = rising.map((points) => ({ x: points.map(({ x }) => x), y: points.map(({ y }) => y) }));
  return collapseFactor(curves, [-1, 0]);
}
