// What the addon exports besides the methods of a population. Each takes one object of options, in which any field may be
// exchanged: how it is called, and what must come out where all is good.
import { isArrayOf, isDetached, kindOf } from './arrays.mjs';
import { isInteger } from './population-calls.mjs';
import * as student from './students.mjs';

const most = Number.MAX_SAFE_INTEGER;
const word = 2 ** 32 - 1;
const isFinite = (value) => typeof value === 'number' && Number.isFinite(value);
const oneOf = (...names) => (value) => names.includes(value);
const boolean = (value) => typeof value === 'boolean';

/**
 * Whether a value may stand at a path, by its last name: true, false, or undefined where that depends on other fields. Sizes
 * are "depends": with another size the arrays do not fit.
 */
const rules = {
  seed: (value) => isInteger(value, 0, most),
  trial: (value) => isInteger(value, 0, word),
  purpose: (value) => isInteger(value, 0, word),
  part: (value) => isInteger(value, 0, word),
  mean: isFinite,
  deviation: isFinite,
  low: isFinite,
  high: isFinite,
  trainable: boolean,
  nesterov: (value) => (boolean(value) ? undefined : false),
  inEpochs: boolean,
  l1: (value) => isFinite(value) && value >= 0,
  l2: (value) => isFinite(value) && value >= 0,
  groupLasso: (value) => (isFinite(value) && value >= 0 ? undefined : false),
  kind: (value) => (typeof value === 'string' ? undefined : false),
  activation: (value) => (typeof value === 'string' ? undefined : false),
  loss: (value) => (typeof value === 'string' ? undefined : false),
  dtype: oneOf('float32', 'float64'),
  backend: oneOf('reference', 'cpu'),
  threads: (value) => isInteger(value, 0, 4),
  batchSize: (value) => isInteger(value, 1, most),
  length: (value) => isInteger(value, 1, word),
  mask: (value) => isInteger(value, 0, 127),
  target: (value) => (typeof value === 'string' ? undefined : false),
  weight: (value) => (isFinite(value) ? undefined : false),
  population: (value) => (value === false ? undefined : false),
  shuffle: (value) => (boolean(value) ? undefined : false),
  stream: (value) => (boolean(value) ? undefined : false),
  clockSteps: (value) => (isInteger(value, 0, most) ? undefined : false),
  general: (value) => (boolean(value) ? undefined : false),
  type: (value) => (typeof value === 'string' ? undefined : false),
  name: (value) => (typeof value === 'string' ? undefined : false),
};
for (const name of ['momentum', 'beta1', 'beta2', 'epsilon', 'weightDecay', 'base', 'warmup', 'every', 'factor', 'total', 'minimum'])
  rules[name] = (value) => (isFinite(value) ? undefined : false);

export function allowedAt(path, value, before) {
  const name = path.at(-1);
  if (kindOf(before) !== undefined) {
    if (optional.has(name) && value === undefined) return undefined;
    if (name === 'out' && kindOf(value) === kindOf(before)) return isDetached(value) ? false : undefined; // any length
    const kinds = ofEitherKind.has(name) ? ['Float32Array', 'Float64Array'] : [kindOf(before)];
    return kinds.some((kind) => isArrayOf(value, kind, before.length)) ? undefined : false;
  }
  const rule = rules[name];
  if (rule) return rule(value) ? (value === before ? true : undefined) : rule(value) === undefined ? undefined : false;
  return undefined;
}
/** Arrays of floats that are copied as the dtype, so that either kind may be handed over (floats_as in native/addon/arguments/arguments.h). */
const ofEitherKind = new Set(['inputs', 'targets']);
/** Arrays that may be left out. */
const optional = new Set([
  ...['targets', 'classes', 'bias', 'z', 'eigenvaluesIn', 'eigenvaluesOut'],
  ...['gradMatrix', 'gradEigenvaluesIn', 'gradEigenvaluesOut', 'gradBias', 'gradX', 'out'],
]);

const dtypes = ['float32', 'float64'];
const backends = ['reference', 'cpu'];
const stream = () => ({ seed: 7, trial: 1, purpose: 8, part: 2 });
const fill = (name, numbers, make) => ({
  make: () => ({ stream: stream(), ...numbers, out: make() }),
  call: (native, { stream, out, ...rest }) => native[name](stream, ...Object.keys(numbers).map((key) => rest[key]), out),
  result: ({ out }) => [...out.slice()],
});

function forwardRequest(random) {
  const dtype = random.pick(dtypes);
  const floats = (length) => student.arrayOf(dtype, length, (i) => Math.sin(i + 1));
  return {
    ...{ backend: random.pick(backends), dtype, batch: 2, inputs: 3, outputs: 4, activation: 'tanh' },
    ...{ x: floats(6), matrix: floats(12), eigenvaluesIn: floats(3), eigenvaluesOut: floats(4), bias: floats(4) },
    ...{ z: floats(8), y: floats(8) },
  };
}

function backwardRequest(random) {
  const dtype = random.pick(dtypes);
  const floats = (length) => student.arrayOf(dtype, length, (i) => Math.sin(i + 1));
  return {
    ...{ backend: random.pick(backends), dtype, batch: 2, inputs: 3, outputs: 4 },
    ...{ x: floats(6), matrix: floats(12), eigenvaluesIn: floats(3), eigenvaluesOut: floats(4), delta: floats(8) },
    ...{ gradMatrix: floats(12), gradEigenvaluesIn: floats(3), gradEigenvaluesOut: floats(4) },
    ...{ gradBias: floats(4), gradX: floats(6) },
  };
}

/** make(random, native): good options. result(options, answer): numbers that must not depend on where arrays lie. */
export const objectCalls = {
  Dataset: {
    make: (random) => student.datasetSpec(random.pick(dtypes)),
    call: (native, spec) => new native.Dataset(spec),
    result: (_, answer) => [answer.samples],
  },
  Population: {
    make: (random, native) => {
      const dtype = random.pick(dtypes);
      const data = new native.Dataset(student.datasetSpec(dtype));
      return student.populationSpec(random.pick(backends), dtype, data);
    },
    call: (native, spec) => new native.Population(spec),
    result: (_, answer) => [answer.size, answer.bytes],
    leave: (answer) => answer.dispose(),
  },
  describe: {
    make: () => ({ network: student.networkSpec(), objective: student.objective() }),
    call: (native, request) => native.describe(request),
    result: (_, answer) => [JSON.stringify(answer)],
  },
  fillNormal: fill('fillNormal', { mean: 1, deviation: 2 }, () => new Float64Array(5)),
  fillUniform: fill('fillUniform', { low: 1, high: 2 }, () => new Float64Array(5)),
  fillPermutation: fill('fillPermutation', {}, () => new Uint32Array(7)),
  'kernels.forward': {
    make: forwardRequest,
    call: (native, request) => native.kernels.forward(request),
    result: ({ y, z }) => [...y.slice(), ...z.slice()],
  },
  'kernels.backward': {
    make: backwardRequest,
    call: (native, request) => native.kernels.backward(request),
    result: (request) =>
      ['gradMatrix', 'gradEigenvaluesIn', 'gradEigenvaluesOut', 'gradBias', 'gradX'].flatMap((name) => [
        ...request[name].slice(),
      ]),
  },
};
