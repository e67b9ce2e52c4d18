/**
 * What is kept of a trial: trials/<key>/record.json (scalars) and trials/<key>/arrays.safetensors (trial-arrays.ts).
 * Figures and tables are made from these two alone.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { EigenstudentError, reasonOf } from '../errors.js';
import { parametrizations } from '../protocol/protocol-schema.js';
import { type TrialProtocol, trialKey } from '../protocol/trials.js';
import { readBytes } from './read-bytes.js';
import { sha256 } from './sha256.js';
import { versions } from './versions.js';

const count = z.int().min(0);

const header = z.object({
  schema: z.literal(1),
  key: z.string(),
  parametrization: z.enum(parametrizations),
  /** h_T; 0 where there is no teacher. */
  teacherSize: count,
  width: count,
  trial: count,
  seed: count,
  /** Every number that the trial depends on; `key` is its hash. */
  protocol: z.custom<TrialProtocol>((value) => typeof value === 'object' && value !== null),
  /** Of normalised relevance, for effectiveSize. */
  threshold: z.number(),
  /** How relevance was computed: see src/pruning/relevance.ts. */
  criterion: z.enum(['L', 'M']),
  /** Wall-clock time that its student trained: on a thread of its own, next to others. */
  seconds: z.number(),
  steps: count,
  /** Epochs completed. */
  epochs: count,
  batchSize: count,
  engine: z.string(),
  dtype: z.enum(['float32', 'float64']),
  versions: z.object({
    eigenstudent: z.string(),
    node: z.string(),
    /** See arithmeticRevision; absent from records of versions that did not write it, whose arithmetic is not known. */
    arithmetic: count.optional(),
  }),
  /** ISO 8601, UTC. */
  finishedAt: z.string(),
  /** SHA-256 of arrays.safetensors, hexadecimal. */
  arraysSha256: z.string(),
  /** SHA-256 of all the above as JSON without spaces; absent from records of versions that did not write it. */
  recordSha256: z.string().optional(),
});

/**
 * At the end of training, fractions of samples whose largest output is the class, or, of one sigmoid output, that is above 0.5
 * where the target is 1 and not where it is 0. Absent where there are neither classes nor such targets.
 */
const accuracies = {
  validationAccuracy: z.number().exactOptional(),
  testAccuracy: z.number().exactOptional(),
  /** Test accuracy with only the effectiveSize most relevant nodes kept. */
  prunedAccuracy: z.number().exactOptional(),
};

/** Losses are data losses (no penalty) at the end of training. */
const measures = {
  trainLoss: z.number(),
  validationLoss: z.number(),
  testLoss: z.number(),
  /** Before the first step. */
  initialTestLoss: z.number(),
  /** Of the test labels: the loss of the best constant prediction; of classes the entropy of their frequencies. */
  labelVariance: z.number(),
  /** Nodes whose relevance is above threshold * maximumRelevance ("trial" normalisation). */
  effectiveSize: count,
  /** Largest relevance, not normalised; the pooled normalisation divides by the largest of these in a group. */
  maximumRelevance: z.number(),
  /** Test loss with only the effectiveSize most relevant nodes kept. */
  prunedLoss: z.number(),
};
type Measure = keyof typeof measures;
const noMeasures = Object.fromEntries(Object.keys(measures).map((name) => [name, z.null()])) as Record<
  Measure,
  z.ZodNull
>;

/** @internal */
const trialError = z.object({
  code: z.string(),
  message: z.string(),
  step: count,
  /** The first layer whose output was not finite; -1 when it was the loss alone. */
  layer: z.int().min(-1),
  /** null when no step was at fault: training ended well, or did not begin. */
  learningRate: z.number().nullable(),
  /** What failed; absent from records of versions that did not write it. */
  stage: z.enum(['preparation', 'training', 'measurement', 'writing']).exactOptional(),
});

/** @internal */
const finishedRecord = header.extend(measures).extend({
  /** Of every hidden layer, first to last, where all of them are spectral; the first is effectiveSize. */
  effectiveSizes: z.array(count).exactOptional(),
  ...accuracies,
});
/** @internal */
const failedRecord = header.extend(noMeasures).extend({ error: trialError });
const trialRecord = z.union([failedRecord, finishedRecord]);

export type FinishedRecord = z.output<typeof finishedRecord> & { readonly error?: never };
/** Of a trial that diverged, or failed otherwise. It is kept, and not tried again: the same numbers would fail again. */
export type FailedRecord = z.output<typeof failedRecord>;
export type TrialRecord = FinishedRecord | FailedRecord;
export type Seals = 'arraysSha256' | 'recordSha256';
/** A record before its arrays are written and their checksum is known. */
export type UnsealedRecord = Omit<FinishedRecord, Seals> | Omit<FailedRecord, Seals>;
export type TrialError = z.output<typeof trialError>;
export type TrialHeader = z.output<typeof header>;
export type TrialMeasures = Pick<FinishedRecord, Measure>;

