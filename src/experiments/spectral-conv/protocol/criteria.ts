/** Which criteria rank the channels of an arm. */
import { type ArmName, hasBatchNorm } from './schema.js';

export const criterionNames = ['eigenvalue', 'relevance', 'l1', 'batchNormScale', 'random'] as const;
export type CriterionName = (typeof criterionNames)[number];

/** Eigenvalues rank only where they are trained, scales only where there are batch norms. */
export function criteriaOf(arm: ArmName): CriterionName[] {
  return criterionNames.filter((criterion) => {
    if (criterion === 'eigenvalue') return arm.startsWith('spectral');
    return criterion !== 'batchNormScale' || hasBatchNorm(arm);
  });
}

/** The criterion by which an arm is meant to be pruned, which the figure draws. */
export function ownCriterionOf(arm: ArmName): CriterionName {
  switch (arm) {
    case 'spectral':
    case 'spectralBn':
      return 'eigenvalue';
    case 'slimBn':
      return 'batchNormScale';
    case 'lasso':
      return 'relevance';
    case 'direct':
    case 'directBn':
      return 'l1';
  }
}
