import { arrayOfObjects, denseArray, finiteNumber, invalid, knownKeys } from '../../arguments.js';
import { isList } from '../../kinds.js';
import { bareOptionsCheck, numberFrom, type OptionsOf, optional } from '../../options.js';
import { fitPowerLaw } from '../fits/fit.js';
import { summarize } from '../summary.js';
import { bootstrapGroups, checkBootstrap, type Interval } from './bootstrap.js';

/**
 * The normalised effect of pruning on the loss: |E(n) - E(h)| / max over n, E(n) the loss with n nodes kept
 * (arXiv 2310.12612, universality figure). 0 on the plateau, and 1 where the effect is largest, which is
 * mostly where no node is left.
 * @param losses [h + 1], entry n with n nodes kept; the last finite
 * @returns [h + 1]; undefined where pruning does not change the loss, or changes it by more than a number can hold
 */
export function orderParameter(losses: ArrayLike<number>): Float64Array | undefined {
  if (!isList(losses) || losses.length < 2)
    throw invalid('losses', 'an array of at least two numbers (none kept, ..., all kept)', losses);
  const own = finiteNumber(`losses[${losses.length - 1}]`, losses[losses.length - 1]);
  const changes = Float64Array.from(losses, (loss) => Math.abs(loss - own));
  const largest = changes.reduce((most, change) => Math.max(most, change), 0);
  return largest > 0 && Number.isFinite(largest) ? changes.map((change) => change / largest) : undefined;
}

/** Students of one kind, pruned. */
export interface PrunedStudents {
  /** Kept nodes at which x is 0, above 0: those of the teacher, h_T, or of the sub-network that was found. */
  readonly size: number;
  /** [trials], each [h + 1]: loss with n nodes kept */
  readonly curves: readonly ArrayLike<number>[];
}

/** The order parameter at each number of kept nodes, over trials. */
export interface OrderParameterCurve {
  /** n / size - 1: with size h_T, 0 where as many nodes are kept as the teacher has */
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Standard error of y; NaN for a single trial. */
  readonly dy: Float64Array;
}

/**
 * Mean over trials of the order parameter; trials without one are left out.
 * @throws invalid_argument for curves of different lengths, or none that pruning changes
 */
export function orderParameterCurve(pruned: PrunedStudents): OrderParameterCurve {
  knownKeys('orderParameterCurve', pruned, ['size', 'curves']);
  const { size, curves } = pruned;
  denseArray('curves', 'an array of pruning curves', curves);
  if (!(finiteNumber('size', size) > 0)) throw invalid('size', 'a number of nodes above 0', size);
  const trials = curves.map((losses) => orderParameter(losses)).filter((each) => each !== undefined);
  const [first] = trials;
  if (first === undefined)
    throw invalid(
      'curves',
      'at least one pruning curve with finite losses that are not all the same',
      curves,
    );
  const other = trials.find(({ length }) => length !== first.length);
  if (other) throw invalid('curves', `curves of one length, ${first.length}`, other);
  const points = Array.from(first, (_, n) => summarize(trials.map((trial) => trial[n] as number)));
  return {
    x: Float64Array.from(points, (_, n) => n / size - 1),
    y: Float64Array.from(points, ({ mean }) => mean),
    dy: Float64Array.from(points, ({ sd, count }) => (count > 1 ? sd / Math.sqrt(count) : Number.NaN)),
  };
}

function checkedWindow(where: string, value: unknown): readonly [from: number, to: number] {
  const window = value as readonly [from: number, to: number];
  const areNumbers = Array.isArray(window) && window.every((bound) => typeof bound === 'number');
  const holds = areNumbers && window.length === 2 && window[0] < window[1] && window[1] <= 0;
  if (!holds) throw invalid(where, 'two numbers, from < to <= 0', window);
  return window;
}

/** @internal */
const checkOptions = bareOptionsCheck({
  ...checkBootstrap.each,
  /**
   * The points that are fitted: from <= n / size - 1 <= to, with from < to <= 0. Default [-0.6, 0): further down the network is so
   * small that no law of the transition can be expected. Arbitrary; so try others.
   */
  window: optional(checkedWindow, [-0.6, 0]),
  /**
   * Order parameters that are fitted are above this. Default 1e-4, arbitrary: at the paper's protocol a tenth of the unpruned
   * loss. Smaller values are negligible, and on a logarithmic scale would weigh as much as any.
   */
  floor: optional(numberFrom(0, 1), 1e-4),
});
export interface CriticalExponentOptions extends OptionsOf<typeof checkOptions> {}

export interface CriticalExponent extends Interval {
  readonly amplitude: number;
  readonly rSquared: number;
  readonly points: number;
}

/**
 * The exponent of order parameter = amplitude |n / size - 1|^exponent below it: one power law through the curves
 * of all groups, by least squares of relative deviations. 1 is a kink, more is smoother. The interval is from a bootstrap over
 * the trials of each group.
 * @throws invalid_argument for an invalid window, or one in which no power law can be fitted
 */
export function criticalExponent(
  groups: readonly PrunedStudents[],
  options: CriticalExponentOptions,
): CriticalExponent {
  const { window, floor, ...ofBootstrap } = checkOptions('criticalExponent', options);
  arrayOfObjects('groups', 'an array of at least one { size, curves }', '{ size, curves }', groups);
  if (groups.length === 0) throw invalid('groups', 'an array of at least one { size, curves }', groups);
  const [from, to] = window;
  const sizes = (groups as readonly PrunedStudents[]).map(({ size }) => size);
  const fitted = (curves: readonly (readonly ArrayLike<number>[])[]) =>
    powerLaw(
      curves.map((each, i) => orderParameterCurve({ size: sizes[i] as number, curves: each })),
      [from, to],
      floor,
    );
  const all = (groups as readonly PrunedStudents[]).map(({ curves }) => curves);
  const { amplitude, rSquared, points } = fitted(all);
  return {
    ...bootstrapGroups(all, (some) => fitted(some).exponent, ofBootstrap),
    amplitude,
    rSquared,
    points,
  };
}

function powerLaw(
  curves: readonly OrderParameterCurve[],
  [from, to]: readonly [number, number],
  floor: number,
) {
  const points = curves.flatMap(({ x, y }) =>
    Array.from(x, (at, n) => ({ at, y: y[n] as number })).filter(
      (point) => point.at >= from && point.at <= to && point.at < 0 && point.y > floor,
    ),
  );
  const y = points.map((point) => point.y);
  const fit = fitPowerLaw(
    points.map(({ at }) => -at),
    y,
    { dy: y },
  );
  if (!fit.converged)
    throw invalid('groups', `curves with a power law in the window (${fit.reason})`, points.length);
  const { exponent, amplitude } = fit.parameters;
  return {
    exponent: exponent.value,
    amplitude: amplitude.value,
    rSquared: fit.rSquared,
    points: points.length,
  };
}