export function isFinished(record: TrialRecord): record is FinishedRecord {
  return record.error === undefined;
}

/**
 * Whether a student predicts test data no better than the best constant does, as one whose nodes have all died. The mean of
 * the training labels is not quite that constant, so that a student which has found it, and no more, is above the bound.
 */
export function didNotLearn({ testLoss, labelVariance }: Pick<TrialMeasures, 'testLoss' | 'labelVariance'>) {
  return testLoss >= labelVariance;
}

/** JSON Schema of a record without its error, for who makes columns of its fields. */
export function recordJsonSchema(): { readonly properties?: Readonly<Record<string, object>> } {
  return z.toJSONSchema(finishedRecord, { unrepresentable: 'any' }) as ReturnType<typeof recordJsonSchema>;
}

/** The same of a failed record's error. */
export function trialErrorJsonSchema(): ReturnType<typeof recordJsonSchema> {
  return z.toJSONSchema(trialError) as ReturnType<typeof recordJsonSchema>;
}

/** The measures of a trial that has none. */
export const nothingMeasured = Object.fromEntries(
  Object.keys(measures).map((name) => [name, null]),
) as Record<Measure, null>;

export const recordFile = 'record.json';

export function trialFolder(directory: string, key: string): string {
  return join(directory, 'trials', key);
}

/**
 * The record with the checksums of its arrays and of itself.
 * @throws internal when it could not be read again, as with a number that JSON has no text for
 */
export function sealRecord(record: UnsealedRecord, arraysSha256: string): TrialRecord {
  const complete = { ...record, arraysSha256 };
  const result = trialRecord.safeParse(JSON.parse(JSON.stringify(complete)));
  if (!result.success) {
    const [issue] = result.error.issues;
    const message = `its record could not be read again: ${issue?.path.join('.')}: ${issue?.message}`;
    throw new EigenstudentError('internal', message, { cause: result.error });
  }
  return { ...complete, recordSha256: sha256(JSON.stringify(complete)) } as TrialRecord;
}

export function encodeRecord(record: TrialRecord): string {
  return `${JSON.stringify(record, null, 2)}\n`;
}

/**
 * The record of one trial.
 * @throws file_unreadable; file_corrupt when it is not a record, not of this key, or its numbers were changed;
 *   file_unsupported when it is whole and of another schema: see checkSchema
 */
export async function readRecord(directory: string, key: string): Promise<TrialRecord> {
  const path = join(trialFolder(directory, key), recordFile);
  const corrupt = (reason: string, cause?: unknown) =>
    new EigenstudentError('file_corrupt', `${path} is not a readable record: ${reason}`, { cause });
  const text = (await readBytes(path)).toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw corrupt(reasonOf(cause), cause);
  }
  checkSchema(value, corrupt, path);
  const result = trialRecord.safeParse(value);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw corrupt(`${issue?.path.join('.') || 'its contents'}: ${issue?.message}`, result.error);
  }
  const record = result.data as TrialRecord;
  const { recordSha256, ...rest } = value as Record<string, unknown>;
  // Whoever writes the revision of the arithmetic writes the checksum too.
  const sealed = recordSha256 !== undefined || record.versions.arithmetic !== undefined;
  if (sealed && recordSha256 !== sha256(JSON.stringify(rest)))
    throw corrupt('its numbers are not those that it was written with: its own SHA-256 is another');
  if (record.key !== key) throw corrupt(`expected key ${key}, received ${record.key}`);
  if (trialKey(record.protocol) !== key)
    throw corrupt('its protocol does not have the key it is filed under');
  return record;
}

/** One that another version sealed is nothing to train again; one without a seal may be this version's with a digit changed. */
function checkSchema(value: unknown, corrupt: (reason: string) => Error, path: string): void {
  const { recordSha256, ...rest } = (value ?? {}) as Record<string, unknown>;
  const { schema } = rest;
  if (typeof schema !== 'number' || schema === 1) return;
  const reason =
    `it has schema ${schema}, and this version of eigenstudent, ${versions().eigenstudent}, reads schema 1. ` +
    'Read it with the version that wrote it';
  if (recordSha256 !== sha256(JSON.stringify(rest))) throw corrupt(reason);
  throw new EigenstudentError('file_unsupported', `${path} is not a readable record: ${reason}`);
}
