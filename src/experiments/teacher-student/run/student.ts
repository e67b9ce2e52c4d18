/** Builds the student of a trial. */
import { dense, type Layer, spectral, sum } from '../../../network/layers.js';
import {
  adam,
  adamW,
  constant,
  cosine,
  type Optimizer,
  type Schedule,
  sgd,
  stepDecay,
} from '../../../population/optimizers.js';
import { alternating } from '../../../population/phases.js';
import type { SplitData, StudentOptions } from '../../../population/student-options.js';
import { problemOf } from '../protocol/problem.js';
import type { ArmFields } from '../protocol/schema.js';
import { hiddenLayersOf } from '../protocol/student-schema.js';
import type { StudentProtocol } from '../protocol/trial.js';

/** The layer whose nodes are ranked. */
export const rankedLayer = 0;

/** The other spectral hidden layers, which are ranked too. */
export function furtherRankedLayers({ student }: StudentProtocol): number[] {
  const layers = hiddenLayersOf(student);
  return [...layers.keys()].filter((i) => i !== rankedLayer && layers[i]?.kind === 'spectral');
}

/**
 * Inputs -> hidden layers -> outputs. Both arms have the same spectral layers, so that they start from the same
 * eigenvectors; the direct one keeps its eigenvalues at 1 (and 0), which makes its weights -eigenvectors.
 */
export function studentLayers(protocol: StudentProtocol): Layer[] {
  const { trainable, l1, l2, groupLasso = {}, initialize = {} } = protocol.arm;
  const hidden = hiddenLayersOf(protocol.student).map(({ kind, width, activation, slope }, i) =>
    kind === 'spectral'
      ? spectral(width, {
          ...{ activation, slope, trainable, l1, l2, groupLasso },
          ...(i === rankedLayer && { initialize }),
        })
      : dense(width, { activation, slope }),
  );
  const { outputs, readout } = problemOf(protocol);
  const { outputActivation = 'linear' } = protocol.student;
  return [...hidden, readout === 'sum' ? sum() : dense(outputs, { activation: outputActivation })];
}

export function studentOptions(protocol: StudentProtocol, data: SplitData): StudentOptions {
  const { arm, augment, epochs, seed, trial } = protocol;
  return {
    layers: studentLayers(protocol),
    loss: problemOf(protocol).loss,
    data,
    optimizer: toOptimizer(arm.optimizer),
    batchSize: arm.batchSize,
    augment,
    epochs,
    seed,
    trial,
    phases: arm.alternating ? alternating(arm.alternating.every, arm.alternating.unit) : undefined,
  };
}

/** L is the norm of the incoming weights of a node only where eigenvaluesIn stay 0; M always is (arXiv:2310.12612). */
export function criterionOf({ parametrization, arm }: StudentProtocol): 'L' | 'M' {
  const zero = !arm.trainable.includes('eigenvaluesIn') && (arm.initialize?.eigenvaluesIn ?? 0) === 0;
  return parametrization === 'spectral' && zero ? 'L' : 'M';
}

/** Whether a single factor scales all weights of an input: see inputRelevance. */
export function ranksInputs({ parametrization, arm }: StudentProtocol): boolean {
  const { trainable, initialize } = arm;
  const rests = !trainable.includes('eigenvaluesOut') && initialize?.eigenvaluesOut === 0;
  return parametrization === 'spectral' && rests && trainable.includes('eigenvaluesIn');
}

/** The schema admits exactly one. */
function toOptimizer({
  adam: adamFields,
  adamW: adamWFields,
  sgd: sgdFields,
}: ArmFields['optimizer']): Optimizer {
  if (adamFields) return adam({ ...adamFields, learningRate: toSchedule(adamFields.learningRate) });
  if (adamWFields) return adamW({ ...adamWFields, learningRate: toSchedule(adamWFields.learningRate) });
  if (sgdFields) return sgd({ ...sgdFields, learningRate: toSchedule(sgdFields.learningRate) });
  throw new TypeError('a checked protocol has an optimizer');
}

type LearningRate = NonNullable<ArmFields['optimizer']['sgd']>['learningRate'];

function toSchedule(rate: LearningRate): Schedule {
  if (typeof rate === 'number') return constant(rate);
  if (rate.stepDecay) {
    const { base, ...options } = rate.stepDecay;
    return stepDecay(base, options);
  }
  if (rate.cosine) {
    const { base, ...options } = rate.cosine;
    return cosine(base, options);
  }
  throw new TypeError('a checked protocol has one schedule');
}
