/**
 * The arguments of layer kernels: which arrays, of which shape, under which native name. The same for arrays
 * in host memory (kernels.ts) and on a device (device-kernels.ts). Letters: batch B, inputs N_in, outputs
 * N_out; matrices row-major.
 */
import { invalid } from '../arguments.js';
import { elementCount } from '../native/arrays.js';
import type { Activation } from '../network/layers.js';

/** The arrays of a kernel: typed arrays in host memory, or DeviceArrays. */
interface Sizes {
  readonly batch: number;
  readonly inputs: number;
  readonly outputs: number;
}
interface Spectral<Numbers> {
  /** phi [N_out][N_in] */
  readonly eigenvectors: Numbers;
  /** [N_in] */
  readonly eigenvaluesIn: Numbers;
  /** [N_out] */
  readonly eigenvaluesOut: Numbers;
}
interface Dense<Numbers> {
  /** W [N_out][N_in] */
  readonly weights: Numbers;
}
interface Forward<Numbers> extends Sizes {
  /** [B][N_in] */
  readonly x: Numbers;
  /** [N_out] */
  readonly bias?: Numbers;
  /** Default 'linear'. */
  readonly activation?: Activation;
  /** Filled where given: pre-activation [B][N_out]. */
  readonly z?: Numbers;
  /** Filled: output [B][N_out]. */
  readonly y: Numbers;
}
interface Backward<Numbers> extends Sizes {
  /** [B][N_in] */
  readonly x: Numbers;
  /** dL/dz [B][N_out] */
  readonly delta: Numbers;
  /** Filled where given: [N_out]. */
  readonly gradBias?: Numbers;
  /** Filled where given: [B][N_in]. */
  readonly gradX?: Numbers;
}
interface SpectralForwardOf<Numbers> extends Forward<Numbers>, Spectral<Numbers> {}
interface DenseForwardOf<Numbers> extends Forward<Numbers>, Dense<Numbers> {}
interface SpectralBackwardOf<Numbers> extends Backward<Numbers>, Spectral<Numbers> {
  /** Filled where given: [N_out][N_in]. */
  readonly gradEigenvectors?: Numbers;
  /** Filled where given: [N_in]. */
  readonly gradEigenvaluesIn?: Numbers;
  /** Filled where given: [N_out]. */
  readonly gradEigenvaluesOut?: Numbers;
}
interface DenseBackwardOf<Numbers> extends Backward<Numbers>, Dense<Numbers> {
  /** Filled where given: [N_out][N_in]. */
  readonly gradWeights?: Numbers;
}

/** The arguments of each kernel. */
export interface RequestsOf<Numbers> {
  readonly spectralForward: SpectralForwardOf<Numbers>;
  readonly denseForward: DenseForwardOf<Numbers>;
  readonly spectralBackward: SpectralBackwardOf<Numbers>;
  readonly denseBackward: DenseBackwardOf<Numbers>;
}

/** The kernels on one kind of array; every request has `Options`. */
export interface Kernels<Numbers, Options, Answer> {
  /** z = x W^T + bias with W_ij = (eigenvaluesIn_j - eigenvaluesOut_i) eigenvectors_ij, y = f(z). */
  spectralForward(request: SpectralForwardOf<Numbers> & Options): Answer;
  /** z = x W^T + bias, y = f(z). */
  denseForward(request: DenseForwardOf<Numbers> & Options): Answer;
  /** Gradients with respect to eigenvectors, eigenvalues, bias and x, from delta = dL/dz. */
  spectralBackward(request: SpectralBackwardOf<Numbers> & Options): Answer;
  /** Gradients with respect to weights, bias and x, from delta = dL/dz. */
  denseBackward(request: DenseBackwardOf<Numbers> & Options): Answer;
}

/** The four kernels, from one function for both forward and one for both backward kernels. */
export function layerKernels<Numbers, Options, Answer>(
  forward: (name: KernelName, request: ForwardOf<Numbers> & Options) => Answer,
  backward: (name: KernelName, request: BackwardOf<Numbers> & Options) => Answer,
): Kernels<Numbers, Options, Answer> {
  return {
    spectralForward: (request) => forward('spectralForward', request),
    denseForward: (request) => forward('denseForward', request),
    spectralBackward: (request) => backward('spectralBackward', request),
    denseBackward: (request) => backward('denseBackward', request),
  };
}

export type ForwardOf<Numbers> = SpectralForwardOf<Numbers> | DenseForwardOf<Numbers>;
export type BackwardOf<Numbers> = SpectralBackwardOf<Numbers> | DenseBackwardOf<Numbers>;

type Length = 'BI' | 'BO' | 'OI' | 'I' | 'O';
export interface Field {
  readonly length: Length;
  /** The native name where it differs. */
  readonly as?: string;
  readonly filled?: boolean;
  readonly optional?: boolean;
}
export type Fields = Readonly<Record<string, Field>>;

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

export const requests = {
  spectralForward: { ...forwardFields, ...spectralFields },
  denseForward: { ...forwardFields, ...denseFields },
  spectralBackward: { ...backwardFields, ...spectralFields, ...spectralGradients },
  denseBackward: { ...backwardFields, ...denseFields, ...denseGradients },
} satisfies Readonly<Record<string, Fields>>;
export type KernelName = keyof typeof requests;

export const sizeKeys = ['batch', 'inputs', 'outputs'] as const;

/** @throws invalid_argument where a product of sizes is more than an array can hold */
export function checkSizes({ batch, inputs, outputs }: Sizes): void {
  elementCount({ batch, inputs });
  elementCount({ batch, outputs });
  elementCount({ outputs, inputs });
}

/** An array of a request, with its properties. */
interface Given<Numbers> {
  readonly name: string;
  readonly field: Field;
  readonly array: Numbers;
}

/**
 * Every array of the request under its native name.
 * @param check one array: its kind and its length, which `shape` explains in words
 * @param shareMemory whether filling one would change the other, which is refused
 */
export function checkArrays<Numbers>(
  where: string,
  request: Sizes,
  fields: Fields,
  check: (where: string, value: unknown, length: number, shape: string) => Numbers,
  shareMemory: (a: Numbers, b: Numbers) => boolean,
): Record<string, Numbers> {
  const { batch: B, inputs: I, outputs: O } = request;
  const lengths: Record<Length, number> = { BI: B * I, BO: B * O, OI: O * I, I, O };
  const given: Readonly<Record<string, unknown>> = { ...request };
  const arrays = Object.entries(fields).flatMap(([name, field]): Given<Numbers>[] => {
    if (given[name] === undefined && field.optional) return [];
    const shape = [...field.length].map((letter) => ({ B, I, O })[letter as 'B' | 'I' | 'O']).join(' x ');
    const array = check(`${name} of ${where}`, given[name], lengths[field.length], shape);
    return [{ name, field, array }];
  });
  for (const one of arrays.filter(({ field }) => field.filled)) {
    const other = arrays.find((candidate) => candidate !== one && shareMemory(candidate.array, one.array));
    if (other)
      throw invalid(`${one.name} of ${where}`, `memory of its own, not that of ${other.name}`, one.array);
  }
  return Object.fromEntries(arrays.map(({ name, field, array }) => [field.as ?? name, array]));
}
