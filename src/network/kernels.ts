/**
 * Single layers on arrays that the caller owns, for people who time and compare kernels. Nothing is copied; kinds,
 * lengths and overlap are checked, numbers are not. Letters: batch B, inputs N_in, outputs N_out; matrices row-major.
 */
import { invalid, knownKeys, oneOf } from '../arguments.js';
import type { FloatArray } from '../native/addon.js';
import { addon } from '../native/load.js';
import { checkFloats, checkLength, dtypeOf, elementCount } from './arrays.js';
import { type Activation, activations } from './layers.js';

interface Sizes {
  readonly batch: number;
  readonly inputs: number;
  readonly outputs: number;
  /** Default 'cpu'. */
  readonly backend?: 'cpu' | 'reference';
}
interface Spectral {
  /** phi [N_out][N_in] */
  readonly eigenvectors: FloatArray;
  /** [N_in] */
  readonly eigenvaluesIn: FloatArray;
  /** [N_out] */
  readonly eigenvaluesOut: FloatArray;
}
interface Dense {
  /** W [N_out][N_in] */
  readonly weights: FloatArray;
}
interface Forward extends Sizes {
  /** [B][N_in] */
  readonly x: FloatArray;
  /** [N_out] */
  readonly bias?: FloatArray;
  /** Default 'linear'. */
  readonly activation?: Activation;
  /** Filled where given: pre-activation [B][N_out]. */
  readonly z?: FloatArray;
  /** Filled: output [B][N_out]. */
  readonly y: FloatArray;
}
interface Backward extends Sizes {
  /** [B][N_in] */
  readonly x: FloatArray;
  /** dL/dz [B][N_out] */
  readonly delta: FloatArray;
  /** Filled where given: [N_out]. */
  readonly gradBias?: FloatArray;
  /** Filled where given: [B][N_in]. */
  readonly gradX?: FloatArray;
}
export type SpectralForward = Forward & Spectral;
export type DenseForward = Forward & Dense;
export interface SpectralBackward extends Backward, Spectral {
  /** Filled where given: [N_out][N_in]. */
  readonly gradEigenvectors?: FloatArray;
  /** Filled where given: [N_in]. */
  readonly gradEigenvaluesIn?: FloatArray;
  /** Filled where given: [N_out]. */
  readonly gradEigenvaluesOut?: FloatArray;
}
export interface DenseBackward extends Backward, Dense {
  /** Filled where given: [N_out][N_in]. */
  readonly gradWeights?: FloatArray;
}

type Length = 'BI' | 'BO' | 'OI' | 'I' | 'O';
interface Field {
  readonly length: Length;
  /** The native name where it differs. */
  readonly as?: string;
  readonly filled?: boolean;
  readonly optional?: boolean;
}
type Fields = Readonly<Record<string, Field>>;

const filled = { filled: true, optional: true } as const;
const x: Field = { length: 'BI' };
const spectralFields: Fields = {
  eigenvectors: { length: 'OI', as: 'matrix' },
  eigenvaluesIn: { length: 'I' },
  eigenvaluesOut: { length: 'O' },
};
const denseFields: Fields = { weights: { length: 'OI', as: 'matrix' } };
const forwardFields: Fields = {
  x,
  bias: { length: 'O', optional: true },
  z: { length: 'BO', ...filled },
  y: { length: 'BO', filled: true },
};
const backwardFields: Fields = {
  x,
  delta: { length: 'BO' },
  gradBias: { length: 'O', ...filled },
  gradX: { length: 'BI', ...filled },
};
const spectralGradients: Fields = {
  gradEigenvectors: { length: 'OI', as: 'gradMatrix', ...filled },
  gradEigenvaluesIn: { length: 'I', ...filled },
  gradEigenvaluesOut: { length: 'O', ...filled },
};
const denseGradients: Fields = { gradWeights: { length: 'OI', as: 'gradMatrix', ...filled } };

const sizeKeys = ['batch', 'inputs', 'outputs', 'backend'] as const;

