// Every public call that is quick: good arguments, and how it is called. Results are compared with those of the same call
// whose arrays lie elsewhere in memory.
import { analysisCalls } from './analysis-calls.mjs';
import { classData, dataset, exported, floats, network, noFile, npy, onPopulation, positives, studentOptions } from './public-arguments.mjs';
import * as student from './students.mjs';

export const publicCalls = {
  // layers, networks
  spectral: exported('spectral', () => [5, { activation: 'relu', bias: true, initialize: { eigenvectors: 'glorotUniform' } }]),
  dense: exported('dense', () => [5, { activation: 'relu', l2: { weights: 0.1 }, trainable: ['weights'] }]),
  'dense from numbers': exported('dense', () => [2, { initialize: { weights: floats(6) } }]),
  residual: exported('residual', () => [[{ kind: 'flatten' }], { activation: 'leakyRelu', slope: 0.1, name: 'block' }]),
  'Network.create with a residual block': {
    make: (api) => [
      { inputs: 3, layers: [api.residual([api.dense(3)], { shortcut: [api.dense(3)] }), api.dense(2)] },
      { seed: 1 },
    ],
    call: (api, args) => api.Network.create(...args),
  },
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
  parseNpy: exported('parseNpy', () => [npy(), 'these bytes']),
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
  normalizeSplits: exported('normalizeSplits', (api) => [
    { train: dataset(api), validation: dataset(api), test: dataset(api) },
    'standard',
  ]),
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
  fineTune: exported('fineTune', (api) => [
    network(api),
    { data: dataset(api), optimizer: api.sgd({ learningRate: 0.01 }), batchSize: 4, epochs: 2, seed: 3, every: 1, device: 'cpu' },
  ]),
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
  'pruneNetwork as far as the data allow': {
    make: (api) => [network(api), { criterion: 'L', data: dataset(api), metric: 'loss', maxDegradation: 9, reference: 10 }],
    call: async (api, args) => (await api.pruneNetwork(...args)).network,
  },
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
  readNpyData: {
    ...exported('readNpyData', () => [{ inputs: '/nowhere/x', targets: '/nowhere/y' }]),
    code: 'file_unreadable',
  },
  readNpzData: noFile('readNpzData', { inputs: 'x', classes: 'y' }),
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
  writeSafetensors: {
    ...exported('writeSafetensors', () => ['/nowhere/f', new Map([['a', { dtype: 'F64', shape: [2, 2], data: floats(4) }]]), {}]),
    code: 'file_unwritable',
  },
  'writeSafetensors of one tensor': {
    make: () => [{ dtype: 'F64', shape: [2, 2], data: floats(4) }],
    call: (api, [tensor]) => api.writeSafetensors('/nowhere/f', new Map([['a', tensor]])),
    code: 'file_unwritable',
  },
  saveCheckpoint: {
    ...onPopulation(() => ['/nowhere/c'], async (one, path) => (await import('../../dist/index.js')).saveCheckpoint(one, path)),
    code: 'file_unwritable',
  },
  restoreCheckpoint: {
    ...onPopulation(() => ['/nowhere/c'], async (one, path) => (await import('../../dist/index.js')).restoreCheckpoint(one, path)),
    code: 'file_unreadable',
  },
  ...analysisCalls,
};
