/** An experiment: its form (src/protocol/experiment-form.ts), how its trials run, and what is shown of them. */

import type { ChosenDevice } from '../network/device.js';
import type { Network } from '../network/network.js';
import {
  type ExperimentForm,
  formOf,
  type ProtocolDocument,
  registerForm,
  type Scalars,
  type Trial,
  type TrialProtocol,
} from '../protocol/experiment-form.js';
import type { GroupSummary, Summary } from '../runs/summary.js';
import type { BatchOptions } from './batch-options.js';
import { checkExperiment } from './check-experiment.js';
import type { LiveView } from './live-view.js';
import type { PlainReport, ReportContent } from './report-content.js';

/** See ExperimentForm for the parameters. */
export interface Experiment<
  Point extends object = ProtocolDocument,
  P extends TrialProtocol = TrialProtocol,
  S = Scalars,
> extends ExperimentForm<Point, P, S> {
  /** One sentence, for the list of experiments. */
  readonly title: string;
  /** What `eigenstudent init` writes: a protocol with words beside its fields. */
  readonly template: string;
  /** Protocols by the names that `eigenstudent reproduce --preset` takes: `quick`, and others. */
  readonly presets?: Readonly<Record<string, object>>;
  /** A preset with what the options of a command line ask for. Default: `epochs` and `trials` are fields of the protocol. */
  overridden?(preset: object, overrides: ProtocolOverrides): object;

  /** The protocol with paths that do not depend on where the program is. Default: it names no files. */
  fromFolder?(protocol: ProtocolDocument, folder: string): ProtocolDocument;
  /** The protocol with what must be known of its files before a trial can be named. Default: it names no files. */
  resolve?(protocol: ProtocolDocument): Promise<ProtocolDocument>;
  /** What a user may not have meant. @param directory of the run, for advice */
  warnings?(protocol: ProtocolDocument, directory: string): string[];

  /** Memory of a trial beside others, in bytes: an upper estimate. */
  bytesOf(trial: P): number;
  /** The same of a trial alone, and where it goes; for the error of one that does not fit. */
  memoryOf?(trial: P): { readonly bytes: number; readonly parts: string };
  /** Trials of one batch have the same value, besides one dtype. Default: any trials. */
  batchKindOf?(trial: P): string;
  /** Once per process that works on a run directory. @param signal aborting it ends what is being prepared */
  open(protocol: ProtocolDocument, signal?: AbortSignal): Runner<P>;
  /** What `--dry-run` needs to tell how long a sweep will take. Default: it tells trials and memory alone. */
  readonly timing?: Timing<P>;

  /** Columns of the table of groups, after those of place and settings. Default: every statistic of summarizeGroup. */
  readonly summaryColumns?: readonly SummaryColumn[];
  /** What stands below that table. */
  summaryNotes?(summary: Summary): string[];
  /** A sentence about trials that did not learn. Default: how many. @param count at least 1 */
  didNotLearnNote?(count: number): string;
  /** Effective sizes at other thresholds; only where relevance is kept. */
  thresholds?(directory: string, thresholds: readonly number[]): Promise<ThresholdTable>;
  /** Prunes a finished trial; only where trials keep a network. */
  pruneTrial?(directory: string, choice: TrialChoice): Promise<PrunedTrial>;
  /**
   * What report.html and figures/ hold. Default: facts and a table of the scalars.
   * @param plain reads the run, and gives its finished records and that default, which an experiment may add to
   */
  report?(directory: string, plain: () => Promise<PlainReport>): Promise<ReportContent>;
  /** What the page of `watch` draws. Default: trials by state, without charts. */
  readonly live?: LiveView;
}

/** Options of a command line that change a preset. */
export interface ProtocolOverrides {
  readonly widths?: readonly number[];
  readonly epochs?: number;
  readonly trials?: number;
}

