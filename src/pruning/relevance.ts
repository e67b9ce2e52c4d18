import { invalid, oneOf } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { describe } from '../network/description.js';
import { checkNetwork, type Network } from '../network/network.js';
import { checkSeed, permutation } from '../network/random.js';
import { type Criterion, criteria } from './criteria.js';
import { memberScores } from './member-scores.js';
import { layerText, type UnitGroup, unitGroupOf } from './unit-groups.js';

export { type Criterion, criteria } from './criteria.js';

/** What a criterion needs beside the network. */
export interface CriterionOptions {
  /** Names the random numbers of criterion `random`, which needs it; no other takes one. */
  readonly seed?: number;
}

/** The paper's where spectral layers alone make the units, `L`, or dense ones alone, `M`; else `relevance`. */
export function defaultCriterion({ spec }: Network, { members }: UnitGroup): Criterion {
  const all = (kind: string) => members.every((layer) => spec.layers[layer]?.kind === kind);
  if (all('spectral')) return 'L';
  return all('dense') ? 'M' : 'relevance';
}

/**
 * Relevance of the h units of a layer and of those that share them, [h], in float64, not normalised: rankings do not need it, and
 * effectiveSize and normalize (src/analysis) do it themselves. The score is the group's, whichever of its layers is given.
 * @param criterion default: `L` where spectral layers alone make the units, `M` where dense ones do, else `relevance`
 * @throws invalid_argument when the layer does not exist, has no units of its own or lacks the tensors of the criterion; diverged
 *   when a relevance is not finite
 */
export function relevance(
  network: Network,
  layer: number,
  criterion?: Criterion,
  options: CriterionOptions = {},
): Float64Array {
  checkNetwork('the first argument of relevance', network);
  const group = unitGroupOf(network.spec, layer);
  const name = oneOf('criterion', criterion ?? defaultCriterion(network, group), criteria);
  checkSeedFor(name, options.seed);
  const scores = score(network, group, name, options);
  const broken = scores.findIndex((value) => !Number.isFinite(value));
  if (broken >= 0) {
    throw new EigenstudentError(
      'diverged',
      `expected finite parameters in layer ${layer} to rank its nodes, received relevance ${scores[broken]} for ` +
        `node ${broken}. Train again with a lower learning rate`,
    );
  }
  return scores;
}

/** @throws invalid_argument for a seed without criterion random, and the other way round */
function checkSeedFor(criterion: Criterion, seed: unknown): void {
  if (criterion === 'random') checkSeed('criterion "random"', seed);
  else if (seed !== undefined)
    throw invalid('seed', `none for criterion "${criterion}", as only "random" draws numbers`, seed);
}

function score(
  network: Network,
  group: UnitGroup,
  criterion: Criterion,
  { seed }: CriterionOptions,
): Float64Array {
  switch (criterion) {
    case 'random':
      return randomScores(group, seed as number);
    case 'batchNormScale':
      return mean(normsOf(network, group).map((layer) => scales(network, layer, group)));
    default:
      return mean(group.members.map((layer) => memberScores(network, layer, criterion)));
  }
}

function mean(each: readonly Float64Array[]): Float64Array {
  return (each[0] as Float64Array).map(
    (_, i) => each.reduce((sum, scores) => sum + (scores[i] as number), 0) / each.length,
  );
}

/** (place + 1) / h in the random order that removalOrder has for the same seed. */
function randomScores({ members, units }: UnitGroup, seed: number): Float64Array {
  const scores = new Float64Array(units);
  const stream = { seed, trial: 0, purpose: 'ranking', part: members[0] as number } as const;
  permutation(stream, units).forEach((unit, place) => {
    scores[unit] = (place + 1) / units;
  });
  return scores;
}

/** @throws invalid_argument where the group has no batch norm */
function normsOf({ spec }: Network, { members, norms }: UnitGroup): readonly number[] {
  if (norms.length > 0) return norms;
  const [first = 0] = members;
  throw new EigenstudentError(
    'invalid_argument',
    `expected a batch norm of the units of ${layerText(spec, first)} for criterion "batchNormScale", received none. ` +
      'Exporters of PyTorch fold it into the layer before it. Use criterion "relevance" or "l1"',
  );
}

/** |scale| of a batch norm, per unit of the group: the mean over all that belong to the unit. [units] */
function scales(network: Network, layer: number, { group, units }: UnitGroup): Float64Array {
  const scale = network.tensor(`layers.${layer}.scale`);
  const found: Float64Array[] = [];
  let first = 0;
  for (const { group: own, units: count, block } of describe(network.spec).layers[layer]?.units ?? []) {
    for (let place = 0; own === group && place < block; ++place) {
      const at = first + place;
      found.push(
        Float64Array.from({ length: units }, (_, unit) => Math.abs(scale[at + unit * block] as number)),
      );
    }
    first += count * block;
  }
  return mean(found);
}