/** Layers as single calls; each throws invalid_argument naming the array that does not fit. */
export const kernels = {
  /** z = x W^T + bias with W_ij = (eigenvaluesIn_j - eigenvaluesOut_i) eigenvectors_ij, y = f(z). */
  spectralForward(request: SpectralForward): void {
    forward('kernels.spectralForward', request, { ...forwardFields, ...spectralFields });
  },
  /** z = x W^T + bias, y = f(z). */
  denseForward(request: DenseForward): void {
    forward('kernels.denseForward', request, { ...forwardFields, ...denseFields });
  },
  /** Gradients with respect to eigenvectors, eigenvalues, bias and x, from delta = dL/dz. */
  spectralBackward(request: SpectralBackward): void {
    const fields = { ...backwardFields, ...spectralFields, ...spectralGradients };
    backward('kernels.spectralBackward', request, fields);
  },
  /** Gradients with respect to weights, bias and x, from delta = dL/dz. */
  denseBackward(request: DenseBackward): void {
    backward('kernels.denseBackward', request, { ...backwardFields, ...denseFields, ...denseGradients });
  },
};

function forward(where: string, request: Forward, fields: Fields): void {
  knownKeys(where, request, [...sizeKeys, 'activation', ...Object.keys(fields)]);
  const activation = oneOf(`activation of ${where}`, request.activation ?? 'linear', activations);
  const { backend, batch, inputs, outputs } = checkSizes(where, request);
  const arrays = checkArrays(where, request, fields);
  const dtype = dtypeOf(request.x);
  addon().kernels.forward({ backend, dtype, batch, inputs, outputs, activation, ...arrays });
}

function backward(where: string, request: Backward, fields: Fields): void {
  knownKeys(where, request, [...sizeKeys, ...Object.keys(fields)]);
  const { backend, batch, inputs, outputs } = checkSizes(where, request);
  const arrays = checkArrays(where, request, fields);
  const dtype = dtypeOf(request.x);
  addon().kernels.backward({ backend, dtype, batch, inputs, outputs, ...arrays });
}

function checkSizes(where: string, { batch, inputs, outputs, backend = 'cpu' }: Sizes) {
  elementCount({ batch, inputs });
  elementCount({ batch, outputs });
  elementCount({ outputs, inputs });
  return { backend: oneOf(`backend of ${where}`, backend, ['cpu', 'reference']), batch, inputs, outputs };
}

/** `fields` decides which of these are there; the type does not know. */
type NativeArrays = Readonly<Record<'x' | 'matrix' | 'y' | 'delta', FloatArray>>;

/** Every array of the request under its native name: all of one kind, of the right length, none filled that another is. */
function checkArrays(where: string, request: Sizes, fields: Fields): NativeArrays {
  const { batch: B, inputs: I, outputs: O } = request;
  const lengths: Record<Length, number> = { BI: B * I, BO: B * O, OI: O * I, I, O };
  const given: Readonly<Record<string, unknown>> = { ...request };
  const dtype = dtypeOf(checkFloats(`x of ${where}`, given.x));
  const arrays = Object.entries(fields).flatMap(([name, field]) => {
    if (given[name] === undefined && field.optional) return [];
    const array = checkFloats(`${name} of ${where}`, given[name], dtype);
    const shape = [...field.length].map((letter) => ({ B, I, O })[letter as 'B' | 'I' | 'O']).join(' x ');
    checkLength(`${name} of ${where}`, array, lengths[field.length], shape);
    return [{ name, field, array }];
  });
  for (const one of arrays.filter(({ field }) => field.filled)) {
    const other = arrays.find((candidate) => candidate !== one && overlap(candidate.array, one.array));
    if (other)
      throw invalid(`${one.name} of ${where}`, `memory of its own, not that of ${other.name}`, one.array);
  }
  return Object.fromEntries(
    arrays.map(({ name, field, array }) => [field.as ?? name, array]),
  ) as NativeArrays;
}

function overlap(a: FloatArray, b: FloatArray): boolean {
  if (a.buffer !== b.buffer) return false;
  return a.byteOffset < b.byteOffset + b.byteLength && b.byteOffset < a.byteOffset + a.byteLength;
}
