// The transition of a run: where it is, how it rises, and whether the curves of its groups are one.
import { seededRandom } from 'eigenstudent';
import {
  collapseFactor,
  collapseQuality,
  criticalExponent,
  fitCollapse,
  orderParameterCurve,
  pruningTransition,
  sizeTransition,
} from 'eigenstudent/analysis';
import { bootstrapSeed } from './measures.mjs';

const random = () => seededRandom(bootstrapSeed);
/** Where the rising part is compared: below the teacher's size, and with a node left. */
const rising = [-1, 0];

/** Students that are wide enough to have a plateau: arbitrary. */
export function wide(groups) {
  return groups.filter(({ width, teacherSize }) => width >= 1.5 * teacherSize);
}

const pruned = ({ teacherSize, trials }) => ({ size: teacherSize, curves: trials.map(({ curve }) => curve) });

/** The same on the scale of what was found: the mean edge of the plateau in place of h_T. */
const prunedToEdge = (group) => ({ ...pruned(group), size: group.teacherSize * (1 + edge(group).estimate) });

/** Mean edge of the plateau over h_T, minus 1. */
export function edge(group) {
  const { estimate, low, high } = pruningTransition(pruned(group).curves, { random: random() });
  const scaled = (nodes) => nodes / group.teacherSize - 1;
  return { estimate: scaled(estimate), low: scaled(low), high: scaled(high) };
}

/** undefined where there is no power law to fit */
export function exponent(groups, options = {}) {
  try {
    return criticalExponent(groups.map(pruned), { random: random(), resamples: 300, ...options });
  } catch (error) {
    if (error.code === 'invalid_argument') return undefined;
    throw error;
  }
}

/** Where n_lambda stops growing with the width. */
export function joint(groups) {
  const sizes = groups.map(({ width, trials }) => ({
    width,
    effectiveSizes: trials.map(({ record }) => record.scalars.effectiveSize),
  }));
  return sizeTransition(sizes, { random: random() });
}

/** S of Houdayer and Hartmann, and the factor by which the curves lie apart, over n / h_T or n / edge. */
export function collapse(groups, scale = 'teacher') {
  const scaled = scale === 'teacher' ? pruned : prunedToEdge;
  // Students that lose nothing even without a node have no edge to be compared at.
  const own = groups.filter((group) => scale === 'teacher' || edge(group).estimate > -1);
  const curves = own.map((group) => risingPart(orderParameterCurve(scaled(group))));
  const withErrors = curves.map(withoutExact).filter(({ x }) => x.length > 1);
  return {
    curves: curves.length,
    factor: collapseFactor(curves, rising),
    quality: withErrors.length > 1 ? collapseQuality(withErrors) : undefined,
  };
}

/** The exponent of h_T in (n / h_T - 1) h_T^a that brings curves of several teacher sizes closest together; 0 is n / h_T. */
export function sizeExponent(groups) {
  const curves = groups
    .map((group) => ({
      size: group.teacherSize,
      ...withoutExact(risingPart(orderParameterCurve(pruned(group)))),
    }))
    .filter(({ x }) => x.length > 1);
  const shifted = curves.map((curve) => ({ ...curve, x: curve.x.map((x) => x + 1) }));
  return fitCollapse(shifted, {
    start: { critical: 1, xExponent: 0, yExponent: 0 },
    fixed: ['critical', 'yExponent'],
  });
}

function risingPart({ x, y, dy }) {
  const chosen = Array.from(x.keys()).filter((n) => x[n] >= -1 && x[n] < 0 && y[n] > 0);
  return { x: chosen.map((n) => x[n]), y: chosen.map((n) => y[n]), dy: chosen.map((n) => dy[n]) };
}

/** Without the points in which all trials agree, such as 1 with no node kept: they have no error to count in. */
function withoutExact({ x, y, dy }) {
  const chosen = Array.from(x.keys()).filter((n) => dy[n] > 0);
  return { x: chosen.map((n) => x[n]), y: chosen.map((n) => y[n]), dy: chosen.map((n) => dy[n]) };
}
