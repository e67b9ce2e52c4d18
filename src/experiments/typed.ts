/**
 * Functions and types of any experiment, with the types of teacher-student where a protocol names none. Importing this file
 * makes the experiments of the package known.
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

export const parseProtocol = parseAnyProtocol as (text: string, source: string) => Protocol;
export const sweep = sweeps.sweep as {
  (input: ProtocolInput, options: SweepOptions): Promise<SweepResult>;
  <Name extends string>(
    input: OtherProtocol<Name>,
    options: SweepOptions,
  ): Promise<sweeps.SweepResult<summaries.AnyGroupSummary>>;
};
export const estimateSweep = estimate as (
  input: ProtocolInput | OtherProtocol,
  options?: EstimateOptions,
) => Promise<SweepEstimate>;
export const writeSummary = summaries.writeSummary as <
  G extends summaries.GroupSummary = StudentGroupSummary,
  P extends object = StudentPlace,
>(
  directory: string,
  signal?: AbortSignal,
) => Promise<summaries.Summary<G, P>>;
export const runStatus = status.runStatus as <P extends object = StudentPlace>(
  directory: string,
) => Promise<status.RunStatus<P>>;
export const readRecords = readAllRecords as <S = StudentScalars, P extends TrialProtocol = StudentProtocol>(
  directory: string,
) => Promise<TrialRecord<S, P>[]>;
