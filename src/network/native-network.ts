/** A network at work in native memory for the length of one call: what Network's methods stand on. */
import type { FloatArray, NativePopulation } from '../native/addon.js';
import { addon } from '../native/load.js';
import { dtypeOf } from './arrays.js';
import { Dataset } from './dataset.js';
import type { ChosenDevice } from './device.js';
import { toNativeNetwork } from './native-spec.js';
import { sgd } from './optimizers.js';
import { type NetworkSpec, outputsOf } from './spec.js';

/**
 * Gives `work` a native population of one student that has these parameters, and frees it afterwards.
 * @param parameters the network's block; copied
 */
export async function withNative<Result>(
  spec: NetworkSpec,
  parameters: FloatArray,
  { device, devices }: ChosenDevice,
  work: (native: NativePopulation) => Promise<Result>,
): Promise<Result> {
  const dtype = dtypeOf(parameters);
  const { learningRate, ...optimizer } = sgd({ learningRate: 0 });
  const data = placeholder(spec).nativeOf(dtype);
  const network = toNativeNetwork(spec);
  const student = { network, optimizer, learningRate, phases: [], data, batchSize: 1, seed: 0, trial: 0 };
  const native = new (addon().Population)({
    backend: device,
    devices,
    dtype,
    threads: 0,
    students: [student],
  });
  try {
    native.write(0, 'parameters', parameters);
    return await work(native);
  } finally {
    native.dispose();
  }
}

/** A native student must have training data; this one never trains. */
function placeholder(spec: NetworkSpec): Dataset {
  return Dataset.create({
    inputs: new Float32Array(spec.inputs),
    inputCount: spec.inputs,
    ...(spec.loss === 'mse' ? { targets: new Float32Array(outputsOf(spec)) } : { classes: [0] }),
  });
}
