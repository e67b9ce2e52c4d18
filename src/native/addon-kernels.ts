/** Types of the native boundary: single layers. */
import type { DType, FloatArray } from './dtype.js';

/** Arrays that the caller owns, none copied. Shapes as in kernels.ts. */
export interface NativeKernels {
  forward(request: NativeForward): void;
  backward(request: NativeBackward): void;
}

export interface NativeForward {
  readonly backend: 'reference' | 'cpu';
  readonly dtype: DType;
  readonly batch: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly activation: string;
  readonly x: FloatArray;
  /** eigenvectors with eigenvalues, or weights without. */
  readonly matrix: FloatArray;
  readonly eigenvaluesIn?: FloatArray;
  readonly eigenvaluesOut?: FloatArray;
  readonly bias?: FloatArray;
  /** Filled: pre-activation [batch][outputs] (optional) and output [batch][outputs]. */
  readonly z?: FloatArray;
  readonly y: FloatArray;
}

export interface NativeBackward {
  readonly backend: 'reference' | 'cpu';
  readonly dtype: DType;
  readonly batch: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly x: FloatArray;
  readonly matrix: FloatArray;
  readonly eigenvaluesIn?: FloatArray;
  readonly eigenvaluesOut?: FloatArray;
  /** dL/dz, [batch][outputs]. */
  readonly delta: FloatArray;
  /** Filled where given. */
  readonly gradMatrix?: FloatArray;
  readonly gradEigenvaluesIn?: FloatArray;
  readonly gradEigenvaluesOut?: FloatArray;
  readonly gradBias?: FloatArray;
  readonly gradX?: FloatArray;
}
