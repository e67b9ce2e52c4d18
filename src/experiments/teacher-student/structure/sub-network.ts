/** The two hidden layers of a teacher or a student, as matrices. */
import type { Matrix } from '../../../analysis/topology/matrix.js';
import { nodeStrengths } from '../../../analysis/topology/node-strengths.js';
import type { NodeSymmetry } from '../../../analysis/topology/symmetry.js';
import { nodeSymmetry } from '../../../network/activation-symmetry.js';
import { chainOf } from '../../../network/description.js';
import type { MatrixLayer } from '../../../network/layers.js';
import type { Network } from '../../../network/network.js';
import { rank } from '../../../pruning/ranking.js';
import { rankedLayer } from '../run/student.js';

export interface SubNetwork {
  /** [h x inputs], a row per hidden node */
  readonly incoming: Matrix;
  /** [second width x h] */
  readonly outgoing: Matrix;
  /** Symmetries of the hidden nodes, and of the second hidden ones. */
  readonly symmetries: readonly [NodeSymmetry, NodeSymmetry];
}

/** The effective weights of a network, w = (λ_in - λ_out) φ where it is spectral. */
export function wholeNetwork(network: Network): SubNetwork {
  const matrix = (layer: number, rows: number): Matrix => {
    const values = network.effectiveWeights(layer);
    return { rows, columns: values.length / rows, values };
  };
  const [first, second] = chainOf('show its structure', network.spec).slice(rankedLayer, rankedLayer + 2) as [
    MatrixLayer,
    MatrixLayer,
  ];
  return {
    incoming: matrix(rankedLayer, first.width),
    outgoing: matrix(rankedLayer + 1, second.width),
    symmetries: [nodeSymmetry(first.activation), nodeSymmetry(second.activation)],
  };
}

/**
 * The same function with one sign per node whose activation leaves it free: the one for which the sum of incoming
 * weights is positive. Otherwise strengths, and paths of an even activation, would depend on the initial signs.
 */
export function withPositiveStrengths(network: SubNetwork): SubNetwork {
  const strengths = nodeStrengths(network.incoming, network.outgoing).in;
  return withSigns(network, (node) => ((strengths[node] as number) < 0 ? -1 : 1));
}

/** Hidden nodes with the sign of incoming weights changed, and of outgoing ones where the activation is odd. */
export function withSigns(network: SubNetwork, signOf: (node: number) => 1 | -1): SubNetwork {
  const { parity } = network.symmetries[0];
  if (parity === 'none') return network;
  return withFactors(network, signOf, parity === 'odd' ? signOf : () => 1);
}

/** The `count` most relevant hidden nodes, most relevant first. relevance: [h]; count: 0 to h */
export function mostRelevant(relevance: ArrayLike<number>, count: number): number[] {
  return Array.from(rank(relevance)).reverse().slice(0, count);
}

/** The hidden nodes `nodes` in their order, at least one, with their incoming and outgoing weights. */
export function withNodes(network: SubNetwork, nodes: readonly number[]): SubNetwork {
  const { incoming, outgoing } = network;
  const [inputs, h, second] = [incoming.columns, incoming.rows, outgoing.rows];
  return {
    ...network,
    incoming: {
      rows: nodes.length,
      columns: inputs,
      values: Float64Array.from({ length: nodes.length * inputs }, (_, k) => {
        return incoming.values[(nodes[Math.floor(k / inputs)] as number) * inputs + (k % inputs)] as number;
      }),
    },
    outgoing: {
      rows: second,
      columns: nodes.length,
      values: Float64Array.from({ length: second * nodes.length }, (_, k) => {
        return outgoing.values[
          Math.floor(k / nodes.length) * h + (nodes[k % nodes.length] as number)
        ] as number;
      }),
    },
  };
}

/**
 * The same function with another distribution of scale: the incoming and outgoing weights of each hidden node have one
 * norm. The distribution is arbitrary where a factor commutes with the activation (a in, a^-k out: ReLU, k = 1, has
 * √(‖w_in‖ ‖w_out‖)), and differs between training and teacher. A node without a weight on one side is unchanged, and
 * so is one of another activation.
 */
export function balanced(network: SubNetwork): SubNetwork {
  const { degree } = network.symmetries[0];
  if (degree === null) return network;
  const { incoming, outgoing } = network;
  const [inputs, h] = [incoming.columns, incoming.rows];
  const factors = Float64Array.from({ length: h }, (_, node) => {
    const into = norm(incoming.values, node * inputs, 1, inputs);
    const from = norm(outgoing.values, node, h, outgoing.rows);
    return into > 0 && from > 0 ? (from / into) ** (1 / (degree + 1)) : 1;
  });
  const factor = (node: number) => factors[node] as number;
  return withFactors(network, factor, (node) => factor(node) ** -degree);
}

function withFactors(
  { incoming, outgoing, symmetries }: SubNetwork,
  into: (node: number) => number,
  from: (node: number) => number,
): SubNetwork {
  const scaled = (matrix: Matrix, factor: (k: number) => number): Matrix => ({
    ...matrix,
    values: Float64Array.from(matrix.values, (value, k) => value * factor(k)),
  });
  return {
    incoming: scaled(incoming, (k) => into(Math.floor(k / incoming.columns))),
    outgoing: scaled(outgoing, (k) => from(k % incoming.rows)),
    symmetries,
  };
}

/** Norm of `count` values from `start` on, `stride` apart. */
function norm(values: ArrayLike<number>, start: number, stride: number, count: number): number {
  let squares = 0;
  for (let k = 0; k < count; ++k) squares += (values[start + k * stride] as number) ** 2;
  return Math.sqrt(squares);
}
