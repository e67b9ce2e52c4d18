/**
 * The layers of kernels.ts on arrays in the memory of a GPU, each call timed there. Nothing is copied; lengths, devices and
 * overlap are checked, numbers are not.
 */
import { invalid, knownKeys, oneOf } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { addon } from '../native/load.js';
import { activations } from '../network/layers.js';
import { DeviceArray } from './device-array.js';
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

export type DeviceSpectralForward = RequestsOf<DeviceArray>['spectralForward'];
export type DeviceDenseForward = RequestsOf<DeviceArray>['denseForward'];
export type DeviceSpectralBackward = RequestsOf<DeviceArray>['spectralBackward'];
export type DeviceDenseBackward = RequestsOf<DeviceArray>['denseBackward'];

export interface DeviceTime {
  /** Time of the kernels on the GPU, between two CUDA events: without the call and without copies. */
  readonly milliseconds: number;
}

/** Each waits until its outputs are complete, and throws invalid_argument naming the array that does not fit. */
export const deviceKernels = layerKernels<DeviceArray, object, DeviceTime>(forward, backward);

function forward(name: KernelName, request: ForwardOf<DeviceArray>): DeviceTime {
  const where = `deviceKernels.${name}`;
  knownKeys(where, request, [...sizeKeys, 'activation', ...Object.keys(requests[name])]);
  const activation = oneOf(`activation of ${where}`, request.activation ?? 'linear', activations);
  return { milliseconds: addon().cuda.forward({ ...check(where, name, request), activation }) };
}

function backward(name: KernelName, request: BackwardOf<DeviceArray>): DeviceTime {
  const where = `deviceKernels.${name}`;
  knownKeys(where, request, [...sizeKeys, ...Object.keys(requests[name])]);
  return { milliseconds: addon().cuda.backward(check(where, name, request)) };
}

function check(where: string, name: KernelName, request: ForwardOf<DeviceArray> | BackwardOf<DeviceArray>) {
  const { batch, inputs, outputs, x } = request;
  checkSizes(request);
  const arrays = checkArrays(
    where,
    request,
    requests[name],
    (where, value, length, shape) => {
      if (!(value instanceof DeviceArray))
        throw invalid(where, 'a DeviceArray (see DeviceArray.from)', value);
      if (value.length !== length)
        throw misfit(where, `length ${length} (${shape})`, `one of length ${value.length}`);
      if (value.device !== x.device)
        throw misfit(where, `a DeviceArray on GPU ${x.device}, as x`, `one on GPU ${value.device}`);
      return value;
    },
    (a, b) => a === b,
  );
  const natives = Object.entries(arrays).map(([name, array]) => [name, array.native] as const);
  return { batch, inputs, outputs, ...Object.fromEntries(natives) };
}

function misfit(where: string, expected: string, received: string): EigenstudentError {
  return new EigenstudentError('invalid_argument', `expected ${expected} for ${where}, received ${received}`);
}
