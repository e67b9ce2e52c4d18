/**
 * Single layers on arrays that the caller owns, for people who time and compare kernels. Nothing is copied; kinds,
 * lengths and overlap are checked, numbers are not. Shapes: kernel-requests.ts; on a GPU: device-kernels.ts.
 */
import { knownKeys, oneOf } from '../arguments.js';
import type { FloatArray } from '../native/addon.js';
import { checkFloats, checkLength, dtypeOf } from '../native/arrays.js';
import { addon } from '../native/load.js';
import { activations } from '../network/layers.js';
import {
  type BackwardOf,
  checkArrays,
  checkSizes,
  type ForwardOf,
  type KernelName,
  layerKernels,
  type RequestsOf,
  requests,
  sizeKeys,
} from './kernel-requests.js';

interface OnHost {
  /** Default 'cpu'. */
  readonly backend?: 'cpu' | 'reference';
}
export type SpectralForward = RequestsOf<FloatArray>['spectralForward'] & OnHost;
export type DenseForward = RequestsOf<FloatArray>['denseForward'] & OnHost;
export type SpectralBackward = RequestsOf<FloatArray>['spectralBackward'] & OnHost;
export type DenseBackward = RequestsOf<FloatArray>['denseBackward'] & OnHost;

/** Layers as single calls; each throws invalid_argument naming the array that does not fit. */
export const kernels = layerKernels<FloatArray, OnHost, void>(forward, backward);

function forward(name: KernelName, request: ForwardOf<FloatArray> & OnHost): void {
  const where = `kernels.${name}`;
  knownKeys(where, request, [...sizeKeys, 'backend', 'activation', ...Object.keys(requests[name])]);
  const activation = oneOf(`activation of ${where}`, request.activation ?? 'linear', activations);
  addon().kernels.forward({ ...check(where, name, request), activation });
}

function backward(name: KernelName, request: BackwardOf<FloatArray> & OnHost): void {
  const where = `kernels.${name}`;
  knownKeys(where, request, [...sizeKeys, 'backend', ...Object.keys(requests[name])]);
  addon().kernels.backward(check(where, name, request));
}

/** requests[name] decides which of these are present; the type cannot express it. */
type NativeArrays = Readonly<Record<'x' | 'matrix' | 'y' | 'delta', FloatArray>>;

function check(
  where: string,
  name: KernelName,
  request: (ForwardOf<FloatArray> | BackwardOf<FloatArray>) & OnHost,
) {
  const { batch, inputs, outputs, backend = 'cpu' } = request;
  checkSizes(request);
  oneOf(`backend of ${where}`, backend, ['cpu', 'reference']);
  const dtype = dtypeOf(checkFloats(`x of ${where}`, request.x));
  const arrays = checkArrays(
    where,
    request,
    requests[name],
    (where, value, length, shape) => {
      const array = checkFloats(where, value, dtype);
      checkLength(where, array, length, shape);
      return array;
    },
    overlap,
  ) as NativeArrays;
  return { backend, dtype, batch, inputs, outputs, ...arrays };
}

function overlap(a: FloatArray, b: FloatArray): boolean {
  if (a.buffer !== b.buffer) return false;
  return a.byteOffset < b.byteOffset + b.byteLength && b.byteOffset < a.byteOffset + a.byteLength;
}
