import { kolmogorovSmirnov } from '../../../analysis/kolmogorov-smirnov.js';
import type { NodeStrengths } from '../../../analysis/topology/node-strengths.js';
import { matchNodes, overlapMatrix } from '../../../analysis/topology/overlap.js';
import { pathValues, resampleSorted } from '../../../analysis/topology/paths.js';
import { signIsFree } from '../../../analysis/topology/symmetry.js';
import type { Network } from '../../../network/network.js';
import {
  balanced,
  mostRelevant,
  type SubNetwork,
  wholeNetwork,
  withNodes,
  withPositiveStrengths,
  withSigns,
} from './sub-network.js';
import { pathQuantiles, strengthsOf, type TeacherStructure } from './teacher-structure.js';

/** Maximum number of nodes that a drawing can distinguish; arbitrary. */
export const mostDrawnNodes = 30;

export interface Paths {
  /** [pathQuantiles], ascending */
  readonly quantiles: Float64Array;
  /** Kolmogorov-Smirnov distance of all paths to those of the teacher. */
  readonly distance: number;
}

/** The n_λ nodes that are kept. */
export interface Survivors {
  readonly nodes: number;
  readonly paths: Paths;
  /** After `balanced`. */
  readonly balancedStrengths: NodeStrengths;
  /** Kolmogorov-Smirnov distance of in- and out-strengths to those of the teacher, raw and balanced. */
  readonly distance: { readonly in: number; readonly out: number };
  readonly balancedDistance: { readonly in: number; readonly out: number };
  /** Whether the activation leaves the sign of a node free, so that overlaps are |cosines|. */
  readonly signIsFree: boolean;
  /** Overlaps of the matched pairs of a student's and a teacher's node, ascending. */
  readonly overlaps: Float64Array;
  readonly meanOverlap: number;
  /** The mostDrawnNodes most relevant of them: first those matched with the teacher's nodes, in the teacher's order. */
  readonly drawn: SubNetwork;
}

/** Data of a student's weights for the figures, small enough to be kept for many students. */
export interface TrialStructure {
  readonly teacher: TeacherStructure;
  /** Layers whose nodes have eigenvalues: the first alone, or every hidden one. */
  readonly spectralLayers: number;
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
  const whole = withPositiveStrengths(wholeNetwork(network));
  const unpruned = paths(whole, teacher);
  const spectralLayers = network.spec.layers.filter(({ kind }) => kind === 'spectral').length;
  if (effectiveSize === 0) return { teacher, spectralLayers, unpruned };
  const nodes = mostRelevant(relevance, effectiveSize);
  return { teacher, spectralLayers, unpruned, survivors: survivorsOf(withNodes(whole, nodes), teacher) };
}

function survivorsOf(remaining: SubNetwork, teacher: TeacherStructure): Survivors {
  const balancedStrengths = strengthsOf(balanced(remaining));
  const free = signIsFree(remaining.symmetries[0], teacher.network.symmetries[0]);
  const match = matchNodes(overlapMatrix(remaining.incoming, teacher.network.incoming, { signIsFree: free }));
  return {
    nodes: remaining.incoming.rows,
    paths: paths(remaining, teacher),
    balancedStrengths,
    distance: distances(strengthsOf(remaining), teacher.strengths),
    balancedDistance: distances(balancedStrengths, teacher.balancedStrengths),
    signIsFree: free,
    overlaps: Float64Array.from(match.pairs, ({ overlap }) => overlap).sort(),
    meanOverlap: match.meanOverlap,
    drawn: besideTeacher(remaining, teacher, free),
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

/**
 * The first mostDrawnNodes: first those matched with a teacher's node, in the teacher's order and with its sign where
 * signs are free, then the others.
 */
function besideTeacher(remaining: SubNetwork, { network }: TeacherStructure, free: boolean): SubNetwork {
  const { incoming } = remaining;
  const rows = Math.min(incoming.rows, mostDrawnNodes);
  const first = { ...incoming, rows, values: Array.from(incoming.values).slice(0, rows * incoming.columns) };
  const cosines = overlapMatrix(first, network.incoming);
  const { pairs, unmatchedStudent } = matchNodes({
    ...cosines,
    values: free ? Array.from(cosines.values, Math.abs) : cosines.values,
  });
  const opposite = new Set(
    pairs
      .filter(({ student, teacher }) => (cosines.values[student * cosines.columns + teacher] as number) < 0)
      .map(({ student }) => student),
  );
  const order = [
    ...pairs.toSorted((a, b) => a.teacher - b.teacher).map(({ student }) => student),
    ...unmatchedStudent,
  ];
  return withNodes(
    withSigns(remaining, (node) => (opposite.has(node) ? -1 : 1)),
    order,
  );
}
