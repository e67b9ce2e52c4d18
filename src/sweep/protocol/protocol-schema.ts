/** Every field of a protocol, its limits, and its default: the only place where these stand. */
import { z } from 'zod';
import { activations } from '../../network/layers.js';
import {
  decay,
  exactlyOne,
  expected,
  name,
  nonNegativeInteger,
  nonNegativeNumber,
  oneOrMore,
  positiveInteger,
  positiveNumber,
  strict,
  trueOrFalse,
} from './protocol-fields.js';

export const parametrizations = ['spectral', 'direct'] as const;
export type Parametrization = (typeof parametrizations)[number];

const tensorNames = ['eigenvectors', 'eigenvaluesIn', 'eigenvaluesOut'] as const;
export type SpectralTensorName = (typeof tensorNames)[number];

const teacher = strict({
  /** inputs -> teacherSize (relu) -> secondWidth (relu) -> 1, frozen (PAPER.md). */
  kind: name(['paper']).default('paper'),
  inputs: positiveInteger.default(10),
  teacherSize: oneOrMore(positiveInteger, 'a positive integer'),
  secondWidth: positiveInteger.default(20),
  seed: nonNegativeInteger.default(0),
});

const data = strict({
  train: positiveInteger.default(8000),
  validation: positiveInteger.default(2000),
  test: positiveInteger.default(10_000),
});

const student = strict({
  width: oneOrMore(positiveInteger, 'a positive integer'),
  secondWidth: positiveInteger.default(20),
  activation: name(activations).default('relu'),
});

const warmup = nonNegativeNumber.default(0);
const learningRate = z.union(
  [
    nonNegativeNumber,
    exactlyOne({
      stepDecay: strict({
        base: nonNegativeNumber,
        every: positiveNumber,
        factor: nonNegativeNumber,
        warmup,
      }).exactOptional(),
      cosine: strict({
        base: nonNegativeNumber,
        total: positiveNumber,
        minimum: nonNegativeNumber.default(0),
        warmup,
      }).exactOptional(),
    }),
  ],
  expected('a finite number of at least 0, or { stepDecay: ... } or { cosine: ... }'),
);

const adamFields = {
  learningRate,
  beta1: decay.default(0.9),
  beta2: decay.default(0.999),
  /** Keras' default, as in the paper's code. */
  epsilon: positiveNumber.default(1e-7),
};
const optimizer = exactlyOne({
  adam: strict(adamFields).exactOptional(),
  adamW: strict({ ...adamFields, weightDecay: nonNegativeNumber.default(0.01) }).exactOptional(),
  sgd: strict({
    learningRate,
    momentum: decay.default(0),
    nesterov: trueOrFalse.default(false),
  }).exactOptional(),
});

const perTensor = strict({
  eigenvectors: nonNegativeNumber.default(0),
  eigenvaluesIn: nonNegativeNumber.default(0),
  eigenvaluesOut: nonNegativeNumber.default(0),
}).prefault({});

/** How the first layer of one parametrisation is trained. The second layer is dense, without penalty. */
function arm(allowed: readonly SpectralTensorName[], trainedByDefault: SpectralTensorName[]) {
  return strict({
    trainable: z
      .array(name(tensorNames), expected('a list of tensors'))
      .min(1, expected('at least one tensor'))
      .default(trainedByDefault),
    l1: perTensor,
    l2: perTensor,
    optimizer,
    batchSize: positiveInteger,
    /** The paper's variant: eigenvectors rest, then eigenvalues rest, `every` steps (or epochs) each; null: together. */
    alternating: strict({ every: positiveInteger, unit: name(['steps', 'epochs']).default('steps') })
      .nullable()
      .default(null),
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
    for (const penalty of ['l1', 'l2'] as const) {
      for (const tensor of tensorNames) {
        if (value[penalty][tensor] === 0 || value.trainable.includes(tensor)) continue;
        refuse([penalty, tensor], `expected 0, received ${value[penalty][tensor]}: ${tensor} is not trained`);
      }
    }
  });
}

const arms = strict({
  spectral: arm(tensorNames, ['eigenvectors', 'eigenvaluesOut']).exactOptional(),
  direct: arm(['eigenvectors'], ['eigenvectors']).exactOptional(),
}).refine((value) => value.spectral !== undefined || value.direct !== undefined, {
  error: 'expected at least one of spectral, direct, received none',
});

const evaluation = strict({
  /** Points of the loss history of a trial. */
  points: positiveInteger.default(50),
  /** Normalised relevance above which a node counts (paper: 0.05). */
  threshold: z
    .number(expected('a number between 0 and 1'))
    .min(0, expected('a number between 0 and 1'))
    .max(1, expected('a number between 0 and 1'))
    .default(0.05),
}).prefault({});

export const protocolSchema = strict({
  teacher,
  data: data.prefault({}),
  student,
  arms,
  epochs: positiveInteger,
  trials: positiveInteger.max(2 ** 32 - 1, expected('at most 4294967295 trials')),
  seed: nonNegativeInteger,
  dtype: name(['float32', 'float64']).default('float32'),
  evaluation,
});

/** An experiment with every default written out. */
export type Protocol = z.output<typeof protocolSchema>;
/** What a user writes. */
export type ProtocolInput = z.input<typeof protocolSchema>;
export type Arm = NonNullable<Protocol['arms'][Parametrization]>;

/** JSON Schema of the YAML file, for editors that complete and check it. */
export function protocolJsonSchema(): object {
  return z.toJSONSchema(protocolSchema, { io: 'input' });
}
