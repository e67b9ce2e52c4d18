/**
 * An experiment: its form (src/protocol/experiment-form.ts), how its trials are run, and how their results are
 * presented.
 */

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
  /** Written by `eigenstudent init`: a protocol whose fields are commented. */
  readonly template: string;
  /** Protocols by the names that `eigenstudent reproduce --preset` takes: `quick`, and others. */
  readonly presets?: Readonly<Record<string, object>>;
  /** A preset modified by options of the command line. Default: `epochs` and `trials` are fields of the protocol. */
  overridden?(preset: object, overrides: ProtocolOverrides): object;

  /** The protocol with relative paths resolved against a folder. Default: the protocol names no files. */
  fromFolder?(protocol: ProtocolDocument, folder: string): ProtocolDocument;
  /** The protocol with the facts about its files that keys of trials depend on. Default: the protocol names no files. */
  resolve?(protocol: ProtocolDocument): Promise<ProtocolDocument>;
  /**
   * Warnings about fields that are valid but probably unintended.
   * @param directory of the run, for advice
   */
  warnings?(protocol: ProtocolDocument, directory: string): string[];

  /** Memory of a trial in a batch, in bytes: an upper estimate. */
  bytesOf(trial: P): number;
  /** Memory of a trial alone, and its parts as text; for the error of a trial that does not fit. */
  memoryOf?(trial: P): { readonly bytes: number; readonly parts: string };
  /** Trials of one batch have the same value and the same dtype. Default: any trials. */
  batchKindOf?(trial: P): string;
  /**
   * Called once per process that works on a run directory.
   * @param signal aborting it ends the preparation
   */
  open(protocol: ProtocolDocument, signal?: AbortSignal): Runner<P>;
  /** Required by `--dry-run` to estimate the time of a sweep. Default: it reports trials and memory alone. */
  readonly timing?: Timing<P>;

  /** Columns of the table of groups, after those of place and settings. Default: every statistic of summarizeGroup. */
  readonly summaryColumns?: readonly SummaryColumn[];
  /** Text below that table. */
  summaryNotes?(summary: Summary): string[];
  /**
   * A sentence about trials that did not learn. Default: their number.
   * @param count at least 1
   */
  didNotLearnNote?(count: number): string;
  /** Effective sizes at other thresholds; only where relevance is kept. */
  thresholds?(directory: string, thresholds: readonly number[]): Promise<ThresholdTable>;
  /** Prunes a finished trial; only where trials keep a network. */
  pruneTrial?(directory: string, choice: TrialChoice): Promise<PrunedTrial>;
  /**
   * Content of report.html and figures/. Default: facts and a table of the scalars.
   * @param plain reads the run, and returns its finished records and that default content, which an experiment may
   *   extend
   */
  report?(directory: string, plain: () => Promise<PlainReport>): Promise<ReportContent>;
  /** Charts on the page of `watch`. Default: trials by state, without charts. */
  readonly live?: LiveView;
}

/** Options of the command line that modify a preset. */
export interface ProtocolOverrides {
  readonly widths?: readonly number[];
  readonly epochs?: number;
  readonly trials?: number;
}

/** Trains the trials of a run in one process. */
export interface Runner<P extends TrialProtocol = TrialProtocol> {
  /**
   * Runs trials side by side, each to a record: an error of one trial fails that trial alone.
   * @param trials of one dtype and one batchKindOf
   * @throws interrupted; errors of onTrial; errors that do not belong to one trial, as out_of_memory
   */
  runBatch(trials: readonly Trial<P>[], options: BatchOptions): Promise<void>;
  /**
   * Number of trials that run side by side, on a CPU no more than the threads that the user asked for; a process claims no
   * more at once. Default: as many as fill the device.
   */
  readonly atOnce?: number;
  /** Times steps of trials like this one. Discards what it trains. */
  calibrate?(example: P, plan: CalibrationPlan): Promise<Calibration<P>>;
}

export interface Timing<P extends TrialProtocol = TrialProtocol> {
  /** Equal for trials whose steps take the same time. */
  shapeOf(trial: P): string;
  /** Useful operations of a step, a multiply-add counting as two. */
  operationsPerStep(trial: P): number;
  /** Useful operations of the whole trial. */
  operationsOf(trial: P): number;
  /** Number of evaluations during training. */
  reportsOf(trial: P): number;
}

export interface CalibrationPlan {
  readonly chosen: ChosenDevice;
  readonly threads?: number;
  /** Number of students side by side, as many as the device computes at once. */
  readonly students: number;
  /** Seconds for timing steps. */
  readonly seconds: number;
}

/** Wall-clock times, in seconds. */
export interface Calibration<P extends TrialProtocol = TrialProtocol> {
  readonly protocol: P;
  readonly engine: string;
  /** One step of every student, `students` of them side by side. */
  readonly step: number;
  /** Half the range over the timed slices, relative to their median. */
  readonly noise: number;
  /** Whether students of this size train one after the other, each on the whole device. */
  readonly inTurn: boolean;
  /** One report, per student. */
  readonly report: number;
  /** The measurements after training, per student. */
  readonly end: number;
}

/** A column of the table of groups. */
export interface SummaryColumn {
  readonly heading: string;
  /** The cell in the row of a group. */
  readonly cell: (group: GroupSummary) => string | number;
  /** Whether the column is shown. Default: always. */
  readonly isShown?: (groups: readonly GroupSummary[]) => boolean;
}

/**
 * Which trial `eigenstudent prune` selects, and how many nodes it removes: at most one of keep, percentile and
 * maxDegradation.
 */
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
  /** Stem of its file's name. */
  readonly name: string;
  readonly notes: readonly string[];
  /** Fields of the JSON output. */
  readonly answer: object;
  readonly text: string;
}

/** Output of `eigenstudent thresholds`. */
export interface ThresholdTable {
  readonly groups: readonly GroupSummary[];
  readonly failures: Summary['failures'];
  readonly damaged: Summary['damaged'];
  readonly columns: readonly SummaryColumn[];
}

const experiments = new WeakMap<ExperimentForm, Experiment>();

/**
 * Registers an experiment: protocols that name it are read, swept, resumed, queried and reported like those of this
 * package. It replaces an experiment of the same name.
 * @returns a function that removes it again
 * @throws invalid_argument for names that the sweep reserves, and for other definitions that would lose trials or
 *   numbers
 */
export function registerExperiment<Point extends object, P extends TrialProtocol, S>(
  experiment: Experiment<Point, P, S>,
): () => void {
  // Its methods receive only values that its own schemas have checked.
  const checked = experiment as unknown as Experiment;
  checkExperiment(checked);
  const remove = registerForm(checked);
  experiments.set(checked, checked);
  return remove;
}

/**
 * The experiment of a protocol or of a trial.
 * @throws invalid_protocol for a name that no experiment has
 */
export function experimentOf(protocol: { readonly experiment?: string }): Experiment {
  return experiments.get(formOf(protocol)) as Experiment;
}
