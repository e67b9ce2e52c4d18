/**
 * Functions and types of any experiment, with the types of teacher-student where a protocol names none. Importing this
 * file registers the experiments of the package.
 */
import './index.js';
import type { TrialProtocol } from '../protocol/experiment-form.js';
import { parseProtocol as parseAnyProtocol } from '../protocol/protocol.js';
import * as status from '../runs/query/status.js';
import type * as records from '../runs/record.js';
import { readRecords as readAllRecords } from '../runs/run-directory.js';
import * as summaries from '../runs/summary.js';
import { type EstimateOptions, estimateSweep as estimate, type SweepEstimate } from '../sweep/estimate.js';
import type { SweepOptions } from '../sweep/plan.js';
import * as sweeps from '../sweep/sweep.js';
import type { StudentPlace } from './teacher-student/protocol/place.js';
import type { Protocol, ProtocolInput } from './teacher-student/protocol/schema.js';
import type { StudentProtocol } from './teacher-student/protocol/trial.js';
import type { StudentScalars } from './teacher-student/record/scalars.js';
import type { StudentGroupSummary } from './teacher-student/record/summarize-group.js';

/** A protocol of an experiment other than teacher-student. */
export interface OtherProtocol<Name extends string = string> {
  readonly experiment: Name extends 'teacher-student' ? never : Name;
  readonly [field: string]: unknown;
}

export type TrialRecord<S = StudentScalars, P extends TrialProtocol = StudentProtocol> = records.TrialRecord<
  S,
  P
>;
export type FinishedRecord<
  S = StudentScalars,
  P extends TrialProtocol = StudentProtocol,
> = records.FinishedRecord<S, P>;
export type FailedRecord<
  S = StudentScalars,
  P extends TrialProtocol = StudentProtocol,
> = records.FailedRecord<S, P>;
export type SweepSummary = summaries.Summary<StudentGroupSummary, StudentPlace>;
export type TrialFailure = summaries.TrialFailure<StudentPlace>;
export type SweepResult = sweeps.SweepResult<StudentGroupSummary, StudentPlace>;
export type RunStatus = status.RunStatus<StudentPlace>;
export type GroupStatus = status.GroupStatus<StudentPlace>;
export type BegunTrial = status.BegunTrial<StudentPlace>;

/**
 * A protocol from YAML, checked, with every default written out.
 * @param source name of the text in messages; usually the path of the file
 * @throws invalid_protocol: for a syntax error its line and column, otherwise every invalid field, by line and path,
 *   with the expected and the received value
 */
export const parseProtocol = parseAnyProtocol as (text: string, source: string) => Protocol;
/**
 * Trains every trial of the protocol that the directory lacks, and writes each as soon as it has finished, then
 * summary.json. Unfinished trials are kept as checkpoints, from which they continue bit for bit on the same engine. A
 * trial that diverges becomes a record with an error; the others continue. Any number of processes may work on one
 * directory: one process holds the lock of a trial until the trial has ended or the process is dead, and each call ends
 * when all trials have.
 * @param input made by parseProtocol or preset, or the same as a plain object. A protocol that requests more trials
 *   than the one in the directory replaces it there; of one that requests fewer only those trials are trained
 * @throws invalid_protocol, invalid_argument, addon_missing, cuda_unavailable, out_of_memory (a trial that does not
 *   fit, before anything is written), run_directory_conflict, file_unwritable (finished trials are kept), interrupted
 *   (likewise), file_unsupported when the directory has records of another schema or experiment, which are left
 *   unchanged
 */
export const sweep = sweeps.sweep as {
  (input: ProtocolInput, options: SweepOptions): Promise<SweepResult>;
  <Name extends string>(
    input: OtherProtocol<Name>,
    options: SweepOptions,
  ): Promise<sweeps.SweepResult<summaries.AnyGroupSummary>>;
};
/**
 * Counts the trials of a sweep and trains a few students briefly; writes nothing. The time covers training and
 * evaluation; writing records takes additional time, and trials that diverge early take less.
 * @throws invalid_protocol, invalid_argument, run_directory_conflict, addon_missing, cuda_unavailable, out_of_memory
 */
export const estimateSweep = estimate as (
  input: ProtocolInput | OtherProtocol,
  options?: EstimateOptions,
) => Promise<SweepEstimate>;
/**
 * Summary of the records in a run directory; also written to its summary.json.
 * @param signal aborting it ends the work with its reason, and the earlier file stays
 * @throws file_unreadable when there is no run in the directory; invalid_protocol; file_unwritable
 */
export const writeSummary = summaries.writeSummary as <
  G extends summaries.GroupSummary = StudentGroupSummary,
  P extends object = StudentPlace,
>(
  directory: string,
  signal?: AbortSignal,
) => Promise<summaries.Summary<G, P>>;
/**
 * The state of a run directory and of the processes that work on it, from its files alone.
 * @throws file_unreadable when it is no run directory; invalid_protocol
 */
export const runStatus = status.runStatus as <P extends object = StudentPlace>(
  directory: string,
) => Promise<status.RunStatus<P>>;
/**
 * Every record in a run directory, by key; unfinished and damaged trials are left out.
 * @throws file_unreadable when it is not a run directory
 */
export const readRecords = readAllRecords as <S = StudentScalars, P extends TrialProtocol = StudentProtocol>(
  directory: string,
) => Promise<TrialRecord<S, P>[]>;
