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
