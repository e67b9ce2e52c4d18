/** Training of the spectral layers of an arm: optimiser, schedules, penalties, phases. */
import { z } from 'zod';
import {
  decay,
  exactlyOne,
  expected,
  name,
  nonNegativeNumber,
  positiveInteger,
  positiveNumber,
  strict,
  trueOrFalse,
} from '../../../protocol/protocol-fields.js';

/** Tensors of a spectral layer. */
export const tensorNames = ['eigenvectors', 'eigenvaluesIn', 'eigenvaluesOut'] as const;
export type SpectralTensorName = (typeof tensorNames)[number];

const base = nonNegativeNumber.describe('Initial learning rate, without warm-up.');
const warmup = nonNegativeNumber
  .default(0)
  .describe('Epochs in which the learning rate is multiplied by a factor that rises linearly to 1.');
const learningRate = z
  .union(
    [
      nonNegativeNumber,
      exactlyOne({
        stepDecay: strict({
          base,
          every: positiveNumber.describe('Epochs between two steps.'),
          factor: nonNegativeNumber.describe('Factor of the learning rate at each step.'),
          warmup,
        })
          .exactOptional()
          .describe('In steps: base × factor^floor(epoch / every).'),
        cosine: strict({
          base,
          total: positiveNumber.describe('Epochs until the learning rate reaches `minimum`.'),
          minimum: nonNegativeNumber.default(0).describe('The learning rate at the end.'),
          warmup,
        })
          .exactOptional()
          .describe(
            'Along a half cosine: minimum + (base − minimum) (1 + cos(π min(epoch / total, 1))) / 2.',
          ),
      }),
    ],
    expected('a finite number of at least 0, or { stepDecay: ... } or { cosine: ... }'),
  )
  .describe('A constant learning rate, or exactly one of the two schedules below.');

const adamFields = {
  learningRate,
  beta1: decay.default(0.9).describe('Decay of the mean of the gradients.'),
  beta2: decay.default(0.999).describe('Decay of the mean of the squared gradients.'),
  epsilon: positiveNumber
    .default(1e-7)
    .describe("Added to the root of the second moment. The default is Keras', as in the paper's code."),
};
const optimizer = exactlyOne({
  adam: strict(adamFields).exactOptional().describe('Adam.'),
  adamW: strict({
    ...adamFields,
    weightDecay: nonNegativeNumber.default(0.01).describe('Decoupled weight decay, per step.'),
  })
    .exactOptional()
    .describe('Adam with decoupled weight decay.'),
  sgd: strict({
    learningRate,
    momentum: decay.default(0).describe('Decay of the velocity.'),
    nesterov: trueOrFalse.default(false).describe('Nesterov momentum.'),
  })
    .exactOptional()
    .describe('Stochastic gradient descent.'),
}).describe('Exactly one of the optimisers below.');

const number = z.number(expected('a finite number'));

const perTensor = strict({
  eigenvectors: nonNegativeNumber.default(0).describe('Coefficient of the eigenvectors.'),
  eigenvaluesIn: nonNegativeNumber.default(0).describe('Coefficient of the eigenvalues of the inputs.'),
  eigenvaluesOut: nonNegativeNumber.default(0).describe('Coefficient of the eigenvalues of the outputs.'),
}).prefault({});

/** Training of the spectral layers of one parametrisation. The dense ones have no penalty. */
export function armSchema(allowed: readonly SpectralTensorName[], trainedByDefault: SpectralTensorName[]) {
  return strict({
    trainable: z
      .array(name(tensorNames), expected('a list of tensors'))
      .min(1, expected('at least one tensor'))
      .default(trainedByDefault)
      .describe(
        `Tensors of the spectral layers that are trained, of ${allowed.join(', ')}. The others keep their initial values.`,
      ),
    l1: perTensor.describe('L1 penalties: coefficient times the sum of the absolute values.'),
    l2: perTensor.describe('L2 penalties: coefficient times the sum of the squares.'),
    groupLasso: strict({
      eigenvectors: nonNegativeNumber.describe('Coefficient of the rows of the eigenvectors.'),
    })
      .exactOptional()
      .describe(
        'Group lasso: coefficient times the sum of the norms of the rows, which are the incoming weights of the nodes. Absent: none.',
      ),
    initialize: strict({
      eigenvaluesIn: number.exactOptional().describe('Initial value of each of `eigenvaluesIn`.'),
      eigenvaluesOut: number.exactOptional().describe('Initial value of each of `eigenvaluesOut`.'),
    })
      .exactOptional()
      .describe(
        'Initial eigenvalues of the first layer. Absent: `eigenvaluesIn` at 0, `eigenvaluesOut` at 1.',
      ),
    optimizer,
    batchSize: positiveInteger.describe('Samples per training step.'),
    alternating: strict({
      every: positiveInteger.describe('Length of each phase.'),
      unit: name(['steps', 'epochs']).default('steps').describe('What `every` counts.'),
    })
      .nullable()
      .default(null)
      .describe(
        "The paper's variant: alternately, eigenvectors and eigenvalues are frozen for `every` steps (or epochs). null: both are trained together.",
      ),
  }).superRefine((value, context) => {
    const refuse = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message });
    value.trainable.forEach((tensor, i) => {
      if (!allowed.includes(tensor))
        refuse(
          ['trainable', i],
          `expected ${allowed.join(' or ')}, received "${tensor}": this arm keeps it frozen`,
        );
    });
    if (value.initialize && !allowed.includes('eigenvaluesIn'))
      refuse(['initialize'], 'expected none: this arm keeps eigenvaluesIn at 0 and eigenvaluesOut at 1');
    for (const penalty of ['l1', 'l2', 'groupLasso'] as const) {
      const factors: Partial<Record<SpectralTensorName, number>> = value[penalty] ?? {};
      for (const tensor of tensorNames) {
        if (!factors[tensor] || value.trainable.includes(tensor)) continue;
        refuse([penalty, tensor], `expected 0, received ${factors[tensor]}: ${tensor} is not trained`);
      }
    }
  });
}
