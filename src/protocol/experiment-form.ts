/**
 * The part of an experiment that the sweep engine needs to read its protocols, to name its trials and to read its
 * records. It does not run trials: see src/sweep/experiment.ts.
 */
import type { z } from 'zod';
import { didYouMean } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import type { DType } from '../native/dtype.js';
import type { ProtocolIssue } from './protocol-issues.js';

/** The experiment of a protocol without `experiment`. */
export const defaultExperiment = 'teacher-student';

/** A protocol with every default written out: any field but `experiment` and `zip` may be an axis. */
export interface ProtocolDocument {
  /** Absent: defaultExperiment. */
  readonly experiment?: string;
  /** Repetitions per point of the grid. */
  readonly trials: unknown;
  /** Seed of everything random in a trial, together with its index. */
  readonly seed: unknown;
  /** Groups of axes that vary together, by their paths. */
  readonly zip?: readonly (readonly string[])[];
  /** Variants that are compared at every point, by name; each has axes of its own. */
  readonly arms?: object;
}

/**
 * Every number that the outcome of one trial depends on: a point of the grid, an arm, and the index of the repetition.
 */
export interface TrialProtocol {
  /** Incremented when the meaning of any number changes. */
  readonly schema: number;
  /** Absent: defaultExperiment. */
  readonly experiment?: string;
  readonly seed: number;
  /** Index of the repetition, from 0. */
  readonly trial: number;
  /** Fields of the trial's arm. */
  readonly arm?: object;
  /** Absent: float64. */
  readonly dtype?: DType;
}

export interface Trial<Protocol extends TrialProtocol = TrialProtocol> {
  /** First 16 hexadecimal digits of the SHA-256 of the trial's protocol; names its folder. */
  readonly key: string;
  readonly protocol: Protocol;
}

/** Results of a trial, in record.json and in the columns of `query`. */
export type Scalar = number | string | boolean | null | readonly number[];
export type Scalars = Readonly<Record<string, Scalar>>;

/** Values that distinguish groups of trials in every table, by name. */
export type Place = Readonly<Record<string, number | string>>;

/** A column of every table that lists trials or groups of trials. */
export interface PlaceColumn {
  /** The value of `place` that it shows. */
  readonly name: string;
  readonly heading: string;
  /** Precedes the value in the name of a trial, "h = 20"; absent: the value alone. */
  readonly symbol?: string;
  /** Whether the column is omitted where all rows have the same value. */
  readonly onlyIfSeveral?: boolean;
  /** Whether its values are names: they are left-aligned. */
  readonly isText?: boolean;
  /** Replaces a value that is 0 or empty. */
  readonly none?: string;
}

/** A finished trial of a group, for its summary. */
export interface GroupMember<S = Scalars> {
  readonly scalars: S;
  /** Wall-clock time that the trial ran. */
  readonly seconds: number;
  /** By name, the tensors that `summaryTensors` lists. */
  readonly tensors: Readonly<Record<string, Float64Array>>;
}

/**
 * An experiment as data. `Point` is a protocol with one value per field, `P` the protocol of a trial, `S` its scalars.
 * Methods receive only values that their own schema has checked.
 */
export interface ExperimentForm<
  Point extends object = ProtocolDocument,
  P extends TrialProtocol = TrialProtocol,
  S = Scalars,
