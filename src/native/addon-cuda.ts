/** Types of the native boundary: devices of CUDA. */

/** The devices that the CUDA library finds on this machine, with the versions of CUDA. */
export interface NativeSurvey {
  /** Newest CUDA version that the driver supports, 1000 major + 10 minor; 0 without a driver. */
  readonly driverVersion: number;
  /** CUDA version that the library was built with. */
  readonly runtimeVersion: number;
  /** True where the kernels are emulated on the CPU, for tests. */
  readonly emulated: boolean;
  /** Why no device can be used; empty where one can. */
  readonly reason: string;
  readonly devices: readonly NativeCudaDevice[];
}

export interface NativeCudaDevice {
  readonly index: number;
  readonly name: string;
  /** Compute capability, 10 major + minor. */
  readonly capability: number;
  /** False: too old for the library. */
  readonly usable: boolean;
  readonly totalBytes: number;
  /** Free memory at the time of the call. */
  readonly freeBytes: number;
}

/** @internal float32 numbers in the memory of a CUDA device. After dispose() everything but length and dispose() throws. */
export interface NativeDeviceArray {
  readonly length: number;
  write(from: Float32Array): void;
  read(into: Float32Array): void;
  /** Frees the memory. Calling it twice is allowed. */
  dispose(): void;
}

/** Names and shapes as in NativeForward and NativeBackward. Each call returns its milliseconds on the device. */
export interface NativeCuda {
  /** Opens the library at `path`; a second call is cheap. Throws cuda_unavailable with what is wrong with the file. */
  open(path: string): NativeSurvey;
  forward(request: NativeDeviceRequest & { readonly activation: string }): number;
  backward(request: NativeDeviceRequest): number;
}

export interface NativeDeviceRequest {
  readonly batch: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly [array: string]: NativeDeviceArray | number | string;
}
