/**
 * The layers of kernels.ts on arrays in the memory of a GPU, each call timed there. Nothing is copied; lengths, devices and
 * overlap are checked, numbers are not.
 */
import { invalid, knownKeys, oneOf } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { addon } from '../native/load.js';
import { DeviceArray } from './device-array.js';
import {
  checkArrays,
  checkSizes,
  type DenseBackwardOf,
  type DenseForwardOf,
  type KernelName,
  requests,
  type SpectralBackwardOf,
  type SpectralForwardOf,
  sizeKeys,
} from './kernel-requests.js';
import { activations } from './layers.js';

export type DeviceSpectralForward = SpectralForwardOf<DeviceArray>;
export type DeviceDenseForward = DenseForwardOf<DeviceArray>;
export type DeviceSpectralBackward = SpectralBackwardOf<DeviceArray>;
export type DeviceDenseBackward = DenseBackwardOf<DeviceArray>;

export interface DeviceTime {
  /** What the kernels took on the GPU, between two CUDA events: without the call, without copies. */
  readonly milliseconds: number;
}

/** Each waits until its outputs are there, and throws invalid_argument naming the array that does not fit. */
export const deviceKernels = {
  /** z = x W^T + bias with W_ij = (eigenvaluesIn_j - eigenvaluesOut_i) eigenvectors_ij, y = f(z). */
  spectralForward(request: DeviceSpectralForward): DeviceTime {
    return forward('spectralForward', request);
  },
  /** z = x W^T + bias, y = f(z). */
  denseForward(request: DeviceDenseForward): DeviceTime {
    return forward('denseForward', request);
  },
  /** Gradients with respect to eigenvectors, eigenvalues, bias and x, from delta = dL/dz. */
  spectralBackward(request: DeviceSpectralBackward): DeviceTime {
    return backward('spectralBackward', request);
  },
  /** Gradients with respect to weights, bias and x, from delta = dL/dz. */
  denseBackward(request: DeviceDenseBackward): DeviceTime {
    return backward('denseBackward', request);
  },
};

function forward(name: KernelName, request: DeviceSpectralForward | DeviceDenseForward): DeviceTime {
  const where = `deviceKernels.${name}`;
  knownKeys(where, request, [...sizeKeys, 'activation', ...Object.keys(requests[name])]);
  const activation = oneOf(`activation of ${where}`, request.activation ?? 'linear', activations);
  return { milliseconds: addon().cuda.forward({ ...check(where, name, request), activation }) };
}

function backward(name: KernelName, request: DeviceSpectralBackward | DeviceDenseBackward): DeviceTime {
  const where = `deviceKernels.${name}`;
  knownKeys(where, request, [...sizeKeys, ...Object.keys(requests[name])]);
  return { milliseconds: addon().cuda.backward(check(where, name, request)) };
}

type Request = DeviceSpectralForward | DeviceDenseForward | DeviceSpectralBackward | DeviceDenseBackward;

function check(where: string, name: KernelName, request: Request) {
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
