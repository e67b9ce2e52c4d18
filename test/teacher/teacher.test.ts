import { describe, expect, it } from 'vitest';
import { Dataset } from '../../src/network/dataset.js';
import { dense } from '../../src/network/layers.js';
import { Network } from '../../src/network/network.js';
import { Teacher } from '../../src/teacher/teacher.js';
import { failureOf, rejectionOf } from '../failure.js';

describe('Teacher.paper', () => {
  it("is the paper's network, frozen, in float64", () => {
    const { network } = Teacher.paper({ teacherSize: 20, seed: 0 });
    expect(network.dtype).toBe('float64');
    expect(network.spec.inputs).toBe(10);
    expect(network.spec.layers.map(({ kind, width, activation }) => [kind, width, activation])).toEqual([
      ['spectral', 20, 'relu'],
      ['spectral', 20, 'relu'],
      ['dense', 1, 'linear'],
    ]);
    expect(network.tensor('layers.0.eigenvaluesOut')).toEqual(new Float64Array(20).fill(1));
    expect(network.tensor('layers.1.eigenvaluesIn')).toEqual(new Float64Array(20));
    expect(network.tensor('layers.2.weights')).toEqual(new Float64Array(20).fill(1));
    const trained = network.spec.layers.flatMap(({ tensors }) =>
      Object.values(tensors ?? {}).filter((one) => one.trainable),
    );
    expect(trained).toEqual([]);
  });

  it('may have another activation and a third hidden layer, which leave the others as they are', () => {
    const paper = Teacher.paper({ teacherSize: 4, secondWidth: 3, seed: 7 }).network;
    const { network } = Teacher.paper({
      ...{ teacherSize: 4, secondWidth: 3, seed: 7 },
      ...{ thirdWidth: 6, activation: 'tanh' },
    });
    expect(network.spec.layers.map(({ kind, width, activation }) => [kind, width, activation])).toEqual([
      ['spectral', 4, 'tanh'],
      ['spectral', 3, 'tanh'],
      ['spectral', 6, 'tanh'],
      ['dense', 1, 'linear'],
    ]);
    for (const name of ['layers.0.eigenvectors', 'layers.1.eigenvectors'])
      expect(network.tensor(name)).toEqual(paper.tensor(name));
    expect(failureOf(() => Teacher.paper({ teacherSize: 4, seed: 0, thirdWidth: 0 }))).toBe(
      'invalid_argument: expected a positive integer for thirdWidth of Teacher.paper, received 0',
    );
  });

  it('labels as the formulas say', async () => {
    const teacher = Teacher.paper({ inputs: 3, teacherSize: 4, secondWidth: 5, seed: 7 });
    const x = Float64Array.of(0.3, -1.2, 0.7, 1.5, 0.1, -0.4);
    const relu = (z: number) => Math.max(z, 0);
    // lambda_in = 0 and lambda_out = 1: W = -phi
    const layer = (name: string, input: number[]) => {
      const phi = teacher.network.tensor(name);
      const width = phi.length / input.length;
      return Array.from({ length: width }, (_, i) =>
        relu(input.reduce((sum, value, j) => sum - (phi[i * input.length + j] as number) * value, 0)),
      );
    };
    const labels = await teacher.label(x);
    for (const sample of [0, 1]) {
      const hidden = layer('layers.0.eigenvectors', [...x.subarray(3 * sample, 3 * sample + 3)]);
      const second = layer('layers.1.eigenvectors', hidden);
      expect(labels[sample]).toBeCloseTo(
        second.reduce((sum, y) => sum + y, 0),
        12,
      );
    }
  });

  it("has the paper's variance of labels", async () => {
    // measured once with PyTorch: 3.41 for one teacher; it varies between teachers by a factor of two or so
    const { train } = await Teacher.paper({ teacherSize: 20, seed: 0 }).dataset({
      train: 4000,
      validation: 1,
      test: 1,
      seed: 1,
    });
    const labels = train.targets as Float64Array;
    const mean = labels.reduce((sum, y) => sum + y, 0) / labels.length;
    const variance = labels.reduce((sum, y) => sum + (y - mean) ** 2, 0) / labels.length;
    expect(variance).toBeGreaterThan(1);
    expect(variance).toBeLessThan(12);
  });

  it('differs for another seed', () => {
    const phi = (seed: number) =>
      Teacher.paper({ teacherSize: 5, seed }).network.tensor('layers.0.eigenvectors');
    expect(phi(1)).toEqual(phi(1));
    expect(phi(1)).not.toEqual(phi(2));
  });

  it('is not the student of the same seed', () => {
    const { network } = Teacher.paper({ teacherSize: 20, seed: 3 });
    const student = Network.create(network.spec, { seed: 3, dtype: 'float64' });
    expect(student.tensor('layers.0.eigenvectors')).not.toEqual(network.tensor('layers.0.eigenvectors'));
  });
});

