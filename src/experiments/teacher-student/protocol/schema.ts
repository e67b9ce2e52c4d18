/**
 * Every field of a protocol, its limits, its default and its meaning: the only place where these are defined. The
 * schema describes one value of each field; axes.ts adds lists and spacings of values for all fields. `npm run
 * docs:protocol` generates docs/protocol.md from it.
 */
import { z } from 'zod';
import { activations } from '../../../network/layers.js';
import { fileDataSchema, isFromFiles } from '../../../protocol/files/file-data.js';
import type { Grid } from '../../../protocol/grid-types.js';
import {
  augmentField,
  dtypeField,
  expected,
  experimentField,
  name,
  nonNegativeInteger,
  positiveInteger,
  slopeField,
  strict,
  trialsField,
  trueOrFalse,
  zipField,
} from '../../../protocol/protocol-fields.js';
import { rankings } from '../../../pruning/rankings.js';
import { armSchema, tensorNames } from './arm-schema.js';
import { fileTeacherSchema, teacherKind } from './file-teacher.js';
import { isLayered, studentSchemas } from './student-schema.js';

/** Names of the arms of an experiment. */
export const parametrizations = ['spectral', 'direct'] as const;
export type Parametrization = (typeof parametrizations)[number];

const teacher = strict({
  kind: teacherKind('paper')
    .default('paper')
    .describe('`paper`: the network inputs -> teacherSize -> secondWidth -> 1 with random weights, frozen'),
  inputs: positiveInteger.default(10).describe('Inputs of the teacher and of the students.'),
  teacherSize: positiveInteger.describe('Nodes of the first hidden layer, h_T in the paper.'),
  secondWidth: positiveInteger.default(20).describe('Nodes of the second hidden layer.'),
  seed: nonNegativeInteger.default(0).describe('Seed of the weights of the teacher.'),
  activation: name(activations).exactOptional().describe('Activation of the hidden layers. Absent: `relu`.'),
  slope: slopeField,
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
      'true reproduces the published code, which sets a seed too late: all direct trials share one data set, which no spectral ' +
        'trial has, and are tested on their training inputs. Absent or false: separate data for each trial.',
    ),
}).describe('Standard normal inputs');

const arms = strict({
  spectral: armSchema(tensorNames, ['eigenvectors', 'eigenvaluesOut'])
    .exactOptional()
    .describe('Eigenvectors and eigenvalues are trained.'),
  direct: armSchema(['eigenvectors'], ['eigenvectors'])
    .exactOptional()
    .describe(
      'Conventional training: of eigenvectors alone, which equal the weights up to their sign. `initialize` is refused.',
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
  .describe('Measurements of a trial.');

function protocolOf<Teacher extends z.ZodType, Data extends z.ZodType, Student extends z.ZodType>(
  teacher: Teacher,
  data: Data,
  student: Student,
) {
  return strict({
    experiment: experimentField('teacher-student'),
    teacher,
    data,
    student,
    arms,
    augment: augmentField,
    epochs: positiveInteger.describe('Passes over the training data.'),
    trials: trialsField.describe(
      'Students per point of the grid, each with its own initial values, data and shuffles.',
    ),
    seed: nonNegativeInteger.describe(
      'Seed of data, initial values and shuffles, together with the index of the trial.',
    ),
    dtype: dtypeField.describe('Type of all numbers of a student.'),
    evaluation,
    zip: zipField,
  });
}

/** A protocol in which every field has one value. */
export const protocolSchema = protocolOf(
  z
    .union([teacher, fileTeacherSchema])
    .exactOptional()
    .describe('The frozen network that labels the inputs. Absent where files contain the labels.'),
  z
    .union([data, fileDataSchema])
    .prefault({})
    .describe('Standard normal inputs, or samples from files in exactly one of the formats below.'),
  z
    .union([studentSchemas.short, studentSchemas.layers])
    .describe('The network that is trained, in the short form of the paper or as a list of layers.'),
);

/** The kinds of labels, data and student of a document: error messages are those of that kind. */
const kinds = {
  teacher: { paper: teacher, file: fileTeacherSchema, optional: teacher.exactOptional() },
  data: { gaussian: data.prefault({}), files: fileDataSchema },
  student: studentSchemas,
} as const;

const schemas = new Map<string, z.ZodObject>();

/** The schema for a document, which need not be valid. */
export function schemaFor(document: unknown): z.ZodObject {
  const given = (document ?? {}) as { teacher?: unknown; data?: unknown; student?: unknown };
  const files = typeof given.data === 'object' && given.data !== null && isFromFiles(given.data);
  const byFile = (given.teacher as { readonly kind?: unknown } | null | undefined)?.kind === 'file';
  const none = files && given.teacher === undefined;
  const [who, what] = [none ? 'optional' : byFile ? 'file' : 'paper', files ? 'files' : 'gaussian'] as const;
  const form = isLayered(given.student) ? 'layers' : 'short';
  const key = `${who} ${what} ${form}`;
  const schema = schemas.get(key) ?? protocolOf(kinds.teacher[who], kinds.data[what], kinds.student[form]);
  schemas.set(key, schema);
  return schema;
}

/** One point of the grid: the fields of a trial except its index. */
export type ProtocolPoint = z.output<typeof protocolSchema>;
type PointInput = z.input<typeof protocolSchema>;
/** The fields of an arm, with one value each. */
export type ArmFields = NonNullable<ProtocolPoint['arms'][Parametrization]>;

type SectionName = 'teacher' | 'data' | 'student' | 'augment' | 'evaluation';
/** A protocol with every default written out, its axes as written. */
export type Protocol = Grid<ProtocolPoint, SectionName>;
/** The type of a protocol as written by a user. */
export type ProtocolInput = Grid<PointInput, SectionName>;
