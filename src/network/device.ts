/** Where a population runs. Nothing falls back in silence: what is missing is an error that says what to do. */
import { oneOf } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { addon } from '../native/load.js';

export const devices = ['auto', 'cpu', 'reference', 'cuda'] as const;
/** `cpu`: the fast one; `reference`: slow, obvious, the judge of the others; `auto`: the fastest there is. */
export type Device = (typeof devices)[number];

export interface ChosenDevice {
  readonly device: 'cpu' | 'reference';
  /** Device and instruction set, as in "cpu-avx2". Results repeat bit for bit on the same engine only. */
  readonly engine: string;
}

/** @throws cuda_unavailable, or invalid_argument for an unknown name */
export function chooseDevice(device: Device = 'auto'): ChosenDevice {
  oneOf('device', device, devices);
  if (device === 'cuda') {
    throw new EigenstudentError(
      'cuda_unavailable',
      "device 'cuda' was asked for, but this build has no CUDA library. Use device 'cpu', or 'auto' for the fastest " +
        'there is; `eigenstudent doctor` lists what this machine can do',
    );
  }
  if (device === 'reference') return { device, engine: 'reference' };
  return { device: 'cpu', engine: addon().capabilities().engine };
}
