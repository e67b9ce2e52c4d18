/**
 * The files of a trial: trials/<key>/record.json (its results and their provenance) and trials/<key>/arrays.safetensors
 * (trial-arrays.ts). Figures and tables are computed from these two alone.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { EigenstudentError, reasonOf } from '../errors.js';
import {
  defaultExperiment,
  experimentNames,
  formOf,
  type Scalars,
  type TrialProtocol,
} from '../protocol/experiment-form.js';
import { trialKey } from '../protocol/trials.js';
import { readBytes } from './read-bytes.js';
import { sha256 } from './sha256.js';
import { versions } from './versions.js';

const count = z.int().min(0);

/** @internal */
const header = z.object({
  schema: z.literal(2),
  key: z.string(),
  experiment: z.string(),
  trial: count,
  seed: count,
  /** Every number that the trial depends on; `key` is its hash. */
  protocol: z.custom<TrialProtocol>((value) => typeof value === 'object' && value !== null),
  /** Wall-clock time of the trial: on a thread of its own, next to others. */
  seconds: z.number(),
  steps: count,
  engine: z.string(),
  dtype: z.enum(['float32', 'float64']),
  versions: z.object({
    eigenstudent: z.string(),
    node: z.string(),
    /** See arithmeticRevision; absent from records of versions that did not write it. */
    arithmetic: count.optional(),
  }),
  /** ISO 8601, UTC. */
  finishedAt: z.string(),
  /** SHA-256 of arrays.safetensors, hexadecimal. */
  arraysSha256: z.string(),
  /** SHA-256 of all fields above as JSON without spaces; absent from records of versions that did not write it. */
  recordSha256: z.string().optional(),
});

/** @internal */
const trialError = z.object({
  code: z.string(),
  message: z.string(),
  step: count,
  /** The first layer whose output was not finite; -1 when it was the loss alone. */
  layer: z.int().min(-1),
  /** null when no step caused the error: training ended well, or did not begin. */
  learningRate: z.number().nullable(),
  /** The stage that failed; absent from records of versions that did not write it. */
  stage: z.enum(['preparation', 'training', 'measurement', 'writing']).exactOptional(),
});

/** Fields of the records of every experiment. */
export interface RecordHeader<P extends TrialProtocol = TrialProtocol>
  extends Omit<z.output<typeof header>, 'protocol'> {
  readonly protocol: P;
}
export interface FinishedRecord<S = Scalars, P extends TrialProtocol = TrialProtocol>
  extends RecordHeader<P> {
  /** Results of the trial, by the names of the experiment. */
  readonly scalars: S;
  readonly error?: never;
}
/**
 * Record of a trial that diverged, or failed otherwise. It is kept and the trial is not repeated: the same numbers
 * would fail again.
 */
export interface FailedRecord<S = Scalars, P extends TrialProtocol = TrialProtocol> extends RecordHeader<P> {
  /** The scalars that were available before it failed. */
  readonly scalars: Partial<S>;
  readonly error: TrialError;
}
export type TrialRecord<S = Scalars, P extends TrialProtocol = TrialProtocol> =
  | FinishedRecord<S, P>
  | FailedRecord<S, P>;
type Seals = 'arraysSha256' | 'recordSha256';
/** A record before its arrays are written, without their checksum. */
export type UnsealedRecord = Omit<FinishedRecord, Seals> | Omit<FailedRecord, Seals>;
export type TrialError = z.output<typeof trialError>;

export function isFinished<S, P extends TrialProtocol>(
  record: TrialRecord<S, P>,
): record is FinishedRecord<S, P> {
  return record.error === undefined;
}

/** Fields of a record besides its scalars and its error. */
export const recordFields: readonly string[] = Object.keys(header.shape);

/** JSON Schema of a record without its scalars and its error, for the columns of a query. */
export function recordJsonSchema(): { readonly properties?: Readonly<Record<string, object>> } {
  return z.toJSONSchema(header, { unrepresentable: 'any' }) as ReturnType<typeof recordJsonSchema>;
}

/** The same for the error of a failed record. */
export function trialErrorJsonSchema(): ReturnType<typeof recordJsonSchema> {
  return z.toJSONSchema(trialError) as ReturnType<typeof recordJsonSchema>;
}

export const recordFile = 'record.json';

export function trialFolder(directory: string, key: string): string {
  return join(directory, 'trials', key);
}

/**
 * The record with the checksums of its arrays and of itself.
 * @throws internal when it could not be read back, as with a number that JSON cannot represent
 */
export function sealRecord(record: UnsealedRecord, arraysSha256: string): TrialRecord {
  const complete = { ...record, arraysSha256 };
  const unknown = Object.keys(record.scalars).filter(
    (name) => !Object.hasOwn(formOf(record).scalars.shape, name),
  );
  for (const [name, value] of Object.entries(record.scalars))
    if (typeof value === 'number' && !Number.isFinite(value))
      throw new EigenstudentError('diverged', `its ${name} is ${value}`);
  const { issue, cause } = parseRecord(JSON.parse(JSON.stringify(complete)));
  const fault =
    issue ?? (unknown.length > 0 && `scalars.${unknown.join(', scalars.')}: not in the experiment's schema`);
  if (fault)
    throw new EigenstudentError('internal', `its record could not be read again: ${fault}`, { cause });
  return { ...complete, recordSha256: sha256(JSON.stringify(complete)) } as TrialRecord;
}

