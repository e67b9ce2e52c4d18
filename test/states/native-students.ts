/** Specs at the level of the addon: what src/network would hand over, as small or as long-lived as a test wants it. */
import type {
  DType,
  FloatArray,
  NativeDataset,
  NativePopulation,
  NativePopulationSpec,
  NativeStudentSpec,
  NativeTrainer,
} from '../../src/native/addon.js';
import { addon } from '../../src/native/load.js';

export const backends = ['reference', 'cpu'] as const;
export type Backend = (typeof backends)[number];

export const inputs = 3;
export const width = 7;
/** eigenvectors, eigenvaluesIn, eigenvaluesOut of the first layer; weights of the second. */
export const parameters = width * inputs + inputs + width + width;
export const tensors = 4;

export function floats(dtype: DType, length: number, phase = 0): FloatArray {
  const values = Float64Array.from({ length }, (_, i) => Math.sin(12.9898 * (i + 1) + 78.233 * phase));
  return dtype === 'float64' ? values : Float32Array.from(values);
}

export function dataset(dtype: DType = 'float64', samples = 20): NativeDataset {
  return new (addon().Dataset)({
    dtype,
    samples,
    inputCount: inputs,
    targetCount: 1,
    inputs: floats(dtype, samples * inputs),
    targets: floats(dtype, samples, 1),
  });
}

/** A spectral layer of `width` units and a linear read-out; 5 steps per epoch on 20 samples. */
export function student(data: NativeDataset, changes: Partial<NativeTrainer> = {}): NativeStudentSpec {
  const tensor = (name: string) => ({ name, trainable: true, l1: 0, l2: 1e-3, groupLasso: 0 });
  return {
    network: {
      input: [inputs],
      layers: [
        {
          options: { type: 'spectral', width, activation: 'tanh', slope: 0.01 },
          reads: [0],
          tensors: ['eigenvectors', 'eigenvaluesIn', 'eigenvaluesOut'].map(tensor),
        },
        {
          options: { type: 'dense', width: 1, activation: 'linear', slope: 0.01 },
          reads: [1],
          tensors: [tensor('weights')],
        },
      ],
    },
    objective: [{ loss: { type: 'mse' }, layer: 1, target: '', weight: 1 }],
    trainer: {
      optimizer: {
        kind: 'adam',
        momentum: 0,
        nesterov: false,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-7,
        weightDecay: 0,
      },
      learningRate: { kind: 'constant', base: 1e-3, warmup: 0, every: 1, factor: 1, total: 1, minimum: 0 },
      phases: [],
      data,
      batchSize: 4,
      population: false,
      shuffle: true,
      stream: false,
      clockSteps: 0,
      seed: 1,
      trial: 0,
      ...changes,
    },
  };
}

export function spec(backend: Backend, changes: Partial<NativePopulationSpec> = {}): NativePopulationSpec {
  return {
    backend,
    dtype: 'float64',
    threads: 1,
    general: false,
    students: [student(dataset())],
    ...changes,
  };
}

/** A population of one with parameters that are not zero. */
export function population(backend: Backend, changes: Partial<NativePopulationSpec> = {}): NativePopulation {
  const created = new (addon().Population)(spec(backend, changes));
  for (let i = 0; i < created.size; ++i)
    created.write(i, 'parameters', floats(changes.dtype ?? 'float64', parameters, i));
  return created;
}

/** Until an epoch that no test waits for. */
export function forever(size = 1): Float64Array {
  return new Float64Array(size).fill(2 ** 32 - 1);
}

export function until(...epochs: number[]): Float64Array {
  return Float64Array.from(epochs);
}

/** Every node of the hidden layer, the first removed first. */
export function order(): Uint32Array {
  return Uint32Array.from({ length: width }, (_, i) => i);
}

export function read(from: NativePopulation, index = 0): Float64Array {
  const values = new Float64Array(parameters).fill(Number.NaN);
  from.read(index, 'parameters', values);
  return values;
}
