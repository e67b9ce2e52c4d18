/**
 * `eigenstudent`: networks, populations of students and their training, pruning, kernels. Whole experiments, analysis and files have
 * entries of their own.
 * @module eigenstudent
 */

// What a network is made of

export { nodeSymmetry } from './network/activation-symmetry.js';
export type { Evaluation } from './network/evaluation.js';
export {
  type ActivationOptions,
  activation,
  add,
  type BatchNormOptions,
  batchNorm,
  concat,
} from './network/graph-layers.js';
export {
  averagePool2d,
  type Conv2dOptions,
  type ConvTranspose2dOptions,
  conv2d,
  convTranspose2d,
  flatten,
  globalAveragePool,
  maxPool2d,
  type PoolOptions,
  type Size2d,
  type SpectralConv2dOptions,
  spectralConv2d,
  type WindowOptions,
} from './network/image-layers.js';
export {
  type Activation,
  type ActivationLayer,
  type AddLayer,
  type BatchNormLayer,
  type ConcatLayer,
  type DenseLayer,
  type DenseOptions,
  dense,
  type Initializer,
  type Layer,
  type LayerPlace,
  type MatrixLayer,
  type SpectralLayer,
  type SpectralOptions,
  spectral,
  sum,
  type TensorName,
} from './network/layers.js';
export { Network, type NetworkOptions, type NetworkSpec, type StatisticsOptions } from './network/network.js';
export { residual } from './network/residual.js';
export type { LayerOrBlock, ResidualBlock, ResidualOptions } from './network/residual-block.js';
export type { Loss } from './network/spec.js';

// Data, and who labels them

export { type GaussianOptions, gaussianInputs } from './data/gaussian.js';
export type { Splits } from './data/splits.js';
export { Dataset, type DatasetOptions } from './network/dataset.js';
export type { ImageShape } from './network/image-shape.js';
export { Teacher } from './teacher/teacher.js';

// Students and their training

export type { Device, DeviceOptions } from './network/device.js';
export type { Augmentation, AugmentationPlan } from './population/augmentation.js';
export type { Gradient } from './population/gradient.js';
export {
  adam,
  adamW,
  constant,
  cosine,
  type Optimizer,
  type Schedule,
  sgd,
  stepDecay,
} from './population/optimizers.js';
export { alternating, type Phase } from './population/phases.js';
export { Population, type PopulationOptions } from './population/population.js';
export type { Execution, Progress, Student, StudentState } from './population/student.js';
export type { SplitData, StudentOptions, StudentPlan } from './population/student-options.js';
export { restoreCheckpoint, saveCheckpoint } from './training/checkpoint.js';
export { type FineTuneOptions, fineTune } from './training/fine-tune.js';
export type { CheckpointOptions, EarlyStopping, TrainOptions } from './training/options.js';
export type { LayerwiseStudent, Stopped, StudentDivergence, TrainReport } from './training/report.js';
export { train } from './training/train.js';

// Finding and cutting out the sub-network

export type { LayerChoice } from './pruning/chosen-groups.js';
export { type CurveOptions, type PruningCurve, pruningCurve } from './pruning/curve.js';
export { inputRelevance } from './pruning/input-relevance.js';
export type { Scope } from './pruning/joint-order.js';
export type { Metric } from './pruning/metric.js';
export {
  type PrunedUntil,
  type PruneOptions,
  type PruneUntilOptions,
  prune,
  pruneUntil,
  type RoundOptions,
} from './pruning/prune.js';
export {
  type BeforeAndAfter,
  type PrunedLayer,
  type PrunedNetwork,
  type PruneNetworkOptions,
  pruneNetwork,
} from './pruning/prune-network.js';
export { rank } from './pruning/ranking.js';
export { type Ranking, type RemovalOptions, removalOrder } from './pruning/rankings.js';
export { type RecalibrateOptions, recalibrate } from './pruning/recalibrate.js';
export { type Criterion, type CriterionOptions, relevance } from './pruning/relevance.js';

// Numbers in, numbers out; the rest of it is eigenstudent/analysis, and whole experiments are eigenstudent/sweep

export { type EffectiveSizeOptions, effectiveSize, normalize } from './analysis/effective-size.js';
export { type Histogram, type HistogramOptions, histogram } from './analysis/histogram.js';
export { type Summary, summarize } from './analysis/summary.js';
export { seededRandom } from './network/random.js';

// Files, kernels, errors

export { EigenstudentError, type ErrorCode } from './errors.js';
export {
  readSafetensors,
  type SafeTensor,
  type SafetensorsFile,
  type UnreadTensor,
  writeSafetensors,
} from './files/safetensors.js';
export { DeviceArray, type DeviceArrayOptions } from './kernels/device-array.js';
export {
  type DeviceDenseBackward,
  type DeviceDenseForward,
  type DeviceSpectralBackward,
  type DeviceSpectralForward,
  type DeviceTime,
  deviceKernels,
} from './kernels/device-kernels.js';
export {
  type DenseBackward,
  type DenseForward,
  kernels,
  type SpectralBackward,
  type SpectralForward,
} from './kernels/kernels.js';
export type { DType, FloatArray } from './native/addon.js';
