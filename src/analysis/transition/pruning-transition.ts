import { denseArray, finiteNumber, invalid } from '../../arguments.js';
import { isList } from '../../kinds.js';
import { bareOptionsCheck, numberFrom, type OptionsOf, optional } from '../../options.js';
import { bootstrapInterval, checkBootstrap, type Interval } from './bootstrap.js';

/**
 * How many times the unpruned loss still counts as the plateau; arbitrary. At the paper's protocol, teacher 20, width 200,
 * two seeds: 1.2 and 1.7 times with 20 nodes kept, 24 and 21 times with 15, so that other factors move it by few nodes.
 */
export const defaultFactor = 2;

/**
 * Where a pruning curve leaves its plateau: the smallest number n of kept nodes from which on, for n and every larger
 * number, the loss is at most `factor` times that of the unpruned network. Subtract the teacher's size to place it on
 * the axis of arXiv 2310.12612.
 * @param losses [h + 1], entry n with n nodes kept. A strongly pruned network may overflow: values that are
 *   not finite are above the plateau. The last must be finite and not negative
 */
export function plateauEdge(losses: ArrayLike<number>, factor = defaultFactor): number {
  return edgeOf('losses', losses, factor);
}

function edgeOf(where: string, losses: ArrayLike<number>, factor: number): number {
  finiteNumber('factor', factor, 1);
  if (!isList(losses) || losses.length < 2)
    throw invalid(where, 'an array of at least two numbers (none kept, ..., all kept)', losses);
  const last = losses.length - 1;
  const plateau = factor * finiteNumber(`${where}[${last}]`, losses[last], 0);
  let edge = last;
  while (edge > 0 && (losses[edge - 1] as number) <= plateau) --edge;
  return edge;
}

/** @internal */
const checkOptions = bareOptionsCheck({
  ...checkBootstrap.each,
  /** See plateauEdge; at least 1, default 2. */
  factor: optional(numberFrom(1), defaultFactor),
});
export interface PruningTransitionOptions extends OptionsOf<typeof checkOptions> {}

export interface PruningTransition extends Interval {
  /** [trials]; plateauEdge of each. */
  readonly edges: number[];
  readonly factor: number;
}

/**
 * The transition in the pruning curves of independent trials: the mean over trials of plateauEdge, in kept nodes, with its
 * bootstrap interval.
 * @param curves one [h + 1] per trial, as pruningCurve gives them
 * @throws invalid_argument as plateauEdge and bootstrapInterval do, naming the trial
 */
export function pruningTransition(
  curves: readonly ArrayLike<number>[],
  options: PruningTransitionOptions,
): PruningTransition {
  const { factor, ...ofBootstrap } = checkOptions('pruningTransition', options);
  denseArray('curves', 'an array of at least one pruning curve', curves);
  if (curves.length === 0) throw invalid('curves', 'an array of at least one pruning curve', curves);
  const edges = curves.map((losses, trial) => edgeOf(`curves[${trial}]`, losses, factor));
  const mean = (values: readonly number[]) =>
    values.reduce((total, value) => total + value, 0) / values.length;
  return { ...bootstrapInterval(edges, mean, ofBootstrap), edges, factor };
}
