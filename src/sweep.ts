/**
 * `eigenstudent/sweep`: experiments of many trials, and what they leave. An entry of its own, so that what reads protocols and
 * records is loaded only by who wants it.
 * @module eigenstudent/sweep
 */

// Sweeps, and what they leave

export { type PresetName, type ProtocolOverrides, preset } from './protocol/presets.js';
export { parseProtocol } from './protocol/protocol.js';
export type { Protocol, ProtocolInput } from './protocol/protocol-schema.js';
export type { TrialProtocol } from './protocol/trials.js';
export { cleanRunDirectory } from './runs/clean.js';
export type { NodeHistory } from './runs/node-history.js';
export { exportRecords, queryRecords } from './runs/query/query.js';
export type { ExportResult, QueryColumn, QueryResult, QueryValue } from './runs/query/query-result.js';
export {
  type BegunTrial,
  type GroupStatus,
  type RunStatus,
  runStatus,
  type Throughput,
} from './runs/query/status.js';
export { effectiveSizesAt, type ThresholdGroup, type ThresholdSizes } from './runs/query/thresholds.js';
export type { TrialCounts } from './runs/query/trial-counts.js';
export type { Worker } from './runs/query/workers.js';
export type { FailedRecord, FinishedRecord, TrialError, TrialRecord } from './runs/record.js';
export { type DamagedTrial, readRecords } from './runs/run-directory.js';
export {
  type GroupSummary,
  type Statistic,
  type Summary as SweepSummary,
  type TrialFailure,
  writeSummary,
} from './runs/summary.js';
export { type LossHistory, readArrays, type TrialArrays } from './runs/trial-arrays.js';
export type { ContinuedTrial, LayerwiseTrial } from './sweep/batch-options.js';
export { type EstimateOptions, estimateSweep, type SweepEstimate } from './sweep/estimate.js';
export type { SweepOptions } from './sweep/plan.js';
export type { ProfilePart, SweepProfile } from './sweep/profile.js';
export type { SweepProgress } from './sweep/progress.js';
export type { Shard } from './sweep/shard.js';
export { type SweepResult, sweep } from './sweep/sweep.js';

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
