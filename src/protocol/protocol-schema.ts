/**
 * Every field of a protocol, its limits, and its default: the only place where these stand. They are written for one
 * value of each; that a field may also be a list or a spacing of values is added by axes.ts, for all of them alike.
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
  /** inputs -> teacherSize -> secondWidth -> 1, frozen; the hidden layers relu. */
  kind: teacherKind('paper').default('paper'),
  inputs: positiveInteger.default(10),
  teacherSize: positiveInteger,
  secondWidth: positiveInteger.default(20),
  seed: nonNegativeInteger.default(0),
  /** Of the hidden layers. Absent: relu. */
  activation: name(activations).exactOptional(),
  /** Nodes of a third hidden layer, after the second. Absent: there is none. */
  thirdWidth: positiveInteger.exactOptional(),
});

const data = strict({
  train: positiveInteger.default(8000),
  validation: positiveInteger.default(2000),
  test: positiveInteger.default(10_000),
  /**
   * true, as the published code does by a seed that it sets too late: every direct trial has the same data, those of no
   * spectral trial, and is tested on the inputs that it was trained on. Absent or false: data of its own for each trial.
   */
  sharedSeed: trueOrFalse.exactOptional(),
});

const student = strict({
  width: positiveInteger,
  secondWidth: positiveInteger.default(20),
  activation: name(activations).default('relu'),
  /** Nodes of a third hidden layer, after the second. Absent: there is none. */
  thirdWidth: positiveInteger.exactOptional(),
  /** Which hidden layers are spectral, all trained as the arm says; the others are dense. Absent: the first. */
  spectralLayers: name(['first', 'all']).exactOptional(),
  /** Of the outputs, where numbers are learned by a read-out that trains. Absent: linear. */
  outputActivation: name(['linear', 'sigmoid']).exactOptional(),
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

const number = z.number(expected('a finite number'));

const perTensor = strict({
  eigenvectors: nonNegativeNumber.default(0),
  eigenvaluesIn: nonNegativeNumber.default(0),
  eigenvaluesOut: nonNegativeNumber.default(0),
}).prefault({});

/** How the spectral layers of one parametrisation are trained. The dense ones have no penalty. */
function arm(allowed: readonly SpectralTensorName[], trainedByDefault: SpectralTensorName[]) {
  return strict({
    trainable: z
      .array(name(tensorNames), expected('a list of tensors'))
      .min(1, expected('at least one tensor'))
      .default(trainedByDefault),
    l1: perTensor,
    l2: perTensor,
    /** Coefficient times the sum of the norms of the rows, of what enters each node; absent: none. */
    groupLasso: strict({ eigenvectors: nonNegativeNumber }).exactOptional(),
    /** Where the eigenvalues of the first layer start. Absent: eigenvaluesIn at 0, eigenvaluesOut at 1. */
    initialize: strict({
      eigenvaluesIn: number.exactOptional(),
      eigenvaluesOut: number.exactOptional(),
    }).exactOptional(),
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
  /** Other orders of removal whose pruning curves are kept beside that of relevance; absent: none. */
  rankings: z
    .array(name(rankings), expected('a list of rankings'))
    .min(1, expected('at least one ranking'))
    .refine((names) => new Set(names).size === names.length, expected('distinct rankings'))
    .exactOptional(),
}).prefault({});

/** Groups of axes that go together, value by value, instead of each with each. */
const zip = z.array(
  z
    .array(z.string(expected('the path of a field, as in student.width')), expected('a list of paths'))
    .min(2, expected('at least two paths that go together')),
  expected('a list of lists of paths, as in [[student.width, arms.spectral.batchSize]]'),
);

function protocolOf<Teacher extends z.ZodType, Data extends z.ZodType>(teacher: Teacher, data: Data) {
  return strict({
    teacher,
    data,
    student,
    arms,
    epochs: positiveInteger,
    trials: positiveInteger.max(2 ** 32 - 1, expected('at most 4294967295 trials')),
    seed: nonNegativeInteger,
    dtype: name(['float32', 'float64']).default('float32'),
    evaluation,
    zip: zip.exactOptional(),
  });
}

/** A protocol in which every field has one value. */
export const protocolSchema = protocolOf(
  /** Absent where data from files say themselves what is to be learned. */
  z.union([teacher, fileTeacherSchema]).exactOptional(),
  z.union([data, fileDataSchema]).prefault({}),
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
