/** Types of the native boundary for one-pass SGD of quadratic networks; names and shapes are those of native/theory/one_pass. */

export interface NativeOnePassRequest {
  readonly chain: boolean;
  readonly spherical: boolean;
  readonly sharedStream: boolean;
  readonly stopAtEscape: boolean;
  readonly students: number;
  readonly inputs: number;
  readonly units: number;
  readonly learningRate: number;
  readonly startNorm: number;
  readonly startOverlap: number;
  /** [teacherUnits] squared norms of the teacher's rows. */
  readonly teacher: Float64Array;
  /** Ascending integers below 2^32. */
  readonly steps: Float64Array;
  readonly escapeLoss: number;
  readonly seed: number;
  readonly trial: number;
  readonly threads: number;
}

/** NaN where a student had ended before. */
export interface NativeOnePassResult {
  /** [students][steps][units][units] */
  readonly q: Float64Array;
  /** [students][steps][units][teacherUnits] */
  readonly r: Float64Array;
  /** [students][steps] */
  readonly loss: Float64Array;
  /** [students] numbers of steps, or NaN. */
  readonly escaped: Float64Array;
  readonly diverged: Float64Array;
}

export interface NativeOnePass {
  /** stop() ends a pending run, which then rejects with "interrupted". Harmless at any time. */
  run(request: NativeOnePassRequest): { readonly promise: Promise<NativeOnePassResult>; stop(): void };
  /** Steps on given inputs: student [units][inputs], teacher [teacherUnits][inputs], x [samples][inputs]. */
  stepThrough(request: {
    readonly spherical: boolean;
    readonly inputs: number;
    readonly units: number;
    readonly teacherUnits: number;
    readonly samples: number;
    readonly learningRate: number;
    readonly student: Float64Array;
    readonly teacher: Float64Array;
    readonly x: Float64Array;
  }): { readonly delta: Float64Array; readonly student: Float64Array };
}
