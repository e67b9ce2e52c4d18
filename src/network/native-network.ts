/** Runs a network in native memory for the length of one call; the methods of Network use it. */
import type { FloatArray, NativePopulation } from '../native/addon.js';
import { dtypeOf } from '../native/arrays.js';
import { addon } from '../native/load.js';
import type { ChosenDevice } from './device.js';
import { toNativeNetwork } from './native-spec.js';
import type { NetworkSpec } from './network-spec.js';
import { toNativeObjective } from './objective.js';

interface NetworkNumbers {
  readonly spec: NetworkSpec;
  /** Copied, as are the buffers. */
  readonly parameters: FloatArray;
  readonly buffers: FloatArray;
}

/**
 * Calls `work` with a native population of one student that has this network's numbers, and frees it
 * afterwards.
 */
export async function withNative<Result>(
  { spec, parameters, buffers }: NetworkNumbers,
  { device, devices }: ChosenDevice,
  work: (native: NativePopulation) => Promise<Result>,
): Promise<Result> {
  const dtype = dtypeOf(parameters);
  const network = toNativeNetwork(spec);
  const objective = toNativeObjective(spec.loss, spec.layers);
  const native = new (addon().Population)({
    backend: device,
    devices,
    dtype,
    threads: 0,
    general: false,
    students: [{ network, objective }],
  });
  try {
    native.write(0, 'parameters', parameters);
    if (buffers.length > 0) native.write(0, 'buffers', buffers);
    return await work(native);
  } finally {
    native.dispose();
  }
}
