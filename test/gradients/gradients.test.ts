/**
 * Gradients against central differences of the loss in float64, for every kind of parameter, activation and loss, of
 * both backends. A second derivation: it shares no formula with the first but the loss itself.
 */
import { describe, expect, it } from 'vitest';
import {
  type Activation,
  Dataset,
  dense,
  type Layer,
  Population,
  type Student,
  sgd,
  spectral,
} from '../../src/index.js';
import { activations } from '../../src/network/layers.js';
import { scattered } from '../network/small-students.js';

/** (f(p + h) - f(p - h)) / 2h is off by h^2 f'''/6 = 1e-11 and by rounding, 1e-16 / h = 1e-11. */
const step = 1e-5;
/** Of the tensor's gradient norm, with room for tensors of 20 entries; a wrong factor shows as 0.1 or more. */
const tolerance = 1e-7;

const samples = 9;
const inputs = scattered(3 * samples, 1);
const targets = { targets: scattered(4 * samples, 2) };
const classes = { classes: Array.from({ length: samples }, (_, i) => (i * i) % 4) };

/** Away from 0, where |p| of the L1 penalty and relu have no derivative. */
const start = (count: number, phase: number) => scattered(count, phase).map((x) => x + 0.03 * Math.sign(x));

function layers(activation: Activation): Layer[] {
  return [
    spectral(5, {
      activation,
      bias: true,
      trainable: ['eigenvectors', 'eigenvaluesIn', 'eigenvaluesOut', 'bias'],
      l1: { eigenvectors: 0.01, eigenvaluesIn: 0.02, eigenvaluesOut: 0.03, bias: 0.04 },
      l2: { eigenvectors: 0.05, eigenvaluesIn: 0.06, eigenvaluesOut: 0.07, bias: 0.08 },
      initialize: {
        eigenvectors: start(15, 3),
        eigenvaluesIn: start(3, 4),
        eigenvaluesOut: start(5, 5),
        bias: start(5, 6),
      },
    }),
    dense(6, {
      activation,
      bias: true,
      l1: { weights: 0.01, bias: 0.02 },
      l2: { weights: 0.03, bias: 0.04 },
      initialize: { weights: start(30, 7).map((w) => w / 4), bias: start(6, 8) },
    }),
    spectral(4, { initialize: { eigenvectors: start(24, 9).map((w) => w / 4) } }),
  ];
}

describe.each(['reference', 'cpu'] as const)('on %s', (device) => {
  describe.each(['mse', 'crossEntropy'] as const)('loss %s', (loss) => {
    it.each(activations)('agrees with central differences: %s', (activation) => {
      const data = Dataset.create({ inputs, inputCount: 3, ...(loss === 'mse' ? targets : classes) });
      const options = { optimizer: sgd({ learningRate: 0 }), batchSize: 1, epochs: 1, seed: 0 };
      const population = Population.create([{ layers: layers(activation), loss, data, ...options }], {
        device,
        dtype: 'float64',
        threads: 1,
      });
      const student = population.at(0);
      const { gradients } = student.gradient(data);
      const differences = centralDifferences(student, data);
      for (const [name, gradient] of gradients) {
        const frozen = name === 'layers.2.eigenvaluesIn';
        const expected = frozen ? gradient.map(() => 0) : (differences.get(name) ?? []);
        const norm = Math.hypot(...expected);
        const distance = Math.hypot(...Array.from(expected, (value, i) => value - (gradient[i] as number)));
        expect(norm > 0, `${name} has a gradient`).toBe(!frozen);
        expect(distance, name).toBeLessThanOrEqual(tolerance * norm);
      }
      population.dispose();
    });
  });
});

function centralDifferences(student: Student, data: Dataset): Map<string, number[]> {
  const state = student.state();
  const lossWith = (index: number, change: number) => {
    const parameters = state.parameters.slice();
    parameters[index] = (parameters[index] as number) + change;
    student.restore({ ...state, parameters });
    const { dataLoss, penalty } = student.gradient(data);
    return dataLoss + penalty;
  };
  const places = [...student.network().tensors()];
  let offset = 0;
  return new Map(
    places.map(([name, tensor]) => {
      const first = offset;
      offset += tensor.length;
      const slope = (_: unknown, i: number) =>
        (lossWith(first + i, step) - lossWith(first + i, -step)) / (2 * step);
      return [name, Array.from(tensor, slope)] as const;
    }),
  );
}
