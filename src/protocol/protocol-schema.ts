/**
 * Every field of a protocol, its limits, its default and its meaning: the only place where these stand. They are written for
 * one value of each; that a field may also be a list or a spacing of values is added by axes.ts, for all of them alike.
 * `npm run docs:protocol` writes docs/protocol.md from them.
 */
import { z } from 'zod';
import { activations } from '../network/layers.js';
import { rankings } from '../pruning/rankings.js';
import { fileDataSchema, isFromFiles } from './file-data.js';
import { fileTeacherSchema, teacherKind } from './file-teacher.js';
import {
  decay,
  exactlyOne,
  expected,
  name,
  nonNegativeInteger,
  nonNegativeNumber,
  positiveInteger,
  positiveNumber,
  strict,
  trueOrFalse,
} from './protocol-fields.js';
import type { Spacing } from './spacing.js';

/** Names of the arms of an experiment. */
export const parametrizations = ['spectral', 'direct'] as const;
export type Parametrization = (typeof parametrizations)[number];

const tensorNames = ['eigenvectors', 'eigenvaluesIn', 'eigenvaluesOut'] as const;
export type SpectralTensorName = (typeof tensorNames)[number];

const teacher = strict({
  kind: teacherKind('paper')
    .default('paper')
    .describe('`paper`: the network inputs -> teacherSize -> secondWidth -> 1 with random weights, frozen'),
  inputs: positiveInteger.default(10).describe('Inputs of the teacher and of the students.'),
  teacherSize: positiveInteger.describe('Nodes of the first hidden layer, h_T in the paper.'),
  secondWidth: positiveInteger.default(20).describe('Nodes of the second hidden layer.'),
  seed: nonNegativeInteger.default(0).describe('Seed of the weights of the teacher.'),
  activation: name(activations).exactOptional().describe('Activation of the hidden layers. Absent: `relu`.'),
  thirdWidth: positiveInteger
    .exactOptional()
    .describe('Nodes of a third hidden layer, after the second. Absent: there is none.'),
}).describe('A network with random weights');

const data = strict({
  train: positiveInteger.default(8000).describe('Samples that a student is trained on.'),
  validation: positiveInteger.default(2000).describe('Samples that are evaluated while a student trains.'),
  test: positiveInteger.default(10_000).describe('Samples that are evaluated once, after training.'),
  sharedSeed: trueOrFalse
    .exactOptional()
    .describe(
      'true, as the published code does by a seed that it sets too late: every direct trial has the same data, those of no ' +
        'spectral trial, and is tested on the inputs that it was trained on. Absent or false: data of its own for each trial.',
    ),
}).describe('Standard normal inputs');

const student = strict({
  width: positiveInteger.describe('Nodes of the first hidden layer, h in the paper.'),
  secondWidth: positiveInteger.default(20).describe('Nodes of the second hidden layer.'),
  activation: name(activations).default('relu').describe('Activation of the hidden layers.'),
  thirdWidth: positiveInteger
    .exactOptional()
    .describe('Nodes of a third hidden layer, after the second. Absent: there is none.'),
  spectralLayers: name(['first', 'all'])
    .exactOptional()
    .describe(
      'Which hidden layers are spectral, all trained as the arm says; the others are dense. Absent: the first.',
    ),
  outputActivation: name(['linear', 'sigmoid'])
    .exactOptional()
    .describe(
      'Activation of the outputs, where numbers are learned by a read-out that trains. Absent: linear.',
    ),
});