export function encodeRecord(record: TrialRecord): string {
  return `${JSON.stringify(record, null, 2)}\n`;
}

/**
 * The record of one trial.
 * @throws file_unreadable; file_corrupt when it is not a record, not of this key, or its numbers were changed;
 *   file_unsupported when it is intact and of another schema or of an unregistered experiment: see checkSchema
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
  const { record, issue, cause } = parseRecord(inSchema2(value));
  if (record === undefined) throw corrupt(issue, cause);
  const { recordSha256, ...rest } = value as Record<string, unknown>;
  // A version that writes the revision of the arithmetic writes the checksum too.
  const sealed = recordSha256 !== undefined || record.versions.arithmetic !== undefined;
  if (sealed && recordSha256 !== sha256(JSON.stringify(rest)))
    throw corrupt('its numbers are not those that it was written with: its own SHA-256 is another');
  if (record.key !== key) throw corrupt(`expected key ${key}, received ${record.key}`);
  if (trialKey(record.protocol) !== key)
    throw corrupt('its protocol does not have the key it is filed under');
  return record;
}

type Parsed =
  | { readonly record: TrialRecord; readonly issue?: never; readonly cause?: never }
  | { readonly record?: never; readonly issue: string; readonly cause: z.ZodError };

/** Parses by the schema of every record, and by that of its experiment. */
function parseRecord(value: unknown): Parsed {
  const { scalars, error } = (value ?? {}) as Record<string, unknown>;
  const head = header.safeParse(value);
  if (!head.success) return issueOf(head.error);
  const failure = error === undefined ? undefined : trialError.safeParse(error);
  if (failure?.success === false) return issueOf(failure.error, 'error');
  const { scalars: form } = formOf(head.data);
  const found = (failure ? allOptional(form) : form).safeParse(scalars);
  if (!found.success) return issueOf(found.error, 'scalars');
  const failed = failure && { error: failure.data };
  // The scalars as written: a schema may have defaults, which are not results of the trial.
  return { record: { ...head.data, scalars, ...failed } as TrialRecord };
}

const optionalForms = new WeakMap<z.ZodObject, z.ZodObject>();

/** Schema of the scalars of a failed trial, each of which may be absent. */
function allOptional(form: z.ZodObject): z.ZodObject {
  const fields = Object.entries(form.shape as Record<string, z.ZodType>);
  const cached =
    optionalForms.get(form) ??
    z.object(Object.fromEntries(fields.map(([name, field]) => [name, field.optional()])));
  optionalForms.set(form, cached);
  return cached;
}

function issueOf(cause: z.ZodError, ...within: string[]): Parsed {
  const [first] = cause.issues;
  const path = [...within, ...(first?.path ?? [])].join('.');
  return { issue: `${path || 'its contents'}: ${first?.message}`, cause };
}

/** Fields of a record of schema 1 that are not scalars. */
const headerOfSchema1: readonly string[] = [...Object.keys(header.shape), 'error'];

/**
 * Converts a record to schema 2. Schema 1, of version 0.1.0, had one experiment, and its scalars beside the other
 * fields, null for a failed trial.
 */
function inSchema2(value: unknown): unknown {
  if ((value as { readonly schema?: unknown } | null)?.schema !== 1) return value;
  const fields = Object.entries(value as object);
  const isScalar = ([name, field]: [string, unknown]) => !headerOfSchema1.includes(name) && field !== null;
  return {
    ...Object.fromEntries(fields.filter(([name]) => headerOfSchema1.includes(name))),
    schema: 2,
    experiment: defaultExperiment,
    scalars: Object.fromEntries(fields.filter(isScalar)),
  };
}

const readSchemas: readonly unknown[] = [1, 2];

/**
 * Refuses an intact record of another schema or of an unregistered experiment: it must not be trained again. A record
 * without a checksum may be one of this version with a changed digit, which is corrupt.
 */
function checkSchema(value: unknown, corrupt: (reason: string) => Error, path: string): void {
  const { recordSha256, ...rest } = (value ?? {}) as Record<string, unknown>;
  const { schema, experiment } = rest;
  const reason = whyUnsupported(schema, experiment);
  if (reason === undefined) return;
  if (recordSha256 !== sha256(JSON.stringify(rest))) throw corrupt(reason);
  throw new EigenstudentError('file_unsupported', `${path} is not a readable record: ${reason}`);
}

function whyUnsupported(schema: unknown, experiment: unknown): string | undefined {
  if (typeof schema === 'number' && !readSchemas.includes(schema))
    return (
      `it has schema ${schema}, and this version of eigenstudent, ${versions().eigenstudent}, reads schemas 1 and 2. ` +
      'Read it with the version that wrote it'
    );
  if (schema === 2 && typeof experiment === 'string' && !experimentNames().includes(experiment))
    return `it is of the experiment ${experiment}, which is not known here; known: ${experimentNames().join(', ')}`;
  return undefined;
}
