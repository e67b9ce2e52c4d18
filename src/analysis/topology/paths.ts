import { invalid, positiveInteger } from '../../arguments.js';
import { finiteNumbers } from '../numbers.js';
import { quantileOfSorted } from '../percentile.js';
import { checkedLayers, type Matrix } from './matrix.js';

/** 0.8 GB of float64; arbitrary. */
const mostPaths = 1e8;

/**
 * The strength of every path through a network: the product of the weights along it, for all of N_0 x N_1 x ... x N_L paths
 * (arXiv 2310.12612: w1_ij w2_jk over input, hidden and second hidden nodes), ascending.
 * @param layers at least one, from the input up
 * @returns [N_0 N_1 ... N_L]
 * @throws invalid_argument for layers that do not fit onto each other, and more than 10^8 paths
 */
export function pathValues(layers: readonly Matrix[]): Float64Array {
  const checked = checkedLayers('layers', layers);
  const inputs = checked[0]?.columns as number;
  const count = checked.reduce((product, { rows }) => product * rows, inputs);
  if (count > mostPaths)
    throw invalid('layers', `at most ${mostPaths} paths`, count, 'Prune the network, or take fewer layers');
  // Products of the paths that end in each node of the current layer; for an input: 1.
  let arriving = Array.from({ length: inputs }, () => Float64Array.of(1));
  for (const { rows, columns, values } of checked) {
    arriving = Array.from({ length: rows }, (_, i) =>
      joined(arriving, (j) => values[i * columns + j] as number),
    );
  }
  return joined(arriving, () => 1).sort();
}

/** All lists in one, each times its factor. */
function joined(
  lists: readonly Float64Array[],
  factor: (index: number) => number,
): Float64Array<ArrayBuffer> {
  const all = new Float64Array(lists.reduce((total, list) => total + list.length, 0));
  let next = 0;
  for (const [index, list] of lists.entries()) {
    const scale = factor(index);
    for (const value of list) all[next++] = scale * value;
  }
  return all;
}

/**
 * `values` [n] in any order as a curve of `points` numbers: their quantiles at 0, 1/(points-1), ..., 1, by linear
 * interpolation between the sorted values. So that the sorted paths of networks of different widths can be averaged and
 * compared (arXiv 2310.12612, path analysis).
 * @param points at least 2
 * @returns [points], ascending, from the smallest value to the largest; a single value is repeated
 */
export function resampleSorted(values: ArrayLike<number>, points: number): Float64Array {
  const sorted = finiteNumbers('values', values).sort();
  if (positiveInteger('points', points) < 2) throw invalid('points', 'an integer of at least 2', points);
  return Float64Array.from({ length: points }, (_, k) => quantileOfSorted(sorted, k, points - 1));
}