> {
  /** The value of `experiment:` in a protocol. */
  readonly name: string;
  /**
   * Schema of a protocol in which every field has one value. It has `experiment`, `trials`, `seed` and `zip` (see
   * pointSchema), and may have `arms`, an object with a key per arm, and `dtype`. Objects at the top are sections:
   * their fields may be axes.
   */
  readonly schema: z.ZodObject;
  /** Where there are kinds of protocols: the schema of the kind that a document, which need not be valid, resembles. */
  schemaFor?(document: unknown): z.ZodObject;
  /** Where fields require each other: `anyOf` of the JSON Schema of a protocol. */
  readonly jsonSchemaAlternatives?: readonly object[];
  /** An axis for examples in messages: "student.width". Default: the first of placeAxes. */
  readonly exampleAxis?: string;
  /** Checks the paths of all axes of a document, before anything else is checked: issues of those that may not vary. */
  axisIssues?(paths: readonly (readonly string[])[]): ProtocolIssue[];
  /**
   * Issues that involve several fields.
   * @param point the protocol with the first value of each axis
   */
  issues?(protocol: ProtocolDocument, point: Point): ProtocolIssue[];
  /** Fields of an arm that the arm's schema checks together: every combination of their values is checked. */
  readonly dependentArmFields?: readonly string[];

  /** The protocols of the trials of a point and an arm. Default: the point, with the arm's name and fields as `arm`. */
  trialsAt?(point: Point, arm: Arm | undefined): (index: number) => P;
  /** The arm of a trial. Default: `arm.name`. */
  armOf?(trial: P): string | undefined;
  /** Values that distinguish groups of trials in every table, by the names in placeColumns. */
  place(trial: P): Place;
  readonly placeColumns: readonly PlaceColumn[];
  /** Axes whose values are in `place`. */
  readonly placeAxes: readonly string[];
  /** Order of groups in tables. Default: the order of the protocol. */
  comparePlaces?(a: Place, b: Place): number;
  /** Name of a trial in messages: "spectral, width 200, trial 3". Default: its place and its index. */
  describe?(trial: P): string;
  /** Number of steps of a trial: the unit of its checkpoints. */
  stepsOf(trial: P): number;
  /** Number of epochs: the unit of its histories. Default: steps. */
  epochsOf?(trial: P): number;
  /** Relative arithmetic of a trial, up to a constant factor: the costliest run first. Default: its steps. */
  workOf?(trial: P): number;

  /** Scalars of a finished trial. Those that a failed trial lacks are null in the columns of `query`. */
  readonly scalars: z.ZodObject;
  /** Whether a finished trial has a trivial solution. Default: false. */
  didNotLearn?(scalars: S): boolean;
  /** Float64 tensors of arrays.safetensors that summarizeGroup requires. */
  readonly summaryTensors?: readonly string[];
  /**
   * Summary of trials that differ in their index and seed alone, for summary.json. Default: mean and deviation per
   * number.
   */
  summarizeGroup?(members: readonly GroupMember<S>[]): object;
}

/** An arm of a protocol, with one value per field. */
export interface Arm {
  readonly name: string;
  readonly fields: object;
}

const forms = new Map<string, ExperimentForm>();

/** Registers an experiment by its name, and returns a function that removes it; see registerExperiment. */
export function registerForm(form: ExperimentForm): () => void {
  forms.set(form.name, form);
  return () => {
    if (forms.get(form.name) === form) forms.delete(form.name);
  };
}

export function experimentNames(): string[] {
  return [...forms.keys()];
}

/**
 * The form of a protocol or of a trial.
 * @throws invalid_protocol for a name that no experiment has
 */
export function formOf({ experiment }: { readonly experiment?: string }): ExperimentForm {
  const form = forms.get(experiment ?? defaultExperiment);
  if (form) return form;
  throw new EigenstudentError('invalid_protocol', `experiment: ${unknownExperiment(experiment)}`);
}

/** The form of a document that need not be valid; undefined where its experiment is not registered. */
export function formOfDocument(document: unknown): ExperimentForm | undefined {
  const experiment = (document as { readonly experiment?: unknown } | null | undefined)?.experiment;
  return forms.get(experiment === undefined ? defaultExperiment : String(experiment));
}

/** The message for an unregistered experiment. */
export function unknownExperiment(name: unknown): string {
  const hint =
    (typeof name === 'string' && didYouMean(name, experimentNames())) ||
    'One of your own is known once registerExperiment() was called, as by a module that `node --import` loads';
  return `expected one of ${experimentNames().join(', ')}, received ${JSON.stringify(name)}. ${hint}`;
}
