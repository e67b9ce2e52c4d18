import { describe, expect, it, vi } from 'vitest';
import { type Activation, dense, Network, spectral, sum } from '../../src/index.js';
import { type PopulationStudent, populationLoss } from '../../src/theory.js';
import { failureOf } from '../failure.js';

const teacher = {
  weights: [
    [0.8, -0.3, 0.1],
    [0.2, 0.5, -0.6],
  ],
  outgoing: [1.2, -0.7],
};
const student = {
  weights: [
    [0.4, 0.6, -0.2],
    [-0.5, 0.3, 0.7],
  ],
  outgoing: [0.9, 0.8],
};
const averaged: readonly Activation[] = [
  'linear',
  'relu',
  'leakyRelu',
  'tanh',
  'sigmoid',
  'softplus',
  'gelu',
  'erf',
  'quadratic',
  'scaledErf',
];

/** All parametrisations, and an output that does not train. */
const networks = (activation: Activation) => ({
  dense: [dense(2, { activation }), dense(1)],
  spectral: [spectral(2, { activation }), dense(1)],
  'spectral twice': [spectral(2, { activation }), spectral(1)],
  'spectral with a frozen sum': [
    spectral(2, { activation, trainable: ['eigenvectors', 'eigenvaluesIn'] }),
    sum(),
  ],
});

function networkOf(activation: Activation, kind: keyof ReturnType<typeof networks>): Network {
  const network = Network.create(
    { inputs: 3, layers: networks(activation)[kind] },
    { seed: 5, dtype: 'float64' },
  );
  const frozen = frozenOf(network);
  // eigenvalues start equal in places; anything else shows more
  for (const i of network.parameters.keys())
    if (!frozen.has(i)) network.parameters[i] = Math.sin(1 + 2.3 * i) * 0.8;
  return network;
}

/** Places in the block of tensors that do not train. */
function frozenOf(network: Network): Set<number> {
  const { spec, parameters } = network;
  const frozen = new Set<number>();
  for (const [name, view] of network.tensors()) {
    const [, layer, role] = name.split('.') as [string, string, string];
    const options = spec.layers[Number(layer)]?.tensors as Record<string, { trainable: boolean }>;
    const from = (view.byteOffset - parameters.byteOffset) / 8;
    if (!options[role]?.trainable) for (let i = 0; i < view.length; ++i) frozen.add(from + i);
  }
  return frozen;
}

/** Fourth-order central difference of step 1e-3, whose own error is 1e-12 of the fifth derivative. */
function slopes(f: (at: Float64Array) => ArrayLike<number>, at: Float64Array, p: number): number[] {
  const h = 1e-3;
  const moved = (by: number) => f(at.map((value, q) => (p === q ? value + by : value)));
  const [a, b, c, d] = [moved(h), moved(-h), moved(2 * h), moved(-2 * h)];
  return Array.from(
    a,
    (value, q) => (8 * (value - (b[q] as number)) - ((c[q] as number) - (d[q] as number))) / (12 * h),
  );
}

