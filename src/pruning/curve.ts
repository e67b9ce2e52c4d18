import { effectiveSize, normalize } from '../analysis/effective-size.js';
import { invalid, knownKeys, positiveInteger } from '../arguments.js';
import type { Dataset } from '../network/dataset.js';
import { describe } from '../network/description.js';
import type { Criterion } from './criteria.js';
import { rank } from './ranking.js';
import { type RankingOptions, rankingKeys, type Source, scoreNodes, sweepsLosses } from './source.js';

/** Data loss against the number of kept units of one group of h, nodes or channels (arXiv 2310.12612, pruning figures). */
export interface PruningCurve {
  /** The criterion that ranked the units; 'given' for relevance that the caller gave. */
  readonly criterion: Criterion | 'given';
  readonly layer: number;
  /** [points], ascending: the numbers of kept units at which the loss was measured; without `points` in chains 0, 1, ... h. */
  readonly kept: Uint32Array;
  /**
   * [points]; entry i is the data loss (without penalty) with the kept[i] most relevant units kept: at h the unpruned
   * network's to rounding, at 0 that of a network whose layer outputs only zeros.
   */
  readonly losses: Float64Array;
  /**
   * Forward passes over the data that the losses took: one per point, or 1 where a sweep of rank-one updates gives all of them, as in
   * chains of dense and spectral layers (but on the reference and with executor 'general'). The sweep's pass costs more than a plain
   * one.
   */
  readonly passes: number;
  /** [h], the first removed first. */
  readonly order: Uint32Array;
  /** [h], by unit, divided by its own maximum. */
  readonly relevance: Float64Array;
  /** Units with normalised relevance above 0.05; for another threshold, effectiveSize(curve.relevance, { threshold }). */
  readonly effectiveSize: number;
}

export interface CurveOptions extends RankingOptions {
  /**
   * How many numbers of kept units are measured, at least 2, evenly spaced from 0 to h; all h + 1 where there are no more. Default: all
   * in chains of dense and spectral layers, where one sweep gives them, and where h is at most 16; else 16.
   */
  readonly points?: number;
}

/** Points of a curve whose every point costs a pass over the data; arbitrary: steps of 6 % of the units. */
export const defaultPoints = 16;

/**
 * The loss for numbers of kept units of a group, removed by ascending relevance. A removed unit outputs 0 at the end of its group,
 * whatever its bias, batch norm and activation. In chains of dense and spectral layers one native call gives all numbers at the cost of
 * a few forward passes; other networks take a pass over the data per point, which `passes` counts.
 * @param data what the loss is measured on; test data, if the curve is to be published
 * @throws invalid_argument, data_mismatch; population_busy while the student's population works
 */
export async function pruningCurve(
  source: Source,
  data: Dataset,
  options: CurveOptions = {},
): Promise<PruningCurve> {
  knownKeys('pruningCurve', options, [...rankingKeys, 'points']);
  const { points, ...ranking } = options;
  const { layer, criterion, relevance } = scoreNodes('pruningCurve', source, ranking);
  const order = rank(relevance);
  const kept = keptCounts(source, order.length, points);
  const losses = await source.pruningLosses(layer, order, data, { kept });
  const [normalized] = normalize([relevance], 'trial');
  return {
    criterion,
    layer,
    kept,
    losses,
    passes: passesOf(source, kept),
    order,
    relevance: Float64Array.from(normalized as number[]),
    effectiveSize: effectiveSize(relevance),
  };
}

/** Numbers of kept units, ascending, 0 and h among them. */
export function keptCounts(source: Source, units: number, points: unknown): Uint32Array {
  const all = units + 1;
  const few = describe(source.spec).noChain === undefined || units <= defaultPoints ? all : defaultPoints;
  const count = Math.min(all, points === undefined ? few : positiveInteger('points', points));
  if (count < 2) throw invalid('points', 'at least 2, of which one is the whole network', points);
  return Uint32Array.from({ length: count }, (_, i) => Math.round((i * units) / (count - 1)));
}

function passesOf(source: Source, kept: Uint32Array): number {
  return sweepsLosses(source) ? 1 : kept.length;
}
