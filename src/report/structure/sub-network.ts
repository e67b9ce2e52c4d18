/** The two hidden layers of a teacher or a student, as matrices. */
import type { Matrix } from '../../analysis/topology/matrix.js';
import type { Network } from '../../network/network.js';
import { rank } from '../../pruning/ranking.js';
import { rankedLayer } from '../../sweep/run/student.js';

export interface SubNetwork {
  /** [h x inputs], a row per hidden node */
  readonly incoming: Matrix;
  /** [second width x h] */
  readonly outgoing: Matrix;
}

/** The weights that a network applies, w = (λ_in - λ_out) φ where it is spectral. */
export function wholeNetwork(network: Network): SubNetwork {
  const matrix = (layer: number, rows: number): Matrix => {
    const values = network.effectiveWeights(layer);
    return { rows, columns: values.length / rows, values };
  };
  const [first, second] = [rankedLayer, rankedLayer + 1].map(
    (layer) => network.spec.layers[layer]?.width ?? 0,
  );
  return {
    incoming: matrix(rankedLayer, first as number),
    outgoing: matrix(rankedLayer + 1, second as number),
  };
}

/** The `count` most relevant hidden nodes, most relevant first. relevance: [h]; count: 0 to h */
export function mostRelevant(relevance: ArrayLike<number>, count: number): number[] {
  return Array.from(rank(relevance)).reverse().slice(0, count);
}

/** The hidden nodes `nodes` in their order, at least one, with what enters and leaves them. */
export function withNodes({ incoming, outgoing }: SubNetwork, nodes: readonly number[]): SubNetwork {
  const [inputs, h, second] = [incoming.columns, incoming.rows, outgoing.rows];
  return {
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
 * The same function of ReLU nodes with another share of scale: of each hidden node what enters and what leaves have one norm,
 * √(‖w_in‖ ‖w_out‖). The share is arbitrary, as a factor moves through a ReLU, and differs between training and teacher. A node
 * without a weight on one side stays as it is.
 */
export function balanced({ incoming, outgoing }: SubNetwork): SubNetwork {
  const [inputs, h] = [incoming.columns, incoming.rows];
  const factors = Float64Array.from({ length: h }, (_, node) => {
    const into = norm(incoming.values, node * inputs, 1, inputs);
    const from = norm(outgoing.values, node, h, outgoing.rows);
    return into > 0 && from > 0 ? Math.sqrt(from / into) : 1;
  });
  const scaled = (matrix: Matrix, factor: (k: number) => number): Matrix => ({
    ...matrix,
    values: Float64Array.from(matrix.values, (value, k) => value * factor(k)),
  });
  return {
    incoming: scaled(incoming, (k) => factors[Math.floor(k / inputs)] as number),
    outgoing: scaled(outgoing, (k) => 1 / (factors[k % h] as number)),
  };
}

/** Of `count` values from `start` on, `stride` apart. */
function norm(values: ArrayLike<number>, start: number, stride: number, count: number): number {
  let squares = 0;
  for (let k = 0; k < count; ++k) squares += (values[start + k * stride] as number) ** 2;
  return Math.sqrt(squares);
}
