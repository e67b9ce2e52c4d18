/** Chooses the device of a population. There is no silent fallback: a missing device is an error with advice. */
import { denseArray, invalid, nonNegativeInteger, oneOf } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import type { DType, NativeCudaDevice } from '../native/addon.js';
import { findCuda } from '../native/cuda.js';
import { type OptionsOf, optional, unchecked } from '../options.js';

/** Names of the devices. */
export const devices = ['auto', 'cpu', 'reference', 'cuda'] as const;
/**
 * `cpu`: optimised kernels; `reference`: slow, plain loops that the other backends are tested against;
 * `cuda`: the GPU, float32 only; `auto`: the GPU where there is one and the dtype is float32, else the CPU.
 */
export type Device = (typeof devices)[number];

/** @internal */
export const deviceOptions = {
  /**
   * Default 'auto', the fastest available one; `device` and `engine` of a population give the one that was
   * chosen.
   */
  device: optional(unchecked<Device>),
  /** GPUs that share the work, as `eigenstudent doctor` counts them; for device 'cuda'. Default: the first that can be used. */
  devices: optional(unchecked<readonly number[]>),
};
export interface DeviceOptions extends OptionsOf<{ readonly each: typeof deviceOptions }> {}

export interface ChosenDevice {
  readonly device: 'cpu' | 'reference' | 'cuda';
  /** Indices of the GPUs; empty unless the device is 'cuda'. */
  readonly devices: readonly number[];
}

/**
 * The device for a population.
 * @param cpuOnly a student is not a chain of dense and spectral layers: 'auto' chooses the CPU; device 'cuda'
 *   refuses it, naming the layer
 * @throws cuda_unavailable with what is missing; invalid_argument for an unknown name, an index that does not
 *   exist, float64 on a GPU
 */
export function chooseDevice(options: DeviceOptions, dtype: DType, cpuOnly = false): ChosenDevice {
  const device = oneOf('device', options.device ?? 'auto', devices);
  if (device !== 'cuda' && options.devices !== undefined)
    throw invalid(
      'device',
      "'cuda', as devices are given",
      device,
      "devices are indices of GPUs: add device 'cuda' (--device cuda), or leave out devices (--devices)",
    );
  if (device === 'cuda') return { device, devices: chooseGpus(options.devices, dtype) };
  if (device === 'reference' || device === 'cpu') return { device, devices: [] };
  const [gpu] = dtype === 'float32' && !cpuOnly ? realGpus() : [];
  return gpu ? { device: 'cuda', devices: [gpu.index] } : { device: 'cpu', devices: [] };
}

/**
 * The device for one prediction of one network: 'auto' chooses the CPU, as copying to a GPU takes longer than
 * computing.
 * @throws as chooseDevice
 */
export function chooseDeviceOnce(options: DeviceOptions, dtype: DType): ChosenDevice {
  const { device, devices } = options;
  return chooseDevice(
    {
      device: device === 'auto' || device === undefined ? 'cpu' : device,
      devices,
    },
    dtype,
  );
}

/** GPUs that 'auto' may choose. Emulated ones are for tests: slower than the CPU. */
function realGpus(): NativeCudaDevice[] {
  const { problem, survey } = findCuda();
  if (problem || !survey || survey.emulated) return [];
  return survey.devices.filter(({ usable }) => usable);
}

function chooseGpus(wanted: readonly number[] | undefined, dtype: DType): readonly number[] {
  const found = cudaDevices();
  if (dtype !== 'float32')
    throw invalid('dtype', "'float32', the only one of device 'cuda'", dtype, "Use device 'cpu' for float64");
  if (wanted === undefined) return [chooseGpu()];
  if (!Array.isArray(wanted) || wanted.length === 0)
    throw invalid('devices', 'an array of indices of GPUs, as in [0, 1]', wanted);
  denseArray('devices', 'an array of indices of GPUs', wanted).forEach((index, i) => {
    checkGpu(`devices[${i}]`, index, found);
    if (wanted.indexOf(index) < i) throw invalid(`devices[${i}]`, 'each GPU once', index);
  });
  return [...wanted];
}

/**
 * One GPU: the first that can be used where no index is given.
 * @throws cuda_unavailable, invalid_argument
 */
export function chooseGpu(index?: number): number {
  const found = cudaDevices();
  if (index !== undefined) return checkGpu('device', index, found);
  return (found.find(({ usable }) => usable) as NativeCudaDevice).index;
}

function checkGpu(where: string, index: number, found: readonly NativeCudaDevice[]): number {
  const device = found[nonNegativeInteger(where, index)];
  if (!device) {
    const list = found.map(({ index, name }) => `${index} (${name})`).join(', ');
    throw invalid(where, `the index of a GPU of this machine, which has ${list}`, index);
  }
  if (!device.usable) {
    const { name, capability } = device;
    const has = `device ${index} (${name}) has compute capability ${Math.floor(capability / 10)}.${capability % 10}`;
    throw new EigenstudentError('cuda_unavailable', `${has}, older than this build can use`);
  }
  return index;
}

/** @throws cuda_unavailable */
function cudaDevices(): readonly NativeCudaDevice[] {
  const { problem, survey } = findCuda();
  if (survey && !problem) return survey.devices;
  const fix = problem?.fix ? `. Fix it with: ${problem.fix}` : '';
  throw new EigenstudentError(
    'cuda_unavailable',
    `device 'cuda' was asked for, but ${problem?.reason}${fix}. Use device 'cpu', or 'auto' for the ` +
      'fastest there is; `eigenstudent doctor` lists what this machine can do',
  );
}