describe('populationLoss', () => {
  it.each(averaged)('of %s is the mean over many inputs', (activation) => {
    const loss = populationLoss({ activation, teacher, slope: activation === 'leakyRelu' ? 0.3 : undefined });
    const f: Readonly<Record<string, (z: number) => number>> = {
      linear: (z) => z,
      relu: (z) => Math.max(0, z),
      leakyRelu: (z) => (z > 0 ? z : 0.3 * z),
      tanh: Math.tanh,
      sigmoid: (z) => 1 / (1 + Math.exp(-z)),
      softplus: (z) => Math.log1p(Math.exp(z)),
      gelu: (z) => (z * (1 + erf(z / Math.SQRT2))) / 2,
      erf,
      quadratic: (z) => z * z,
      scaledErf: (z) => erf(z / Math.SQRT2),
    };
    const s = f[activation] as (z: number) => number;
    const output = ({ weights, outgoing }: typeof teacher, x: readonly number[]) =>
      weights.reduce(
        (sum, w, i) =>
          sum + (outgoing[i] as number) * s(w.reduce((z, value, p) => z + value * (x[p] as number), 0)),
        0,
      );
    // The trapezoid rule in three dimensions, on [-7, 7] with step 0.25: exact to 1e-8 where s is smooth, to 1e-3 at a kink.
    const axis = Array.from({ length: 57 }, (_, i) => -7 + 0.25 * i);
    const weight = (u: number) => (0.25 * Math.exp((-u * u) / 2)) / Math.sqrt(2 * Math.PI);
    let mean = 0;
    for (const x of axis)
      for (const y of axis)
        for (const z of axis)
          mean +=
            weight(x) *
            weight(y) *
            weight(z) *
            (output(student, [x, y, z]) - output(teacher, [x, y, z])) ** 2;
    const tolerance = activation.toLowerCase().includes('relu') ? 1e-3 : 1e-6;
    expect(Math.abs(loss.value(student) - mean)).toBeLessThan(tolerance);
  });

  it('takes a student as rows, as one array and as a network, and gives the same numbers', () => {
    const loss = populationLoss({ activation: 'scaledErf', teacher });
    const flat = Float64Array.of(...student.weights.flat(), ...student.outgoing);
    const network = Network.from(
      { inputs: 3, layers: [dense(2, { activation: 'scaledErf' }), dense(1)] },
      flat,
    );
    const forms: PopulationStudent[] = [student, flat, network, Float32Array.from(flat)];
    for (const [i, form] of forms.entries()) {
      const close = i < 3 ? 1e-15 : 1e-6; // float32 rounds the numbers
      expect(Math.abs(loss.value(form) - loss.value(student))).toBeLessThan(close);
      for (const [p, slope] of loss.gradient(form).entries())
        expect(Math.abs(slope - (loss.gradient(flat)[p] as number))).toBeLessThan(close * 10);
    }
    expect(
      loss.hessian(network).every((entry, p) => Math.abs(entry - (loss.hessian(flat)[p] as number)) < 1e-13),
    ).toBe(true);
  });

  const kinds = Object.keys(networks('tanh')) as (keyof ReturnType<typeof networks>)[];
  it.each(averaged.flatMap((activation) => kinds.map((kind) => [activation, kind] as const)))(
    'of %s, %s, has the gradient and the Hessian of its value by the parameters of the network',
    (activation, kind) => {
      const loss = populationLoss({ activation, teacher });
      const network = networkOf(activation, kind);
      const at = Float64Array.from(network.parameters);
      const options = { inputs: 3, layers: networks(activation)[kind] };
      const frozen = frozenOf(network);
      const moved = (parameters: Float64Array) => Network.from(options, parameters);
      const { value, gradient } = loss.valueAndGradient(network);
      const hessian = loss.hessian(network);
      expect(value).toBe(loss.value(network));
      for (const p of at.keys()) {
        const [slope] = slopes((x) => [loss.value(moved(x))], at, p) as [number];
        expect(Math.abs((gradient[p] as number) - (frozen.has(p) ? 0 : slope))).toBeLessThan(1e-9);
        const row = slopes((x) => loss.gradient(moved(x)), at, p);
        for (const q of at.keys()) {
          const wanted = frozen.has(p) || frozen.has(q) ? 0 : (row[q] as number);
          expect(Math.abs((hessian[p * at.length + q] as number) - wanted)).toBeLessThan(1e-7);
        }
      }
      const direction = at.map((_, p) => Math.cos(p));
      const product = loss.hessianProduct(network, direction);
      for (const p of at.keys()) {
        const row = hessian.subarray(p * at.length, (p + 1) * at.length);
        const wanted = row.reduce((sum, entry, q) => sum + entry * (direction[q] as number), 0);
        expect(Math.abs((product[p] as number) - wanted)).toBeLessThan(1e-11);
      }
    },
  );

  it('keeps no memory of earlier calls, of students of many sizes', () => {
    const loss = populationLoss({ activation: 'gelu', teacher });
    const sized = (n: number) => Float64Array.from({ length: 4 * n }, (_, i) => Math.sin(i));
    const first = Array.from({ length: 12 }, (_, n) => loss.value(sized(n + 1)));
    const again = Array.from({ length: 12 }, (_, n) => loss.value(sized(12 - n)));
    expect(again.reverse()).toEqual(first);
  });
});

/** Abramowitz and Stegun's series 7.1.6: exact to rounding for |z| below 6. */
function erf(z: number): number {
  let [term, total] = [z, z];
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(total); ++n) {
    term *= (2 * z * z) / (2 * n + 1);
    total += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-z * z) * total;
}