describe('other teachers', () => {
  it('linear teachers have labels of variance near 1 that are linear in the inputs', async () => {
    const teacher = Teacher.linear({ inputs: 400, outputs: 3, seed: 2 });
    const weights = teacher.network.tensor('layers.0.weights');
    expect(weights).toHaveLength(1200);
    const perOutput = Float64Array.from(weights).reduce((sum, w) => sum + w * w, 0) / 3;
    expect(Math.abs(perOutput - 1)).toBeLessThan(4 * Math.sqrt(2 / 1200));
    const unit = new Float64Array(400);
    unit[7] = 2;
    const labels = await teacher.label(unit);
    expect([...labels]).toEqual([7, 407, 807].map((i) => 2 * (weights[i] as number)));
  });

  it('committees have orthonormal vectors, erf(z) and outgoing weights of one', async () => {
    const teacher = Teacher.committee({ inputs: 6, units: 4, seed: 5 });
    const weights = teacher.network.tensor('layers.0.weights');
    const along = weights.slice(6, 12); // the second unit's vector: it alone answers, with erf(1)
    const [label] = await teacher.label(along);
    expect(label).toBeCloseTo(0.8427007929497149, 12); // erf(1), Abramowitz & Stegun table 7.1
  });

  it('committees may have any number of normal vectors', () => {
    const { network } = Teacher.committee({
      inputs: 3,
      units: 900,
      activation: 'relu',
      seed: 5,
      orthonormal: false,
    });
    const weights = network.tensor('layers.0.weights');
    const perUnit = Float64Array.from(weights).reduce((sum, w) => sum + w * w, 0) / 900;
    expect(Math.abs(perUnit - 1)).toBeLessThan(4 * Math.sqrt(2 / 2700));
    expect(network.spec.layers[0]?.activation).toBe('relu');
  });

  it('from copies any network', async () => {
    const layers = [dense(2, { initialize: { weights: [1, 2, 3, 4] } })];
    const network = Network.create({ inputs: 2, layers }, { seed: 0 });
    const teacher = Teacher.from(network);
    network.parameters.fill(0);
    expect([...(await teacher.label(Float32Array.of(1, 1)))]).toEqual([3, 7]);
  });
});

