// Good arguments of public calls, and the kinds of calls there are.
import * as student from './students.mjs';

export const floats = (length, dtype = 'float64') => student.arrayOf(dtype, length, (i) => Math.sin(1 + i) + 0.01 * i);
export const positives = (length) => student.arrayOf('float64', length, (i) => 1 + Math.abs(Math.sin(i + 1)));

export function network(api, dtype = 'float64') {
  const { spectral, dense, Network } = api;
  const layers = [spectral(7, { activation: 'tanh' }), dense(1)];
  return Network.create({ inputs: 3, layers }, { seed: 1, dtype });
}

export function dataset(api, dtype = 'float64') {
  const { inputs, targets } = student.datasetSpec(dtype);
  return api.Dataset.create({ inputs, targets, inputCount: 3 });
}

export function classData(api) {
  const { inputs } = student.datasetSpec('float64');
  return api.Dataset.create({ inputs, inputCount: 3, classes: Uint32Array.from({ length: 20 }, (_, i) => i % 2) });
}

export function studentOptions(api) {
  return {
    layers: [api.spectral(7, { activation: 'tanh' }), api.dense(1)],
    data: dataset(api),
    optimizer: api.adam({ learningRate: 0.01 }),
    batchSize: 4,
    epochs: 2,
    seed: 3,
  };
}

/** A population that lives for one call. */
export async function withPopulation(api, use) {
  const population = api.Population.create([studentOptions(api)], { dtype: 'float64', threads: 1 });
  try {
    return await use(population);
  } finally {
    population.dispose();
  }
}

/** A method of a population or its student; make gives its arguments. */
export const onPopulation = (make, call) => ({ make, call: (api, args) => withPopulation(api, (one) => call(one, ...args)) });
/** A function that is exported. */
export const exported = (name, make) => ({ make, call: (api, args) => api[name](...args) });

/** A reader, and a path where there is nothing. */
export const noFile = (name, ...options) => ({ ...exported(name, () => ['/nowhere/f', ...structuredClone(options)]), code: 'file_unreadable' });

/** Bytes of an NPY file of two numbers. */
export function npy() {
  const header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }".padEnd(117) + '\n';
  const [start, length] = [Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0), Uint8Array.of(header.length, 0)];
  return Uint8Array.from([...start, ...length, ...Buffer.from(header), ...new Uint8Array(Float64Array.of(1, 2).buffer)]);
}
