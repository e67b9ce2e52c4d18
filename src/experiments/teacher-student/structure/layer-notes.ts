import type { TrialGroup } from '../panels/trial-groups.js';
import { structured } from './chosen-trials.js';

/** States which layer the figures of nodes show, where students have several layers whose nodes are ranked. */
export function layerNotes(groups: readonly TrialGroup[]): string[] {
  const several = groups.some((group) =>
    structured(group).some(({ structure }) => structure.spectralLayers > 1),
  );
  return several
    ? [
        'Every hidden layer of these students is spectral; n_λ, relevance and pruning are here of the first one. The records ' +
          'have the effective sizes of the others (effectiveSizes).',
      ]
    : [];
}