describe('populationLoss refuses', () => {
  const ok = { activation: 'erf', teacher } as const;
  const loss = populationLoss(ok);
  const wide = (layers: Parameters<typeof Network.create>[0]['layers'], inputs = 3) =>
    Network.create({ inputs, layers }, { seed: 0 });

  it.each([
    [
      { ...ok, activation: 'elu' },
      'invalid_argument: expected one with averages over Gaussian inputs that are known (linear, relu, leakyRelu, gelu, erf, ' +
        'quadratic, scaledErf, tanh, sigmoid, softplus) for activation of populationLoss, received "elu"',
    ],
    [
      { ...ok, activation: 'tanh', closedForm: true },
      'invalid_argument: expected one with averages over Gaussian inputs in closed form (linear, relu, leakyRelu, gelu, erf, ' +
        'quadratic, scaledErf) for activation of populationLoss, received "tanh". Without closedForm it is computed by quadrature',
    ],
    [
      { ...ok, slope: 0.2 },
      'invalid_argument: expected no slope, which only leakyRelu has for slope of populationLoss, received 0.2',
    ],
    [
      { ...ok, teacher: { weights: [[1, 0], [0]], outgoing: [1, 1] } },
      'invalid_argument: expected 2 numbers, as many as weights[0] has for weights[1] of teacher of populationLoss, received an ' +
        'array of length 1',
    ],
    [
      { ...ok, teacher: { weights: [[1, 0]], outgoing: [1, 1] } },
      'invalid_argument: expected 2 rows, one per number of outgoing for weights of teacher of populationLoss, received an array ' +
        'of length 1',
    ],
    [
      { ...ok, teacher: { weights: new Float64Array(5), outgoing: [1, 1] } },
      'invalid_argument: expected 2 rows, one per number of outgoing for weights of teacher of populationLoss, received ' +
        'Float64Array(5)',
    ],
    [
      { ...ok, teacher: { weights: [[1, Number.NaN]], outgoing: [1] } },
      'invalid_argument: expected finite numbers in weights[0] of teacher of populationLoss, received NaN at index 1',
    ],
    [
      { ...ok, teacher: { weights: [], outgoing: [] } },
      'invalid_argument: expected an array of at least one number for outgoing of teacher of populationLoss, received an array ' +
        'of length 0',
    ],
    [
      { ...ok, teecher: 1 },
      'invalid_argument: unknown option "teecher" in populationLoss; known: activation, slope, closedForm, teacher. Did you mean "teacher"?',
    ],
  ])('options %#', (options, message) => {
    expect(failureOf(() => populationLoss(options as typeof ok))).toBe(message);
  });

  it.each([
    [
      new Float64Array(7),
      'invalid_argument: expected a multiple of 4 numbers, 3 weights and an outgoing weight per neuron for student of value, ' +
        'received Float64Array(7)',
    ],
    [
      Float64Array.of(1, 2, Number.NaN, 1),
      'invalid_argument: expected finite numbers in student of value, received NaN at index 2',
    ],
    [
      { weights: [[1, 2]], outgoing: [1] },
      'invalid_argument: expected rows of 3 numbers, the inputs of the teacher for weights of student of value, received 2',
    ],
    [
      new Int32Array(4),
      'invalid_argument: expected a Float32Array or Float64Array for student of value, received Int32Array(4)',
    ],
    [null, 'invalid_argument: expected { weights, outgoing } for student of value, received null'],
    [wide([dense(2, { activation: 'erf' }), dense(1)], 4), `${network()} 4 inputs`],
    [wide([dense(2, { activation: 'erf' })]), `${network()} 1 layers`],
    [wide([dense(2, { activation: 'erf', bias: true }), dense(1)]), `${network()} a bias in layer 0`],
    [wide([dense(2, { activation: 'relu' }), dense(1)]), `${network()} activation relu`],
    [
      wide([dense(2, { activation: 'erf' }), dense(1, { activation: 'tanh' })]),
      `${network()} activation tanh of the output`,
    ],
    [wide([dense(2, { activation: 'erf' }), dense(2)]), `${network()} 2 outputs`],
  ])('student %#', (given, message) => {
    expect(failureOf(() => loss.value(given as unknown as Float64Array))).toBe(message);
  });

  function network(): string {
    return (
      'invalid_network: expected a network of 3 inputs, one hidden layer with activation erf and one linear output, dense or ' +
      'spectral, without biases, for a population loss, received'
    );
  }

  it('students that need more memory than there is', () => {
    vi.stubEnv('EIGENSTUDENT_MEMORY', '100000000');
    expect(failureOf(() => loss.value(new Float64Array(4 * 2000)))).toMatch(
      /^out_of_memory: the population loss of 2000 neurons needs 448416000 bytes of memory, and 100000000 are free\. Use fewer neurons/,
    );
    vi.unstubAllEnvs();
  });

  it('vectors too long for the quadrature, and directions of another length', () => {
    const long = populationLoss({ ...ok, activation: 'tanh' });
    expect(failureOf(() => long.value(Float64Array.of(300, 400, 0, 1)))).toMatch(
      /^invalid_argument: expected incoming vectors short enough for the quadrature of tanh \(norm at most about 4\d\), received one of norm 500/,
    );
    expect(failureOf(() => loss.hessianProduct(new Float64Array(4), new Float64Array(3)))).toBe(
      'invalid_argument: expected 4 numbers, one per parameter for direction of hessianProduct, received Float64Array(3)',
    );
  });
});
