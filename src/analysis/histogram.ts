import { finiteNumber, invalid, knownKeys, positiveInteger } from '../arguments.js';
import { finiteNumbers } from './numbers.js';

export interface HistogramOptions {
  /** Number of bins, all of one width. */
  readonly bins: number;
  /** First and last edge. */
  readonly range: readonly [number, number];
}

export interface Histogram {
  /** [bins + 1], ascending */
  readonly edges: number[];
  /** [bins]; bin k counts edges[k] <= value < edges[k + 1], the last one also its right edge (NumPy's rule). */
  readonly counts: number[];
  /** [bins]; counts / (counted values * bin width), so that it integrates to 1; all 0 when nothing was counted. */
  readonly density: number[];
  /** How many values lay outside the range and were not counted. */
  readonly outside: number;
}

/** Histogram of `values` [n] over a given range, e.g. of normalised relevance over [0, 1] (arXiv 2310.12612). */
export function histogram(values: ArrayLike<number>, options: HistogramOptions): Histogram {
  knownKeys('histogram', options, ['bins', 'range']);
  const bins = positiveInteger('bins', options.bins);
  const [low, high] = checkedRange(options.range);
  const edges = Array.from({ length: bins + 1 }, (_, k) => edge(low, high, k, bins));
  const counts = new Array<number>(bins).fill(0);
  let counted = 0;
  const numbers = finiteNumbers('values', values);
  for (const value of numbers) {
    if (value < low || value > high) continue;
    const bin = binOf(value, edges);
    counts[bin] = (counts[bin] as number) + 1;
    ++counted;
  }
  const area = (counted * (high - low)) / bins;
  const density = counts.map((count) => (counted === 0 ? 0 : count / area));
  return { edges, counts, density, outside: numbers.length - counted };
}

/** Exact at both ends, whatever the rounding in between. */
function edge(low: number, high: number, k: number, bins: number): number {
  return k === bins ? high : low + (high - low) * (k / bins);
}

/** edges: [bins + 1]; the value lies within them. */
function binOf(value: number, edges: readonly number[]): number {
  const last = edges.length - 2;
  const low = edges[0] as number;
  const high = edges[last + 1] as number;
  let bin = Math.min(last, Math.floor(((value - low) / (high - low)) * (last + 1)));
  // The quotient may round across an edge, so the value is compared with the edges.
  while (bin > 0 && value < (edges[bin] as number)) --bin;
  while (bin < last && value >= (edges[bin + 1] as number)) ++bin;
  return bin;
}

function checkedRange(range: readonly [number, number]): readonly [number, number] {
  if (!Array.isArray(range) || range.length !== 2)
    throw invalid('range', 'an array of two numbers, [first, last edge]', range);
  const low = finiteNumber('range[0]', range[0]);
  const high = finiteNumber('range[1]', range[1]);
  if (high <= low) throw invalid('range[1]', `a number above range[0] (${low})`, high);
  return [low, high];
}
