import { flag, invalid, knownKeys } from '../../arguments.js';
import { checkedMatrix, type Matrix } from './matrix.js';

export interface NodeStrengthOptions {
  /** Whether absolute values are summed, so that weights of both signs do not cancel. Default false. */
  readonly magnitudes?: boolean;
}

export interface NodeStrengths {
  /** [h]; sum of the weights that enter each hidden node */
  readonly in: Float64Array;
  /** [h]; sum of those that leave it */
  readonly out: Float64Array;
}

/**
 * In- and out-strength of the nodes of a hidden layer: the weighted degree (Barrat, Barthelemy, Pastor-Satorras and
 * Vespignani, PNAS 101, 3747, 2004; arXiv 2310.12612 for the surviving sub-network).
 * @param incoming [h x inputs]
 * @param outgoing [outputs x h]
 */
export function nodeStrengths(
  incoming: Matrix,
  outgoing: Matrix,
  options: NodeStrengthOptions = {},
): NodeStrengths {
  knownKeys('nodeStrengths', options, ['magnitudes']);
  const magnitudes = flag('magnitudes', options.magnitudes ?? false);
  const [into, from] = [checkedMatrix('incoming', incoming), checkedMatrix('outgoing', outgoing)];
  if (from.columns !== into.rows)
    throw invalid('outgoing.columns', `${into.rows}, the rows of incoming`, from.columns);
  const strengths = { in: new Float64Array(into.rows), out: new Float64Array(into.rows) };
  const add = (sums: Float64Array, node: number, weight: number) => {
    sums[node] = (sums[node] as number) + (magnitudes ? Math.abs(weight) : weight);
  };
  for (let k = 0; k < into.values.length; ++k)
    add(strengths.in, Math.floor(k / into.columns), into.values[k] as number);
  for (let k = 0; k < from.values.length; ++k) add(strengths.out, k % from.columns, from.values[k] as number);
  return strengths;
}
