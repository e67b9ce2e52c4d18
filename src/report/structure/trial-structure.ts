import { kolmogorovSmirnov } from '../../analysis/kolmogorov-smirnov.js';
import type { NodeStrengths } from '../../analysis/topology/node-strengths.js';
import { matchNodes, overlapMatrix } from '../../analysis/topology/overlap.js';
import { pathValues, resampleSorted } from '../../analysis/topology/paths.js';
import type { Network } from '../../network/network.js';
import { balanced, mostRelevant, type SubNetwork, wholeNetwork, withNodes } from './sub-network.js';
import { pathQuantiles, strengthsOf, type TeacherStructure } from './teacher-structure.js';

/** More nodes than this cannot be told apart in a drawing; arbitrary. */
export const mostDrawnNodes = 30;

export interface Paths {
  /** [pathQuantiles], ascending */
  readonly quantiles: Float64Array;
  /** Kolmogorov-Smirnov distance of all paths to the teacher's. */
  readonly distance: number;
}

/** The n_λ nodes that stay. */
export interface Survivors {
  readonly nodes: number;
  readonly paths: Paths;
  /** After `balanced`. */
  readonly balancedStrengths: NodeStrengths;
  /** Kolmogorov-Smirnov distance of in- and out-strengths to the teacher's, as they are and balanced. */
  readonly distance: { readonly in: number; readonly out: number };
  readonly balancedDistance: { readonly in: number; readonly out: number };
  /** Of the pairs of a student's and a teacher's node, ascending. */
  readonly overlaps: Float64Array;
  readonly meanOverlap: number;
  /** The mostDrawnNodes most relevant of them: those matched with the teacher's nodes first, in the teacher's order. */
  readonly drawn: SubNetwork;
}

/** What the figures need of a student's weights, small enough to be kept of many. */
export interface TrialStructure {
  readonly teacher: TeacherStructure;
  readonly unpruned: Paths;
  /** Absent where no node is above the threshold. */
  readonly survivors?: Survivors;
}

/** @param relevance [h]; the `effectiveSize` most relevant nodes survive */
export function trialStructure(
  network: Network,
  relevance: ArrayLike<number>,
  effectiveSize: number,
  teacher: TeacherStructure,
): TrialStructure {
  const whole = wholeNetwork(network);
  const unpruned = paths(whole, teacher);
  if (effectiveSize === 0) return { teacher, unpruned };
  const nodes = mostRelevant(relevance, effectiveSize);
  return { teacher, unpruned, survivors: survivorsOf(withNodes(whole, nodes), teacher) };
}

function survivorsOf(left: SubNetwork, teacher: TeacherStructure): Survivors {
  const balancedStrengths = strengthsOf(balanced(left));
  const match = matchNodes(overlapMatrix(left.incoming, teacher.network.incoming));
  return {
    nodes: left.incoming.rows,
    paths: paths(left, teacher),
    balancedStrengths,
    distance: distances(strengthsOf(left), teacher.strengths),
    balancedDistance: distances(balancedStrengths, teacher.balancedStrengths),
    overlaps: Float64Array.from(match.pairs, ({ overlap }) => overlap).sort(),
    meanOverlap: match.meanOverlap,
    drawn: withNodes(left, inOrderOfTeacher(left, teacher)),
  };
}

function distances(ours: NodeStrengths, theirs: NodeStrengths) {
  const of = (side: 'in' | 'out') => kolmogorovSmirnov(ours[side], theirs[side]).distance;
  return { in: of('in'), out: of('out') };
}

function paths({ incoming, outgoing }: SubNetwork, teacher: TeacherStructure): Paths {
  const values = pathValues([incoming, outgoing]);
  return {
    quantiles: resampleSorted(values, pathQuantiles),
    distance: kolmogorovSmirnov(values, teacher.paths).distance,
  };
}

/** Of the first mostDrawnNodes: those with a partner in the teacher's order, then the others as they are. */
function inOrderOfTeacher({ incoming }: SubNetwork, { network }: TeacherStructure): number[] {
  const rows = Math.min(incoming.rows, mostDrawnNodes);
  const first = { ...incoming, rows, values: Array.from(incoming.values).slice(0, rows * incoming.columns) };
  const { pairs, unmatchedStudent } = matchNodes(overlapMatrix(first, network.incoming));
  return [
    ...pairs.toSorted((a, b) => a.teacher - b.teacher).map(({ student }) => student),
    ...unmatchedStudent,
  ];
}
