/** Pruning curves of other orders than that of relevance, where the protocol asks for them. */
import type { Splits } from '../data/splits.js';
import type { Network } from '../network/network.js';
import type { Student } from '../population/student.js';
import type { TrialProtocol } from '../protocol/trials.js';
import { type Ranking, removalOrder } from '../pruning/rankings.js';
import type { RankedLosses } from '../runs/trial-arrays.js';
import { retryOnceIfInterrupted } from './retry-once.js';
import { rankedLayer } from './student.js';

/**
 * Test losses by ranking, each [h + 1]; the oracle looks at validation data. Where eigenvaluesOut do not train they are all
 * alike, and there is no ranking by them.
 */
export async function rankedLosses(
  protocol: TrialProtocol,
  student: Student,
  network: Network,
  { validation, test }: Splits,
): Promise<RankedLosses> {
  const losses: Partial<Record<Ranking, Float64Array>> = {};
  for (const ranking of protocol.evaluation.rankings ?? []) {
    if (ranking === 'eigenvalue' && !protocol.arm.trainable.includes('eigenvaluesOut')) continue;
    const order = await removalOrder(network, {
      layer: rankedLayer,
      ...sourceOf(ranking, protocol, validation),
    });
    losses[ranking] = await retryOnceIfInterrupted(() => student.pruningLosses(rankedLayer, order, test));
  }
  return losses;
}

function sourceOf(ranking: Ranking, { seed, trial }: TrialProtocol, validation: Splits['validation']) {
  if (ranking === 'random') return { ranking, seed, trial };
  return ranking === 'oracle' ? { ranking, data: validation } : { ranking };
}
