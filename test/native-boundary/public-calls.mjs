// Every public call that is quick: good arguments, and how it is called. Results are compared with those of the same call
// whose arrays lie elsewhere in memory.
import * as student from './students.mjs';

const floats = (length, dtype = 'float64') => student.arrayOf(dtype, length, (i) => Math.sin(1 + i) + 0.01 * i);
const positives = (length) => student.arrayOf('float64', length, (i) => 1 + Math.abs(Math.sin(i + 1)));

function network(api, dtype = 'float64') {
  const { spectral, dense, Network } = api;
  const layers = [spectral(7, { activation: 'tanh' }), dense(1)];
  return Network.create({ inputs: 3, layers }, { seed: 1, dtype });
}

function dataset(api, dtype = 'float64') {
  const { inputs, targets } = student.datasetSpec(dtype);
  return api.Dataset.create({ inputs, targets, inputCount: 3 });
}

function classData(api) {
  const { inputs } = student.datasetSpec('float64');
  return api.Dataset.create({ inputs, inputCount: 3, classes: Uint32Array.from({ length: 20 }, (_, i) => i % 2) });
}

function studentOptions(api) {
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
async function withPopulation(api, use) {
  const population = api.Population.create([studentOptions(api)], { dtype: 'float64', threads: 1 });
  try {
    return await use(population);
  } finally {
    population.dispose();
  }
}

/** A method of a population or its student; make gives its arguments. */
const onPopulation = (make, call) => ({ make, call: (api, args) => withPopulation(api, (one) => call(one, ...args)) });
/** A function that is exported. */
const exported = (name, make) => ({ make, call: (api, args) => api[name](...args) });

/** A reader, and a path where there is nothing. */
const noFile = (name, ...options) => ({ ...exported(name, () => ['/nowhere/f', ...structuredClone(options)]), code: 'file_unreadable' });

const matrix = (rows, columns) => ({ rows, columns, values: floats(rows * columns) });
const curve = () => ({ x: Float64Array.of(1, 2, 3, 4), y: positives(4), dy: positives(4) });
const bootstrap = (api) => ({ random: api.seededRandom(5), resamples: 5, level: 0.9 });
const loss = () => Float64Array.of(9, 7, 4, 2, 1.2, 1.1, 1, 1);

export const publicCalls = {
  // layers, networks
  spectral: exported('spectral', () => [5, { activation: 'relu', bias: true, initialize: { eigenvectors: 'glorotUniform' } }]),
  dense: exported('dense', () => [5, { activation: 'relu', l2: { weights: 0.1 }, trainable: ['weights'] }]),
  'dense from numbers': exported('dense', () => [2, { initialize: { weights: floats(6) } }]),
  'Network.create': {
    make: (api) => [{ inputs: 3, layers: [api.dense(2)], loss: 'mse' }, { seed: 1, trial: 2, dtype: 'float32' }],
    call: (api, args) => api.Network.create(...args),
  },
  'Network.from': {
    make: (api) => [{ inputs: 3, layers: [api.dense(2)] }, floats(6)],
    call: (api, args) => api.Network.from(...args),
  },
  'predict of a network': {
    make: () => [student.sampleInputs('float64'), { device: 'cpu' }],
    call: (api, args) => network(api).predict(...args),
  },
  'evaluate of a network': {
    make: (api) => [dataset(api), { device: 'reference' }],
    call: (api, args) => network(api).evaluate(...args),
  },
  'pruningLosses of a network': {
    make: () => [0, Uint32Array.of(3, 1, 4, 0, 5, 2, 6)],
    call: (api, [layer, order]) => network(api).pruningLosses(layer, order, dataset(api)),
  },
  'oracleOrder of a network': {
    make: (api) => [0, dataset(api)],
    call: (api, [layer, data]) => network(api).oracleOrder(layer, data),
  },
  'effectiveWeights, tensor, shape, clone': {
    make: () => [0, 'layers.0.eigenvectors', 'float32'],
    call: (api, [layer, name, dtype]) => {
      const one = network(api);
      return [one.effectiveWeights(layer), one.tensor(name), one.shape(name), one.clone(dtype)];
    },
  },
  // data
  'Dataset.create': {
    make: () => [{ inputs: floats(12), inputCount: 3, targets: floats(8), targetCount: 2 }],
    call: (api, args) => api.Dataset.create(...args),
  },
  'Dataset.create with classes': {
    make: (_, random) => [
      { inputs: floats(12, 'float32'), inputCount: 3, classes: random.pick([Uint32Array.of(0, 1, 2, 1), [0, 1, 2, 1]]) },
    ],
    call: (api, args) => api.Dataset.create(...args),
  },
  'Dataset.create of what predict() gave': {
    make: () => [student.sampleInputs('float32')],
    call: async (api, [inputs]) => {
      const outputs = await network(api, 'float32').predict(inputs);
      return api.Dataset.create({ inputs: outputs, inputCount: 1, targets: await network(api).predict(inputs) });
    },
  },
  gaussianInputs: exported('gaussianInputs', () => [{ samples: 3, features: 2, seed: 1, trial: 1, purpose: 'train' }]),
  splitData: exported('splitData', (api) => [classData(api), { validation: 0.2, test: 4, seed: 1, stratified: true }]),
  'label of a teacher': {
    make: () => [student.sampleInputs('float64')],
    call: (api, [inputs]) => api.Teacher.from(network(api)).label(inputs),
  },
  'Teacher.paper': {
    make: () => [{ teacherSize: 4, inputs: 3, seed: 1 }],
    call: (api, args) => api.Teacher.paper(...args).network,
  },
  'dataset of a teacher': {
    make: () => [{ train: 5, validation: 4, test: 3, seed: 2 }],
    call: (api, args) => api.Teacher.paper({ teacherSize: 4, inputs: 3, seed: 1 }).dataset(...args),
  },
  normalizeInputs: exported('normalizeInputs', (api) => [dataset(api), api.fitNormalization(dataset(api), 'standard')]),
  fitNormalization: exported('fitNormalization', (api) => [dataset(api), 'standard']),
  // optimisers, phases
  sgd: exported('sgd', () => [{ learningRate: 0.1, momentum: 0.5, nesterov: true }]),
  adam: exported('adam', (api) => [{ learningRate: api.constant(0.1, { warmup: 3 }), beta1: 0.8 }]),
  adamW: exported('adamW', () => [{ learningRate: 0.1, weightDecay: 0.01 }]),
  stepDecay: exported('stepDecay', () => [0.1, { every: 3, factor: 0.5 }]),
  cosine: exported('cosine', () => [0.1, { total: 30, minimum: 0.001, warmup: 2 }]),
  alternating: exported('alternating', () => [3, 'epochs']),
  // populations
  'Population.create': {
    make: (api) => [[studentOptions(api)], { dtype: 'float64', threads: 1 }],
    call: (api, args) => {
      const population = api.Population.create(...args);
      const { size, bytes } = population;
      population.dispose();
      return [size, bytes];
    },
  },
  'Population.create from a network': {
    make: (api) => [[{ ...studentOptions(api), network: network(api), phases: api.alternating(2) }]],
    call: (api, args) => {
      const population = api.Population.create(...args);
      const { size } = population;
      population.dispose();
      return size;
    },
  },
  run: onPopulation(
    (_, random) => [random.pick([2, [2]])],
    async (one, until) => {
      const timer = setTimeout(() => one.stop(), 50); // a good number may mean years
      await one.run(until);
      clearTimeout(timer);
      return one.size;
    },
  ),
  'evaluate of a population': onPopulation(
    (api, random) => [random.pick([dataset(api), [dataset(api)], [null]])],
    (one, data) => one.evaluate(data),
  ),
  evaluateSets: onPopulation((api) => [[[dataset(api)], [null]]], (one, sets) => one.evaluateSets(sets)),
  'predict of a student': onPopulation(() => [student.sampleInputs('float64')], (one, inputs) => one.at(0).predict(inputs)),
  'pruningLosses of a student': onPopulation(
    (api) => [0, Uint32Array.of(3, 1, 4, 0, 5, 2, 6), dataset(api)],
    (one, ...args) => one.at(0).pruningLosses(...args),
  ),
  'gradient of a student': onPopulation((api) => [dataset(api)], (one, data) => one.at(0).gradient(data)),
  restore: onPopulation(
    () => [
      {
        parameters: floats(student.parameters),
        firstMoment: floats(student.parameters),
        secondMoment: positives(student.parameters),
        updateCount: Float64Array.of(4, 3, 2, 1),
        step: 4,
      },
    ],
    (one, state) => {
      const before = one.at(0).state();
      try {
        one.at(0).restore(state);
      } catch (error) {
        const after = one.at(0).state();
        const same = ['parameters', 'firstMoment', 'secondMoment'].every((name) =>
          before[name].every((value, i) => value === after[name][i]),
        );
        if (!same || before.step !== after.step) throw new Error('a refused restore() changed the student');
        throw error;
      }
      return one.at(0).state();
    },
  ),
  at: onPopulation(() => [0], (one, index) => one.at(index).index),
  train: onPopulation(
    () => [{ every: 1, evaluateTrain: true, onReport: () => undefined, signal: new AbortController().signal }],
    async (one, options) => {
      const steps = [];
      const { train } = await import('../../dist/index.js');
      for await (const { epoch } of train(one, options)) steps.push(epoch);
      return steps;
    },
  ),
  // pruning
  relevance: exported('relevance', (api) => [network(api), 0, 'L']),
  inputRelevance: exported('inputRelevance', (api) => [
    api.Network.create(
      { inputs: 3, layers: [api.spectral(4, { initialize: { eigenvaluesIn: 1, eigenvaluesOut: 0 } }), api.dense(1)] },
      { seed: 1 },
    ),
  ]),
  rank: exported('rank', () => [positives(7)]),
  prune: exported('prune', (api) => [network(api), { keep: 3, relevance: positives(7) }]),
  pruneNetwork: exported('pruneNetwork', (api) => [network(api), { keep: 3, scope: 'global', layers: [0] }]),
  pruneUntil: exported('pruneUntil', (api) => [network(api), dataset(api), { maxDegradation: 0.1 }]),
  pruningCurve: exported('pruningCurve', (api) => [network(api), dataset(api), { relevance: positives(7) }]),
  removalOrder: exported('removalOrder', (api) => [network(api), { ranking: 'random', seed: 3 }]),
  toSpectral: exported('toSpectral', (api) => [
    api.Network.create({ inputs: 3, layers: [api.dense(4), api.dense(1)] }, { seed: 1 }),
    { layers: [0], eigenvaluesOut: 'rowNorm' },
  ]),
  // kernels
  'kernels.spectralForward': {
    make: () => [
      {
        ...{ batch: 2, inputs: 3, outputs: 4, backend: 'cpu', activation: 'tanh', x: floats(6), eigenvectors: floats(12) },
        ...{ eigenvaluesIn: floats(3), eigenvaluesOut: floats(4), y: floats(8) },
      },
    ],
    call: (api, [request]) => {
      api.kernels.spectralForward(request);
      return request.y;
    },
  },
  'kernels.denseBackward': {
    make: () => [
      {
        ...{ batch: 2, inputs: 3, outputs: 4, x: floats(6), weights: floats(12), delta: floats(8) },
        ...{ gradWeights: floats(12), gradBias: floats(4), gradX: floats(6) },
      },
    ],
    call: (api, [request]) => {
      api.kernels.denseBackward(request);
      return [request.gradWeights, request.gradX];
    },
  },
  // files, of which there is none: refused with good arguments, too
  ...Object.fromEntries(
    ['readNpy', 'readNpz', 'readIdxArray', 'readParquet', 'readSafetensors'].map((name) => [name, noFile(name)]),
  ),
  readCsv: noFile('readCsv', { label: 'y' }),
  loadNetwork: {
    make: () => ['/nowhere/f.safetensors', { loss: 'mse' }],
    call: (api, args) => api.loadNetwork(...args),
    code: 'file_unreadable',
  },
  readCifar10: { make: () => [['/nowhere/batch']], call: (api, args) => api.readCifar10(...args), code: 'file_unreadable' },
  readIdx: { ...exported('readIdx', () => [{ images: '/nowhere/i', labels: '/nowhere/l' }]), code: 'file_unreadable' },
  'Network.load': { make: () => ['/nowhere/n'], call: (api, args) => api.Network.load(...args), code: 'file_unreadable' },
  'save of a network': {
    make: () => ['/nowhere/n'],
    call: (api, args) => network(api).save(...args),
    code: 'file_unwritable',
  },
  exportOnnx: { ...exported('exportOnnx', (api) => [network(api), '/nowhere/n.onnx', {}]), code: 'file_unwritable' },
  exportSafetensors: {
    ...exported('exportSafetensors', (api) => [network(api), '/nowhere/n.safetensors', {}]),
    code: 'file_unwritable',
  },
  restoreCheckpoint: {
    ...onPopulation(() => ['/nowhere/c'], async (one, path) => (await import('../../dist/index.js')).restoreCheckpoint(one, path)),
    code: 'file_unreadable',
  },
  // analysis
  effectiveSize: exported('effectiveSize', () => [positives(7), { threshold: 0.5 }]),
  normalize: exported('normalize', () => [[positives(3), positives(4)], 'pooled']),
  histogram: exported('histogram', () => [floats(9), { bins: 3, range: [-1, 1] }]),
  summarize: exported('summarize', () => [floats(9)]),
  seededRandom: { make: () => [5], call: (api, args) => [api.seededRandom(...args)(), 1] },
  kolmogorovSmirnov: exported('kolmogorovSmirnov', () => [floats(9), floats(5)]),
  fitExponential: exported('fitExponential', () => [Float64Array.of(1, 2, 3, 4, 5), positives(5), { dy: positives(5) }]),
  fitPowerLaw: exported('fitPowerLaw', () => [Float64Array.of(1, 2, 3, 4, 5), positives(5), { offset: false }]),
  collapseQuality: exported('collapseQuality', () => [[curve(), curve()]]),
  collapseFactor: exported('collapseFactor', () => [[curve(), curve()], [1, 4]]),
  rescaleCurves: exported('rescaleCurves', () => [
    [
      { size: 5, ...curve() },
      { size: 7, ...curve() },
    ],
    { critical: 1, xExponent: 1, yExponent: 1 },
  ]),
  nodeStrengths: exported('nodeStrengths', () => [matrix(4, 3), matrix(2, 4), { magnitudes: true }]),
  overlapMatrix: exported('overlapMatrix', () => [matrix(4, 3), matrix(2, 3)]),
  matchNodes: exported('matchNodes', () => [matrix(2, 3), { minimum: 0.1 }]),
  pathValues: exported('pathValues', () => [[matrix(4, 3), matrix(2, 4)]]),
  resampleSorted: exported('resampleSorted', () => [floats(7), 4]),
  bootstrapInterval: exported('bootstrapInterval', (api) => [
    [1, 2, 3],
    (some) => some.filter((trial) => trial === 2).length,
    bootstrap(api),
  ]),
  orderParameter: exported('orderParameter', () => [loss()]),
  orderParameterCurve: exported('orderParameterCurve', () => [{ size: 3, curves: [loss(), loss()] }]),
  plateauEdge: exported('plateauEdge', () => [loss(), 2]),
  pruningTransition: exported('pruningTransition', (api) => [[loss(), loss()], { ...bootstrap(api), factor: 2 }]),
  sizeTransition: exported('sizeTransition', (api) => [
    [3, 5, 8, 13, 21].map((width) => ({ width, effectiveSizes: positives(3) })),
    bootstrap(api),
  ]),
};
