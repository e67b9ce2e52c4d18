/** Selects the candidate of `prune MODEL` that is best on validation data after the cut. */
import { EigenstudentError } from '../../errors.js';
import { toSpectral } from '../../exchange/to-spectral.js';
import type { Dataset } from '../../network/dataset.js';
import type { Network } from '../../network/network.js';
import { checkHowFar } from '../../pruning/how-far.js';
import { isAsGood, type Metric, measure, worstAllowed } from '../../pruning/metric.js';
import { type PrunedNetwork, pruneNetwork } from '../../pruning/prune-network.js';
import type { ModelData } from '../model-data.js';
import { type Candidate, penaltyText } from './candidates.js';
import type { PruneModelOptions } from './options.js';
import type { Penalties } from './penalties.js';

/** The result of one candidate. */
export interface CandidateResult {
  /** null: the original model. */
  readonly l2: Penalties | null;
  /** The metric on validation data before anything is removed; null without validation data. */
  readonly whole: number | null;
  /**
   * Number of hidden nodes that are kept; null where it was not cut, as it exceeds --max-degradation before any
   * removal.
   */
  readonly nodes: number | null;
  /** The metric on validation data after the cut. */
  readonly after: number | null;
  readonly chosen: boolean;
}

export interface Chosen {
  readonly candidate: Candidate;
  readonly pruned: PrunedNetwork;
  readonly tried: readonly CandidateResult[];
}

/** The data and metric by which cuts are compared. Absent without validation data. */
interface Judge {
  readonly data: Dataset;
  readonly metric: Metric;
  /** The metric of the original model. */
  readonly reference: number;
}

interface Attempt {
  readonly candidate: Candidate;
  readonly whole: number | null;
  readonly pruned: PrunedNetwork | null;
  readonly after: number | null;
}

/**
 * With --max-degradation the candidate that keeps the fewest hidden nodes within the bound, and of these the one with
 * the best metric; otherwise the one with the best metric after the cut. Of equal ones the first. Validation data alone
 * decide.
 * @param data with the training data of --recalibrate; null without any
 * @param model the original model: its metric is measured before anything is changed, and --max-degradation refers to
 *   it
 * @throws as pruneNetwork; invalid_argument when the only candidate exceeds the bound
 */
export async function chooseCut(
  model: Network,
  candidates: readonly Candidate[],
  data: { readonly parts: ModelData['parts']; readonly metric: Metric } | null,
  options: PruneModelOptions,
): Promise<Chosen> {
  const validation = data?.parts.validation?.data;
  const judge: Judge | undefined =
    validation && data
      ? { data: validation, metric: data.metric, reference: await measure(model, validation, data.metric) }
      : undefined;
  const training = options.recalibrate ? data?.parts.train?.data : undefined;
  const attempts: Attempt[] = [];
  for (const candidate of candidates) attempts.push(await attempt(candidate, judge, training, options));
  if (attempts.every(({ pruned }) => pruned === null))
    throw destroyed(attempts[0] as Attempt, judge as Judge, options.maxDegradation as number);
  const best = attempts.reduce((one, other) => (isBetter(other, one, judge, options) ? other : one));
  const tried = attempts.map(({ candidate, pruned, ...rest }, i) => ({
    l2: candidate.l2,
    whole: rest.whole,
    nodes: pruned && nodesOf(pruned),
    after: rest.after,
    chosen: attempts[i] === best,
  }));
  return { candidate: best.candidate, pruned: best.pruned as PrunedNetwork, tried };
}

/** Checks the options of the cut on the model as it came; one by --max-degradation without its data. @throws as pruneNetwork */
export async function checkCut(model: Network, options: PruneModelOptions): Promise<void> {
  const { keep, percentile, maxDegradation, scope, leave, round, criterion } = options;
  checkHowFar({ keep, percentile, maxDegradation });
  await pruneNetwork(rankable({ network: model, l2: null }, criterion), {
    ...{ scope, leave, round, keep, ...rankingOf(options) },
    percentile: maxDegradation === undefined ? percentile : 0,
  });
}

async function attempt(
  candidate: Candidate,
  judge: Judge | undefined,
  training: Dataset | undefined,
  options: PruneModelOptions,
): Promise<Attempt> {
  const { maxDegradation, scope, keep, percentile, leave, round } = options;
  const of = async (one: Network) => judge && measure(one, judge.data, judge.metric);
  const whole = (await of(candidate.network)) ?? null;
  if (judge && maxDegradation !== undefined) {
    const bound = worstAllowed(judge.metric, judge.reference, maxDegradation);
    if (!isAsGood(judge.metric, whole as number, bound))
      return { candidate, whole, pruned: null, after: null };
  }
  const pruned = await pruneNetwork(rankable(candidate, options.criterion), {
    ...{ scope, keep, percentile, leave, round, recalibrate: training, ...rankingOf(options) },
    ...(maxDegradation !== undefined && { maxDegradation, ...judge }),
  });
  return { candidate, whole, pruned, after: (await of(pruned.network)) ?? null };
}

/** The criterion, with the seed where it draws numbers; the default seed is 0. */
export function rankingOf({ criterion, seed = 0 }: PruneModelOptions) {
  return { criterion, ...(criterion === 'random' && { seed }) };
}

/**
 * The original model is compared with spectral networks, and is ranked as they are where a criterion requires
 * eigenvalues.
 */
export function rankable({ network, l2 }: Candidate, criterion: string | undefined): Network {
  return l2 === null && (criterion === 'L' || criterion === 'eigenvalue') ? toSpectral(network) : network;
}

function isBetter(
  one: Attempt,
  other: Attempt,
  judge: Judge | undefined,
  options: PruneModelOptions,
): boolean {
  if (one.pruned === null || other.pruned === null) return other.pruned === null && one.pruned !== null;
  const fewer = nodesOf(other.pruned) - nodesOf(one.pruned);
  if (options.maxDegradation !== undefined && fewer !== 0) return fewer > 0;
  if (judge === undefined || one.after === other.after) return false;
  return isAsGood(judge.metric, one.after as number, other.after as number);
}

function nodesOf({ layers }: PrunedNetwork): number {
  return layers.reduce((sum, { after }) => sum + after, 0);
}

/** The error when fine-tuning under the given penalties exceeds the bound by itself. */
function destroyed(
  { candidate, whole }: Attempt,
  { metric, reference }: Judge,
  maxDegradation: number,
): EigenstudentError {
  const bound = worstAllowed(metric, reference, maxDegradation).toPrecision(4);
  const penalties = candidate.l2 === null ? '' : ` under --l2 ${penaltyText(candidate.l2)}`;
  return new EigenstudentError(
    'invalid_argument',
    `expected a validation ${metric} of ${metric === 'loss' ? 'at most' : 'at least'} ${bound} after fine-tuning${penalties}, before ` +
      `anything is removed (the model as it came has ${reference.toPrecision(4)}), received ${whole?.toPrecision(4)}. The ` +
      'penalties cost more than --max-degradation allows: leave out --l2, which then tries weaker ones, or give weaker ones, or ' +
      'allow more',
  );
}
