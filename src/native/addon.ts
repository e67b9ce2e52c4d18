/**
 * Types of the native boundary. Only src/network calls it (and src/native loads it); arguments have been
 * checked before. Names are those of native/core.
 */

import type { ErrorCode } from '../errors.js';
import type { NativeCuda, NativeDeviceArray } from './addon-cuda.js';
import type { NativeKernels } from './addon-kernels.js';
import type { NativeDescription, NativeNetworkSpec, NativeTerm } from './addon-network.js';
import type { NativeOnePass } from './addon-one-pass.js';
import type {
  NativeFlow,
  NativeFlowOptions,
  NativePopulationLoss,
  NativePopulationLossSpec,
} from './addon-theory.js';
import type { DType, FloatArray } from './dtype.js';

export type {
  NativeCuda,
  NativeCudaDevice,
  NativeDeviceArray,
  NativeDeviceRequest,
  NativeSurvey,
} from './addon-cuda.js';
export type { NativeBackward, NativeForward, NativeKernels } from './addon-kernels.js';
export type {
  NativeDescription,
  NativeLayerSpec,
  NativeNetworkSpec,
  NativePlace,
  NativeTensorSpec,
  NativeTerm,
  NativeUnits,
} from './addon-network.js';
export type {
  NativeFlow,
  NativeFlowOptions,
  NativePopulationLoss,
  NativePopulationLossSpec,
} from './addon-theory.js';
export type { DType, FloatArray } from './dtype.js';

/** Stream of random numbers: see native/core/philox.h. */
export interface NativeStream {
  readonly seed: number;
  readonly trial: number;
  readonly purpose: number;
  readonly part: number;
}

