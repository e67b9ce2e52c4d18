import { type NodeStrengths, nodeStrengths } from '../../../analysis/topology/node-strengths.js';
import { matchNodes, overlapMatrix } from '../../../analysis/topology/overlap.js';
import { pathValues, resampleSorted } from '../../../analysis/topology/paths.js';
import { normals } from '../../../network/random.js';
import type { StudentProtocol } from '../protocol/trial.js';
import { teacherOf } from '../run/draw-data.js';
import { balanced, type SubNetwork, wholeNetwork, withPositiveStrengths } from './sub-network.js';

export interface ChanceOverlap {
  readonly mean: number;
  /** Overlaps of all pairs of all draws, ascending. */
  readonly overlaps: Float64Array;
}

/** The teacher with which students are compared. */
export interface TeacherStructure {
  readonly network: SubNetwork;
  /** [inputs * h_T * second width], ascending */
  readonly paths: Float64Array;
  /** [points of resampleSorted], the same as a curve */
  readonly pathQuantiles: Float64Array;
  readonly strengths: NodeStrengths;
  /** After `balanced`. */
  readonly balancedStrengths: NodeStrengths;
  /**
   * Overlap of `nodes` random directions, matched with the teacher's nodes as a student's are, with or without their
   * sign.
   */
  chance(nodes: number, signIsFree: boolean): ChanceOverlap;
}

/** Quantiles 0, 0.01, ..., 1 of every list of paths. Arbitrary: enough for a smooth curve. */
export const pathQuantiles = 101;

/**
 * Enough for two digits of the mean; arbitrary, as is the seed. The best overlaps of many nodes vary little: then fewer
 * draws suffice, and each takes longer.
 */
const drawsOf = (nodes: number) => (nodes > 200 ? 5 : 20);
const seed = 0;

/** The teacher of a trial, reconstructed from the numbers of its protocol. */
export function teacherStructure(teacher: StudentProtocol['teacher']): TeacherStructure {
  const network = withPositiveStrengths(wholeNetwork(teacherOf({ teacher }).network));
  const { incoming, outgoing } = network;
  const paths = pathValues([incoming, outgoing]);
  const cached = new Map<string, ChanceOverlap>();
  return {
    network,
    paths,
    pathQuantiles: resampleSorted(paths, pathQuantiles),
    strengths: strengthsOf(network),
    balancedStrengths: strengthsOf(balanced(network)),
    chance: (nodes, signIsFree) => {
      const name = `${nodes} ${signIsFree}`;
      const chance = cached.get(name) ?? chanceOverlap(network, nodes, signIsFree);
      cached.set(name, chance);
      return chance;
    },
  };
}

export function strengthsOf({ incoming, outgoing }: SubNetwork): NodeStrengths {
  return nodeStrengths(incoming, outgoing);
}

function chanceOverlap({ incoming }: SubNetwork, nodes: number, signIsFree: boolean): ChanceOverlap {
  const { columns } = incoming;
  const overlaps = Array.from({ length: drawsOf(nodes) }, (_, trial) => {
    const values = normals({ seed, trial, purpose: 'freeUse' }, nodes * columns);
    const { pairs } = matchNodes(overlapMatrix({ rows: nodes, columns, values }, incoming, { signIsFree }));
    return pairs.map((pair) => pair.overlap);
  }).flat();
  return {
    mean: overlaps.reduce((total, value) => total + value, 0) / overlaps.length,
    overlaps: Float64Array.from(overlaps).sort(),
  };
}
