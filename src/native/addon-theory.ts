/** Types of the native boundary of src/theory. */

/** @internal A population loss (native/objectives/gaussian) for students of `neurons`; parameters are [n][d], then [n]. */
export interface NativePopulationLoss {
  /** Each returns the loss. `into` is overwritten, and may not be `parameters` or `direction`. */
  value(parameters: Float64Array): number;
  gradient(parameters: Float64Array, into: Float64Array): number;
  hessian(parameters: Float64Array, into: Float64Array): number;
  hessianProduct(parameters: Float64Array, direction: Float64Array, into: Float64Array): void;
}

export interface NativePopulationLossSpec {
  readonly activation: string;
  readonly slope: number;
  readonly neurons: number;
  readonly teacherNeurons: number;
  readonly inputs: number;
  /** Of the teacher: [teacherNeurons][inputs] */
  readonly weights: Float64Array;
  /** [teacherNeurons] */
  readonly outgoing: Float64Array;
}

/** See native/theory/flow/gradient_flow.h. */
export interface NativeFlowOptions {
  readonly solver: 'stiff' | 'nonstiff';
  readonly relative: number;
  readonly absolute: number;
  readonly gradient: number;
  readonly polish: number;
  readonly time: number | undefined;
  readonly loss: number | undefined;
  readonly steps: number;
  readonly times: Float64Array;
}

export interface NativeFlow {
  readonly end: 'minimum' | 'saddle' | 'valley' | 'loss' | 'time' | 'steps' | 'stiff' | 'failed' | 'stopped';
  readonly time: number;
  readonly loss: number;
  readonly parameters: Float64Array;
  readonly gradient: Float64Array;
  /** Of the Hessian at the end, upwards; empty where it is not finite. */
  readonly eigenvalues: Float64Array;
  readonly steps: number;
  readonly rejected: number;
  readonly polished: boolean;
  /** The points at `times`, as far as the flow came. */
  readonly path: readonly Float64Array[];
  /** Time, loss and largest component of the gradient of the start and of each accepted step. */
  readonly trace: Float64Array;
}
