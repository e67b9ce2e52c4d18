/**
 * `eigenstudent/sweep`: experiments of many trials, and what they leave. An entry of its own, so that what reads protocols and
 * records is loaded only by who wants it.
 * @module eigenstudent/sweep
 */

// Sweeps, and what they leave

export { cleanRunDirectory } from './directory/clean.js';
export type { NodeHistory } from './directory/node-history.js';
export type { FailedRecord, FinishedRecord, TrialError, TrialRecord } from './directory/record.js';
export { type DamagedTrial, readRecords } from './directory/run-directory.js';
export {
  type GroupSummary,
  type Statistic,
  type Summary as SweepSummary,
  type TrialFailure,
  writeSummary,
} from './directory/summary.js';
export { type LossHistory, readArrays, type TrialArrays } from './directory/trial-arrays.js';
export { type PresetName, type ProtocolOverrides, preset } from './protocol/presets.js';
export { parseProtocol } from './protocol/protocol.js';
export type { Protocol, ProtocolInput } from './protocol/protocol-schema.js';
export type { TrialProtocol } from './protocol/trials.js';
export { exportRecords, queryRecords } from './query/query.js';
export type { ExportResult, QueryColumn, QueryResult, QueryValue } from './query/query-result.js';
export {
  type BegunTrial,
  type GroupStatus,
  type RunStatus,
  runStatus,
  type Throughput,
} from './query/status.js';
export { effectiveSizesAt, type ThresholdGroup, type ThresholdSizes } from './query/thresholds.js';
export type { TrialCounts } from './query/trial-counts.js';
export type { Worker } from './query/workers.js';
export type { ContinuedTrial, LayerwiseTrial } from './run/batch-options.js';
export { type EstimateOptions, estimateSweep, type SweepEstimate } from './run/estimate.js';
export type { SweepOptions } from './run/plan.js';
export type { ProfilePart, SweepProfile } from './run/profile.js';
export type { SweepProgress } from './run/progress.js';
export type { Shard } from './run/shard.js';
export { type SweepResult, sweep } from './run/sweep.js';

// Sweeps on a cluster

export { cancelSubmissions } from './slurm/cancel.js';
export type { SlurmOptions } from './slurm/options.js';
export { type SlurmJob, type SlurmState, slurmState } from './slurm/state.js';
export {
  planSubmission,
  type SlurmPlan,
  type SlurmSubmission,
  type SubmitOptions,
  submitSweep,
} from './slurm/submit.js';