const base = nonNegativeNumber.describe('The learning rate at the start, warm-up aside.');
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
          factor: nonNegativeNumber.describe('What the learning rate is multiplied by at each step.'),
          warmup,
        })
          .exactOptional()
          .describe('In steps: base × factor^floor(epoch / every).'),
        cosine: strict({
          base,
          total: positiveNumber.describe('Epochs until the learning rate is at `minimum`.'),
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

/** How the spectral layers of one parametrisation are trained. The dense ones have no penalty. */
function arm(allowed: readonly SpectralTensorName[], trainedByDefault: SpectralTensorName[]) {
  return strict({
    trainable: z
      .array(name(tensorNames), expected('a list of tensors'))
      .min(1, expected('at least one tensor'))
      .default(trainedByDefault)
      .describe(
        `Tensors of the spectral layers that are trained, of ${allowed.join(', ')}. The others keep their first values.`,
      ),
    l1: perTensor.describe('L1 penalties: coefficient times the sum of the absolute values.'),
    l2: perTensor.describe('L2 penalties: coefficient times the sum of the squares.'),
    groupLasso: strict({
      eigenvectors: nonNegativeNumber.describe('Coefficient of the rows of the eigenvectors.'),
    })
      .exactOptional()
      .describe(
        'Group lasso: coefficient times the sum of the norms of the rows, of what enters each node. Absent: none.',
      ),
    initialize: strict({
      eigenvaluesIn: number.exactOptional().describe('First value of each of `eigenvaluesIn`.'),
      eigenvaluesOut: number.exactOptional().describe('First value of each of `eigenvaluesOut`.'),
    })
      .exactOptional()
      .describe(
        'Where the eigenvalues of the first layer start. Absent: `eigenvaluesIn` at 0, `eigenvaluesOut` at 1.',
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
        "The paper's variant: eigenvectors rest, then eigenvalues rest, `every` steps (or epochs) each. null: together.",
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

const arms = strict({
  spectral: arm(tensorNames, ['eigenvectors', 'eigenvaluesOut'])
    .exactOptional()
    .describe('Eigenvectors and eigenvalues are trained.'),
  direct: arm(['eigenvectors'], ['eigenvectors'])
    .exactOptional()
    .describe(
      'The usual training: of eigenvectors alone, which are the weights but for their sign. `initialize` is refused.',
    ),
})
  .refine((value) => value.spectral !== undefined || value.direct !== undefined, {
    error: 'expected at least one of spectral, direct, received none',
  })
  .describe('The parametrisations that are trained, at least one.');

const evaluation = strict({
  points: positiveInteger.default(50).describe('Points of the loss history of a trial.'),
  threshold: z
    .number(expected('a number between 0 and 1'))
    .min(0, expected('a number between 0 and 1'))
    .max(1, expected('a number between 0 and 1'))
    .default(0.05)
    .describe('Relevance, as a share of the largest, above which a node counts (paper: 0.05).'),
  rankings: z
    .array(name(rankings), expected('a list of rankings'))
    .min(1, expected('at least one ranking'))
    .refine((names) => new Set(names).size === names.length, expected('distinct rankings'))
    .exactOptional()
    .describe(
      'Other orders of removal whose pruning curves are kept beside that of relevance. Absent: none.',
    ),
})
  .prefault({})
  .describe('What is measured of a trial.');

const zip = z
  .array(
    z
      .array(z.string(expected('the path of a field, as in student.width')), expected('a list of paths'))
      .min(2, expected('at least two paths that go together')),
    expected('a list of lists of paths, as in [[student.width, arms.spectral.batchSize]]'),
  )
  .exactOptional()
  .describe('Groups of axes that go together, value by value, instead of each with each.');

function protocolOf<Teacher extends z.ZodType, Data extends z.ZodType>(teacher: Teacher, data: Data) {
  return strict({
    teacher,
    data,
    student: student.describe('The network that is trained: inputs -> width -> secondWidth -> outputs.'),
    arms,
    epochs: positiveInteger.describe('Passes over the training data.'),
    trials: positiveInteger
      .max(2 ** 32 - 1, expected('at most 4294967295 trials'))
      .describe('Students per point of the grid, each with its own first values, data and shuffles.'),
    seed: nonNegativeInteger.describe(
      'Seed of data, first values and shuffles, together with the index of the trial.',
    ),
    dtype: name(['float32', 'float64']).default('float32').describe('Type of all numbers of a student.'),
    evaluation,
    zip,
  });
}

/** A protocol in which every field has one value. */
export const protocolSchema = protocolOf(
  z
    .union([teacher, fileTeacherSchema])
    .exactOptional()
    .describe('The frozen network that labels the inputs. Absent where files hold what is to be learned.'),
  z
    .union([data, fileDataSchema])
    .prefault({})
    .describe('Standard normal inputs, or samples from files, which name exactly one of the formats below.'),
);

/** The same by who labels and what: a document is held against the one that it tries to be, so that its errors are of that. */
const schemas = {
  paper: { gaussian: protocolOf(teacher, data.prefault({})), files: protocolOf(teacher, fileDataSchema) },
  file: {
    gaussian: protocolOf(fileTeacherSchema, data.prefault({})),
    files: protocolOf(fileTeacherSchema, fileDataSchema),
  },
  none: { files: protocolOf(teacher.exactOptional(), fileDataSchema) },
} as const;

/** The schema of a document, which need not be a good one. */
export function schemaFor(document: unknown): z.ZodType<ProtocolPoint> & z.ZodObject {
  const { teacher: given, data: asked } = (document ?? {}) as { teacher?: unknown; data?: unknown };
  const files = typeof asked === 'object' && asked !== null && isFromFiles(asked);
  const byFile = (given as { readonly kind?: unknown } | null | undefined)?.kind === 'file';
  const { gaussian, files: fromFiles } = schemas[byFile ? 'file' : 'paper'];
  if (!files) return gaussian;
  return given === undefined ? schemas.none.files : fromFiles;
}

/** One point of the grid: what a trial is made of, all but its index. */
export type ProtocolPoint = z.output<typeof protocolSchema>;
type PointInput = z.input<typeof protocolSchema>;
export type Arm = NonNullable<ProtocolPoint['arms'][Parametrization]>;

type Value<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { [Name in keyof T]: Field<T[Name]> }
    : T;
/** A field of one value, or an axis of the grid. */
export type Field<T> = Value<T> | readonly Value<T>[] | Spacing;
/** An object whose fields may be axes, and which is none itself. */
type Section<T> = T extends object ? { [Name in keyof T]: Field<T[Name]> } : T;
type Grid<T extends { arms: object; zip?: string[][] }> = {
  [Name in keyof T]: Name extends 'zip'
    ? T[Name]
    : Name extends 'arms'
      ? { [Arm in keyof T[Name]]: Section<T[Name][Arm]> }
      : Name extends 'teacher' | 'data' | 'student' | 'evaluation'
        ? Section<T[Name]>
        : Field<T[Name]>;
};

/** An experiment with every default written out, its axes as they were written. */
export type Protocol = Grid<ProtocolPoint>;
/** What a user writes. */
export type ProtocolInput = Grid<PointInput>;
