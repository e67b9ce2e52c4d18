import { arrayOfObjects, finiteNumber, invalid } from '../../arguments.js';
import { checkedPoints } from '../fits/points.js';
import { summarize } from '../summary.js';

/** [n] each; x ascending, y above 0 */
export interface PositiveCurve {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

/** Number of points in the range at which curves are compared; arbitrary. */
const places = 19;

/**
 * How far curves lie apart: exp of the standard deviation of ln y between curves, root mean square over
 * equidistant points in (from, to), each curve linear in ln y between its points. 1 where the curves
 * coincide. Unlike collapseQuality it does not depend on the errors: 1.3 always means 30 %.
 * @returns undefined where no two curves are in the range
 * @throws invalid_argument naming the curve
 */
export function collapseFactor(
  curves: readonly PositiveCurve[],
  range: readonly [from: number, to: number],
): number | undefined {
  arrayOfObjects('curves', 'an array of curves', 'a curve { x, y }', curves);
  if (!Array.isArray(range) || range.length !== 2) throw invalid('range', 'two numbers, [from, to]', range);
  const from = finiteNumber('range[0]', range[0]);
  const to = finiteNumber('range[1]', range[1]);
  if (from >= to) throw invalid('range', 'two numbers, from < to', `[${from}, ${to}]`);
  const logs = (curves as readonly PositiveCurve[]).map(({ x, y }, i) => {
    const points = checkedPoints(x, y, undefined, `curves[${i}]`);
    const wrong = points.y.find((value) => value <= 0);
    if (wrong !== undefined) throw invalid(`curves[${i}].y`, 'numbers above 0', wrong);
    return { x: points.x, logY: points.y.map(Math.log) };
  });
  const variances = Array.from({ length: places }, (_, k) => {
    const at = from + ((k + 1) / (places + 1)) * (to - from);
    const here = logs.map((curve) => logAt(curve, at)).filter((value) => value !== undefined);
    return here.length > 1 ? [summarize(here).sd ** 2] : [];
  }).flat();
  return variances.length === 0 ? undefined : Math.exp(Math.sqrt(summarize(variances).mean));
}

function logAt({ x, logY }: { x: Float64Array; logY: Float64Array }, at: number): number | undefined {
  const right = x.findIndex((value) => value >= at - 1e-9); // n / h_T - 1 is rounded
  if (right < 0 || (right === 0 && (x[0] as number) > at + 1e-9)) return undefined;
  const left = Math.max(0, right - 1);
  const [x0, x1] = [x[left] as number, x[right] as number];
  const share = x1 === x0 ? 0 : (at - x0) / (x1 - x0);
  return (logY[left] as number) + share * ((logY[right] as number) - (logY[left] as number));
}