export interface NativeOptimizer {
  readonly kind: 'sgd' | 'adam' | 'adamW';
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

export interface NativeSchedule {
  readonly kind: 'constant' | 'step' | 'cosine';
  readonly base: number;
  readonly warmup: number;
  readonly every: number;
  readonly factor: number;
  readonly total: number;
  readonly minimum: number;
}

/** mask: sum of 1 eigenvectors, 2 eigenvaluesIn, 4 eigenvaluesOut, 8 weights, 16 bias, 32 scale, 64 shift. */
export interface NativePhase {
  readonly mask: number;
  readonly length: number;
  readonly inEpochs: boolean;
}

export interface NativeStudentSpec {
  readonly network: NativeNetworkSpec;
  readonly objective: readonly NativeTerm[];
  /** Absent where the student is only evaluated. */
  readonly trainer?: NativeTrainer;
}

/** Moves of images [channels, height, width] before each step. */
export interface NativeAugmentation {
  readonly shift: number;
  readonly flip: boolean;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

export interface NativeTrainer {
  readonly optimizer: NativeOptimizer;
  readonly learningRate: NativeSchedule;
  readonly phases: readonly NativePhase[];
  readonly data: NativeDataset;
  readonly batchSize: number;
  /** Absent: samples are taken as they are. */
  readonly augment?: NativeAugmentation;
  /** The data are the neurons of a teacher: native/executor/population_pass.h. */
  readonly population: boolean;
  readonly shuffle: boolean;
  /** Whether setData() may replace the data. */
  readonly stream: boolean;
  /** Steps that learning rates and phases count as an epoch; 0: those of the data. */
  readonly clockSteps: number;
  readonly seed: number;
  readonly trial: number;
}

export interface NativePopulationSpec {
  readonly backend: 'reference' | 'cpu' | 'cuda';
  /** Of cuda: indices, as in NativeSurvey; without them the first. */
  readonly devices?: readonly number[];
  readonly dtype: DType;
  readonly threads: number;
  /** The general executor for every student, even where a faster path supports it. */
  readonly general: boolean;
  readonly students: readonly NativeStudentSpec[];
}

/** Opaque: data copied into native memory, shared by the populations that use it. */
export interface NativeDataset {
  readonly samples: number;
}

export interface NativeDatasetSpec {
  readonly dtype: DType;
  readonly samples: number;
  readonly inputCount: number;
  readonly targetCount: number;
  /** [samples][inputCount] */
  readonly inputs: FloatArray;
  /** [samples][targetCount] */
  readonly targets?: FloatArray;
  /** [samples] */
  readonly classes?: Uint32Array;
  /** Further arrays, [samples][width], that terms of an objective name. */
  readonly named?: readonly { readonly name: string; readonly width: number; readonly values: FloatArray }[];
}

/** Without epoch and position: where so many steps through the present data lead. */
export interface NativeCounters {
  readonly step: number;
  readonly updateCount: Float64Array;
  readonly epoch?: number;
  readonly position?: number;
}

export interface NativeProgress {
  readonly step: number;
  readonly epoch: number;
  readonly batchLoss: number;
  readonly secondsTrained: number;
  readonly divergence?: { readonly step: number; readonly layer: number; readonly learningRate: number };
}

/** Which kernels train a student; see native/core/backend.h. */
export interface NativeExecution {
  readonly kernels: 'fused' | 'layerwise' | 'general';
  /** Of the last two: why the student is not trained by faster kernels. */
  readonly reason?: string;
}

export type StateBlock = 'parameters' | 'firstMoment' | 'secondMoment' | 'buffers';

/** Which statistics batch norm uses; those of the batch are over all samples of the data. */
export type Statistics = 'running' | 'batch';

/** @internal */
export interface NativePopulation {
  readonly size: number;
  /** The engine, as in "cpu-avx2" or "cuda-sm90". */
  readonly engine: string;
  /**
   * True while a promise of this population is pending. All but size, engine, busy, bytes, stepsNow, stop and dispose then throw
   * "population_busy". Wrong arguments throw as well; later errors reject the promises.
   */
  readonly busy: boolean;
  /** Native memory held: parameters, moments, scratch. 0 once disposed. */
  readonly bytes: number;
  /**
   * untilEpoch: one per student. Resolves when every student has reached it or stopped training, or stop()
   * was called.
   */
  run(untilEpoch: Float64Array): Promise<void>;
  /**
   * Makes a pending run, evaluation or curve end after the current step: the run then resolves, the other two
   * reject with "interrupted". Harmless at any time.
   */
  stop(): void;
  progress(): NativeProgress[];
  /** Steps done by each student, also while busy; null once disposed, and from a CUDA library. */
  stepsNow(): Float64Array | null;
  /** One per student; null where the backend has only one way. Constant during the population's lifetime. */
  executions(): (NativeExecution | null)[];
  /**
   * Sets of one data set (or null) per student. Resolves with loss and accuracy, [sets][students][2]; accuracy is NaN without
   * classes, and both are NaN for null.
   */
  evaluate(
    data: readonly (readonly (NativeDataset | null)[])[],
    statistics?: Statistics,
  ): Promise<Float64Array>;
  /** Resolves with [samples][outputs] in the population's dtype. */
  predict(student: number, data: NativeDataset, statistics?: Statistics): Promise<FloatArray>;
  /**
   * removalOrder: all nodes of the layer, first removed first. Resolves with [nodes + 1]: loss with k nodes kept. points: the k
   * that are wanted, default all; the general executor leaves the others NaN.
   */
  pruningCurve(
    student: number,
    layer: number,
    removalOrder: Uint32Array,
    data: NativeDataset,
    statistics?: Statistics,
    points?: Uint32Array,
  ): Promise<Float64Array>;
  /** Replaces the running statistics by the means of those of batches, in the order of the data. */
  recalibrate(student: number, data: NativeDataset, batchSize: number): Promise<void>;
  read(student: number, block: StateBlock, into: FloatArray): void;
  write(student: number, block: StateBlock, from: FloatArray): void;
  counters(student: number): NativeCounters;
  setCounters(student: number, counters: NativeCounters): void;
  /** Replaces the samples of a student of a stream by others of the same shapes; the current epoch ends. */
  setData(student: number, data: NativeDataset): void;
  /** Gradient of data loss + penalty over all of `data` as one batch, at the present parameters. */
  gradient(student: number, data: NativeDataset, into: FloatArray): { dataLoss: number; penalty: number };
  /**
   * The same for every student, one set of data (or null) per student, as one promise. ofInputs: those of the inputs, too,
   * [samples][inputs]. statistics: which ones batch norm uses; default 'batch'.
   */
  gradients(
    data: readonly (NativeDataset | null)[],
    ofInputs: boolean,
    statistics?: Statistics,
  ): Promise<
    ({
      readonly parameters: FloatArray;
      readonly inputs?: FloatArray;
      readonly dataLoss: number;
      readonly penalty: number;
    } | null)[]
  >;
  /**
   * Product of the Hessian of data loss + penalty over all of `data` as one batch with a direction, at the present parameters.
   * direction: as a block of parameters, copied. statistics: default 'batch'.
   */
  hessianProduct(
    student: number,
    data: NativeDataset,
    direction: FloatArray,
    statistics?: Statistics,
  ): Promise<FloatArray>;
  /** From start, [parameters], over all of `data` as one batch; of float64 only. The student's parameters stay. */
  gradientFlow(
    student: number,
    data: NativeDataset,
    start: Float64Array,
    options: NativeFlowOptions,
  ): Promise<NativeFlow>;
  /** All nodes of a hidden layer, the first removed first; see native/executor/oracle_order.h. */
  oracleOrder(student: number, layer: number, data: NativeDataset): Promise<Uint32Array>;
  /**
   * Frees native memory, as soon as a pending call has ended; that call is stopped first. Calling it twice is allowed.
   * Afterwards size, engine, busy, bytes, stop and dispose may still be used, all else throws "population_disposed".
   */
  dispose(): void;
}

export interface NativeAddon {
  readonly version: string;
  /** native/core/arithmetic.h: the newest revision, and that of an engine. */
  readonly arithmetic: number;
  arithmeticOf(engine: string): number;
  /** Capabilities of this build and this machine. */
  capabilities(): {
    readonly engine: string;
    readonly isa: string;
    readonly isaAvailable: readonly string[];
    readonly threads: number;
    readonly compiler: string;
  };
  /** Errors that leave native code become `new errorClass(code, message)`; without it, Error with a property `code`. */
  useErrorClass(errorClass: new (code: ErrorCode, message: string) => Error): void;
  Dataset: new (spec: NativeDatasetSpec) => NativeDataset;
  Population: new (spec: NativePopulationSpec) => NativePopulation;
  PopulationLoss: new (spec: NativePopulationLossSpec) => NativePopulationLoss;
  /** starts: [flows][parameters of the loss]. */
  startPopulationFlows(
    loss: NativePopulationLoss,
    starts: Float64Array,
    options: NativeFlowOptions,
    threads: number,
  ): { stop(): void; readonly results: Promise<readonly NativeFlow[]> };
  /** Throws invalid_network with the layer and what was expected. */
  describe(request: {
    readonly network: NativeNetworkSpec;
    readonly objective: readonly NativeTerm[];
  }): NativeDescription;
  fillNormal(stream: NativeStream, mean: number, deviation: number, out: Float64Array): void;
  /** The numbers from, from + 1, ... of the sequence of fillNormal; from is even. */
  fillNormalStretch(
    stream: NativeStream,
    mean: number,
    deviation: number,
    from: number,
    out: Float64Array,
  ): void;
  fillUniform(stream: NativeStream, low: number, high: number, out: Float64Array): void;
  fillPermutation(stream: NativeStream, out: Uint32Array): void;
  readonly kernels: NativeKernels;
  readonly onePass: NativeOnePass;
  readonly cuda: NativeCuda;
  /** Memory on a device whose content is undefined until write(). Needs cuda.open(). */
  DeviceArray: new (
    device: number,
    length: number,
  ) => NativeDeviceArray;
  /** Does nothing; for measuring the cost of a call. */
  noop(): void;
}
