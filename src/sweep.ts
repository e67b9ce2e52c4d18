/**
 * `eigenstudent/sweep`: experiments of many trials, and what they leave. An entry of its own, so that what reads protocols and
 * records programs load only if they use it.
 * @module eigenstudent/sweep
 */

export {
  type BegunTrial,
  estimateSweep,
  type FailedRecord,
  type FinishedRecord,
  type GroupStatus,
  type OtherProtocol,
  parseProtocol,
  type RunStatus,
  readRecords,
  runStatus,
  type SweepResult,
  type SweepSummary,
  sweep,
  type TrialFailure,
  type TrialRecord,
  writeSummary,
} from './experiments/typed.js';

// Sweeps, and what they leave

export {
  type PresetName,
  type PresetOverrides,
  preset,
} from './experiments/teacher-student/protocol/presets.js';
export type { Protocol, ProtocolInput } from './experiments/teacher-student/protocol/schema.js';
export type { StudentProtocol as TrialProtocol } from './experiments/teacher-student/protocol/trial.js';
export {
  type LossHistory,
  readArrays,
  type TrialArrays,
} from './experiments/teacher-student/record/arrays.js';
export type { NodeHistory } from './experiments/teacher-student/record/node-history.js';
export type { StudentGroupSummary as GroupSummary } from './experiments/teacher-student/record/summarize-group.js';
export {
  effectiveSizesAt,
  type ThresholdGroup,
  type ThresholdSizes,
} from './experiments/teacher-student/record/thresholds.js';
export { cleanRunDirectory } from './runs/clean.js';
export { exportRecords, queryRecords } from './runs/query/query.js';
export type { ExportResult, QueryColumn, QueryResult, QueryValue } from './runs/query/query-result.js';
export type { Throughput } from './runs/query/status.js';
export type { TrialCounts } from './runs/query/trial-counts.js';
export type { Worker } from './runs/query/workers.js';
export type { TrialError } from './runs/record.js';
export type { DamagedTrial } from './runs/run-directory.js';
export type { Statistic } from './runs/statistic.js';
export type { ContinuedTrial, LayerwiseTrial } from './sweep/batch-options.js';
export type { EstimateOptions, SweepEstimate } from './sweep/estimate.js';
export type { SweepOptions } from './sweep/plan.js';
export type { ProfilePart, SweepProfile } from './sweep/profile.js';
export type { SweepProgress } from './sweep/progress.js';
export type { Shard } from './sweep/shard.js';

// Experiments of one's own

export type { Figure, LeftOut, Table } from './figures/figure.js';
export { type SafeTensor, safeTensor } from './files/safetensors.js';
export type {
  ExperimentForm,
  GroupMember,
  Place,
  PlaceColumn,
  Scalars,
  Trial,
  TrialProtocol as AnyTrialProtocol,
} from './protocol/experiment-form.js';
export * as fields from './protocol/protocol-fields.js';
export { readTensors, type TrialTensors } from './runs/trial-arrays.js';
export type { BatchOptions, Outcome } from './sweep/batch-options.js';
export { defineExperiment, type TrialOf } from './sweep/define-experiment.js';
export {
  type Calibration,
  type CalibrationPlan,
  type Experiment,
  type Runner,
  registerExperiment,
  type SummaryColumn,
  type Timing,
} from './sweep/experiment.js';
export type { LiveView } from './sweep/live-view.js';
export { type OneByOneOptions, oneByOne, type TrialResult, type TrialRun } from './sweep/one-by-one.js';
export type { FigureMaker, PlainReport, ReportContent } from './sweep/report-content.js';
export type { Fact } from './sweep/report-facts.js';

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