describe('dataset', () => {
  const teacher = () => Teacher.paper({ inputs: 3, teacherSize: 4, secondWidth: 5, seed: 7 });

  it('is labelled by the teacher and fresh in every part and trial', async () => {
    const splits = await teacher().dataset({ train: 30, validation: 20, test: 10, seed: 1 });
    const { train, validation, test } = splits;
    expect([train.samples, validation.samples, test.samples]).toEqual([30, 20, 10]);
    for (const part of [train, validation, test]) {
      expect(part).toBeInstanceOf(Dataset);
      expect(part.targets).toEqual(await teacher().label(part.inputs));
    }
    const other = await teacher().dataset({ train: 30, validation: 20, test: 10, seed: 1, trial: 1 });
    const firsts = [train, validation, test, other.train].map(({ inputs }) => inputs[0]);
    expect(new Set(firsts).size).toBe(4);
  });

  it('is the same for the same seed and trial', async () => {
    const sizes = { train: 5, validation: 4, test: 3, seed: 1, trial: 9 };
    const [a, b] = await Promise.all([teacher().dataset(sizes), teacher().dataset(sizes)]);
    expect(a.test.inputs).toEqual(b.test.inputs);
    expect(a.test.targets).toEqual(b.test.targets);
  });

  it('has as many targets as the teacher has outputs', async () => {
    const { train } = await Teacher.linear({ inputs: 4, outputs: 3, seed: 0 }).dataset({
      train: 5,
      validation: 1,
      test: 1,
      seed: 0,
    });
    expect(train.targetCount).toBe(3);
  });

  it.each<[string, () => Promise<unknown>, string]>([
    [
      '0 samples',
      () => teacher().dataset({ train: 0, validation: 1, test: 1, seed: 0 }),
      "expected a positive integer for train of a teacher's dataset, received 0",
    ],
    [
      'no test samples',
      () => teacher().dataset({ train: 1, validation: 1, seed: 0 } as never),
      "expected a positive integer for test of a teacher's dataset, received undefined",
    ],
    [
      'no seed',
      () => teacher().dataset({ train: 1, validation: 1, test: 1 } as never),
      'expected a non-negative integer for seed of gaussianInputs, received undefined',
    ],
    [
      'a misspelt option',
      () => teacher().dataset({ train: 1, validation: 1, test: 1, seeds: 0 } as never),
      'unknown option "seeds" in dataset of a teacher; known: train, validation, test, seed, trial, signal. Did you mean "seed"?',
    ],
    [
      'inputs of another length',
      () => teacher().label(new Float64Array(4)),
      'expected a length that is a multiple of inputCount 3 for inputs, received Float64Array(4)',
    ],
    [
      'inputs that are not finite',
      () => teacher().label(Float64Array.of(1, 2, Infinity)),
      'expected finite numbers in inputs, received Infinity at index 2 (sample 0, column 2)',
    ],
  ])('refuses %s', async (_, work, message) => {
    expect(await rejectionOf(work())).toBe(`invalid_argument: ${message}`);
  });
});

describe('what teachers cannot be', () => {
  it.each<[string, () => unknown, string]>([
    [
      'of size 0',
      () => Teacher.paper({ teacherSize: 0, seed: 0 }),
      'expected a positive integer for teacherSize of Teacher.paper, received 0',
    ],
    [
      'of half a second width',
      () => Teacher.paper({ teacherSize: 1, secondWidth: 0.5, seed: 0 }),
      'expected a positive integer for secondWidth of Teacher.paper, received 0.5',
    ],
    [
      'without a seed',
      () => Teacher.paper({ teacherSize: 1 } as never),
      'expected a non-negative integer for seed of network, received undefined',
    ],
    [
      'linear without inputs',
      () => Teacher.linear({ seed: 0 } as never),
      'expected a positive integer for inputs of Teacher.linear, received undefined',
    ],
    [
      'committees with more vectors than dimensions',
      () => Teacher.committee({ inputs: 3, units: 4, seed: 0 }),
      'expected at most inputs = 3 for units of Teacher.committee, received 4. There are no more orthonormal vectors than dimensions; use orthonormal: false',
    ],
    [
      'committees of an unknown activation',
      () => Teacher.committee({ inputs: 3, units: 2, seed: 0, activation: 'erff' as never }),
      'expected one of linear, relu, leakyRelu, elu, tanh, sigmoid, softplus, gelu, erf, quadratic, scaledErf for activation of Teacher.committee, received "erff". Did you mean "erf"?',
    ],
    [
      'made from a student',
      () => Teacher.from({} as never),
      'expected a Network for network of Teacher.from, received an object (Object)',
    ],
    [
      'misspelt',
      () => Teacher.paper({ teachersize: 1, seed: 0 } as never),
      'unknown option "teachersize" in Teacher.paper; known: inputs, teacherSize, secondWidth, thirdWidth, activation, slope, seed. Did you mean "teacherSize"?',
    ],
  ])('refuses teachers: %s', (_, make, message) => {
    expect(failureOf(make)).toBe(`invalid_argument: ${message}`);
  });
});
