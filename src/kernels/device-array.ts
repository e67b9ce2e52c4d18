import { invalid, knownKeys, positiveInteger } from '../arguments.js';
import type { NativeDeviceArray } from '../native/addon.js';
import { checkFloats, maximumElements } from '../native/arrays.js';
import { addon } from '../native/load.js';
import { chooseGpu } from '../network/device.js';

export interface DeviceArrayOptions {
  /** Index of the GPU, as `eigenstudent doctor` counts them. Default: the first that can be used. */
  readonly device?: number;
}

/**
 * float32 numbers in the memory of a GPU, for deviceKernels. dispose() frees the memory at once; else it is
 * freed with the object.
 */
export class DeviceArray {
  private constructor(
    /** @internal */
    readonly native: NativeDeviceArray,
    /** Index of the GPU. */
    readonly device: number,
  ) {}

  /**
   * A copy of numbers in host memory.
   * @throws cuda_unavailable, out_of_memory (with the bytes needed and free), invalid_argument
   */
  static from(values: Float32Array, options: DeviceArrayOptions = {}): DeviceArray {
    if (!(checkFloats('values', values, 'float32').length > 0))
      throw invalid('values', 'at least one number', values);
    const array = allocateOn('DeviceArray.from', values.length, options);
    array.write(values);
    return array;
  }

  /** Zeros, to be filled by a kernel. */
  static zeros(length: number, options: DeviceArrayOptions = {}): DeviceArray {
    if (positiveInteger('length', length) > maximumElements)
      throw invalid('length', `at most ${maximumElements} numbers`, length);
    const array = allocateOn('DeviceArray.zeros', length, options);
    array.write(new Float32Array(length));
    return array;
  }

  /** @internal */
  static wrap(native: NativeDeviceArray, device: number): DeviceArray {
    return new DeviceArray(native, device);
  }

  /** How many numbers. */
  get length(): number {
    return this.native.length;
  }

  /** A copy of the numbers in host memory, after all kernels that were called before. */
  toHost(): Float32Array {
    const values = new Float32Array(this.length);
    this.native.read(values);
    return values;
  }

  /** Overwrites the numbers; as many as there are. */
  write(values: Float32Array): void {
    if (checkFloats('values', values, 'float32').length !== this.length)
      throw invalid('values', `length ${this.length}`, values);
    this.native.write(values);
  }

  /** Frees the memory. Calling it twice is allowed; anything else throws afterwards. */
  dispose(): void {
    this.native.dispose();
  }

  /** dispose(), for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

function allocateOn(where: string, length: number, options: DeviceArrayOptions): DeviceArray {
  knownKeys(where, options, ['device']);
  const device = chooseGpu(options.device);
  return DeviceArray.wrap(new (addon().DeviceArray)(device, length), device);
}