/** Trains the trials of a run in one process. */
export interface Runner<P extends TrialProtocol = TrialProtocol> {
  /**
   * Runs trials side by side, each to a record: what is wrong with one trial fails that trial alone.
   * @param trials of one dtype and one batchKindOf
   * @throws interrupted; what onTrial throws; what is not of one trial, as out_of_memory
   */
  runBatch(trials: readonly Trial<P>[], options: BatchOptions): Promise<void>;
  /** Trials that run side by side; a process takes no more at once. Default: as many as fill the device. */
  readonly atOnce?: number;
  /** Times steps of trials like this one. Keeps nothing. */
  calibrate?(example: P, plan: CalibrationPlan): Promise<Calibration<P>>;
}

export interface Timing<P extends TrialProtocol = TrialProtocol> {
  /** Equal for trials that take the same time for a step. */
  shapeOf(trial: P): string;
  /** Useful operations of a step, a multiply-add being two. */
  operationsPerStep(trial: P): number;
  /** Of the whole trial. */
  operationsOf(trial: P): number;
  /** Evaluations while it trains. */
  reportsOf(trial: P): number;
}

export interface CalibrationPlan {
  readonly chosen: ChosenDevice;
  readonly threads?: number;
  /** Side by side, as many as the device works on at once. */
  readonly students: number;
  /** To spend on timing steps. */
  readonly seconds: number;
}

/** Seconds, as a clock on the wall has them. */
export interface Calibration<P extends TrialProtocol = TrialProtocol> {
  readonly protocol: P;
  readonly engine: string;
  /** Of a step of every student, `students` of them side by side. */
  readonly step: number;
  /** Half the range of the slices that were timed, relative to their median. */
  readonly noise: number;
  /** Whether students of this size train one after the other, each with the whole device. */
  readonly inTurn: boolean;
  /** Of a report, for each student. */
  readonly report: number;
  /** Of the last measurements, for each student. */
  readonly end: number;
}

/** A column of the table of groups. */
export interface SummaryColumn {
  readonly heading: string;
  /** What stands in the row of a group. */
  readonly cell: (group: GroupSummary) => string | number;
  /** Whether the column is there at all. Default: always. */
  readonly isShown?: (groups: readonly GroupSummary[]) => boolean;
}

/** Which trial `eigenstudent prune` takes, and how far it goes: at most one of keep, percentile and maxDegradation. */
export interface TrialChoice {
  /** The beginning of its key. */
  readonly trial?: string;
  readonly width?: number;
  readonly arm?: string;
  readonly keep?: number;
  readonly percentile?: number;
  readonly maxDegradation?: number;
}

export interface PrunedTrial {
  readonly network: Network;
  /** For the name of its file. */
  readonly name: string;
  readonly notes: readonly string[];
  /** Fields of the answer as JSON. */
  readonly answer: object;
  readonly text: string;
}

/** What `eigenstudent thresholds` answers with. */
export interface ThresholdTable {
  readonly groups: readonly GroupSummary[];
  readonly failures: Summary['failures'];
  readonly damaged: Summary['damaged'];
  readonly columns: readonly SummaryColumn[];
}

const experiments = new WeakMap<ExperimentForm, Experiment>();

/**
 * Makes an experiment known: protocols that name it are read, swept, resumed, queried and reported like those of this
 * package. One of the same name is replaced.
 * @returns a function that removes it again
 * @throws invalid_argument for names that the sweep uses itself, and for what else would lose trials or numbers
 */
export function registerExperiment<Point extends object, P extends TrialProtocol, S>(
  experiment: Experiment<Point, P, S>,
): () => void {
  // Its methods get what its own schemas have checked.
  const known = experiment as unknown as Experiment;
  checkExperiment(known);
  const remove = registerForm(known);
  experiments.set(known, known);
  return remove;
}

/**
 * The experiment of a protocol or of a trial.
 * @throws invalid_protocol for a name that no experiment has
 */
export function experimentOf(protocol: { readonly experiment?: string }): Experiment {
  return experiments.get(formOf(protocol)) as Experiment;
}
