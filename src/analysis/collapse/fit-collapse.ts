import { arrayOfObjects, finiteNumber, invalid, knownKeys } from '../../arguments.js';
import { nelderMead } from './nelder-mead.js';
import { type CollapseQuality, type Curve, checkedCurves, qualityOf, type SortedCurve } from './quality.js';

/** A curve of a system of some size, such as the teacher's. */
export interface SizedCurve extends Curve {
  /** Above 0. */
  readonly size: number;
}

/**
 * Finite-size scaling: x -> (x - critical) size^xExponent, y -> y size^yExponent (Newman and Barkema, Monte Carlo Methods
 * in Statistical Physics, 1999, section 8.3). Loss against kept nodes per teacher node, n / h_T, has critical 1 (arXiv
 * 2310.12612).
 */
export interface Scaling {
  readonly critical: number;
  readonly xExponent: number;
  readonly yExponent: number;
}

export interface FitCollapseOptions {
  /** Where the search starts; it finds the nearest optimum, so try several. */
  readonly start: Scaling;
  /** Parameters that stay at their start; default none. */
  readonly fixed?: readonly (keyof Scaling)[];
  /**
   * Least share of the points that must be compared, in [0, 1]; default 0.5. Without it the quality of curves
   * that do not overlap would be perfect.
   */
  readonly minimumOverlap?: number;
}

export interface CollapseFit extends CollapseQuality {
  /** False where the search ran out of evaluations; `scaling` is then the best that it found. */
  readonly converged: boolean;
  readonly scaling: Scaling;
  readonly evaluations: number;
}

const names = ['critical', 'xExponent', 'yExponent'] as const;

/** The curves after scaling, dy with y; sorted by x. */
export function rescaleCurves(curves: readonly SizedCurve[], scaling: Scaling): Curve[] {
  const sizes = checkedSizes(curves);
  return rescaled(checkedCurves(curves), sizes, checkedScaling('scaling', scaling));
}

/**
 * The scaling with the best collapse: smallest S of collapseQuality, by Nelder and Mead's simplex (so Melchert,
 * arXiv 0910.5403). Look at `quality`: the best collapse need not be one. For the error of an exponent put this
 * into bootstrapInterval.
 * @param curves at least two, of different sizes
 * @throws invalid_argument naming the curve; and where at the start too few points can be compared
 */
export function fitCollapse(curves: readonly SizedCurve[], options: FitCollapseOptions): CollapseFit {
  knownKeys('fitCollapse', options, ['start', 'fixed', 'minimumOverlap']);
  const sizes = checkedSizes(curves);
  const sorted = checkedCurves(curves);
  const start = checkedScaling('start', options.start);
  const free = checkedFree(options.fixed ?? []);
  const overlap = finiteNumber('minimumOverlap', options.minimumOverlap ?? 0.5, 0, 1);
  const scalingOf = (point: readonly number[]): Scaling => ({
    ...start,
    ...Object.fromEntries(free.map((name, k) => [name, point[k]])),
  });
  const qualityAt = (scaling: Scaling) => qualityOf(rescaled(sorted, sizes, scaling));
  const enough = ({ compared, points }: CollapseQuality) => compared > 0 && compared >= overlap * points;
  const first = qualityAt(start);
  if (!enough(first)) throw tooLittleOverlap(first, overlap);
  const point = free.map((name) => start[name]);
  const search = nelderMead(
    (at) => {
      const found = qualityAt(scalingOf(at));
      return enough(found) ? found.quality : Infinity;
    },
    point,
    // A tenth of a parameter, or 0.1 of one that starts at 0; arbitrary.
    point.map((value) => 0.1 * (Math.abs(value) || 1)),
  );
  const scaling = scalingOf(search.point);
  return { ...qualityAt(scaling), converged: search.converged, scaling, evaluations: search.evaluations };
}

function tooLittleOverlap({ compared, points }: CollapseQuality, overlap: number) {
  return invalid(
    'start',
    `a scaling that lets at least ${Math.max(1, Math.ceil(overlap * points))} of ${points} points be compared`,
    compared,
    'Start nearer, or lower minimumOverlap',
  );
}

function rescaled(
  curves: readonly SortedCurve[],
  sizes: readonly number[],
  { critical, xExponent, yExponent }: Scaling,
): SortedCurve[] {
  return curves.map(({ x, y, dy }, i) => {
    const size = sizes[i] as number;
    const [ofX, ofY] = [size ** xExponent, size ** yExponent];
    return {
      x: x.map((value) => (value - critical) * ofX),
      y: y.map((value) => value * ofY),
      dy: dy.map((value) => value * ofY),
    };
  });
}

function checkedSizes(curves: readonly SizedCurve[]): number[] {
  arrayOfObjects('curves', 'an array of at least two curves', 'a curve { size, x, y, dy }', curves);
  const sizes = (curves as readonly SizedCurve[]).map(({ size }, i) => {
    if (finiteNumber(`curves[${i}].size`, size) <= 0)
      throw invalid(`curves[${i}].size`, 'a number above 0', size);
    return size;
  });
  if (sizes.length > 1 && new Set(sizes).size === 1)
    throw invalid('curves', 'curves of different sizes', sizes[0], 'One size says nothing about scaling');
  return sizes;
}

function checkedScaling(where: string, scaling: Scaling): Scaling {
  knownKeys(where, scaling, names);
  for (const name of names) finiteNumber(`${where}.${name}`, scaling[name]);
  return scaling;
}

function checkedFree(fixed: readonly (keyof Scaling)[]): (keyof Scaling)[] {
  if (!Array.isArray(fixed) || fixed.some((name) => !names.includes(name)))
    throw invalid('fixed', `an array of some of ${names.join(', ')}`, fixed);
  const free = names.filter((name) => !fixed.includes(name));
  if (free.length === 0)
    throw invalid('fixed', 'at most two of the three', fixed, 'collapseQuality fits nothing');
  return free;
}
