/** Training of networks of images: whole steps against central differences, ties, large means, threads and neighbours. */
import { describe, expect, it } from 'vitest';
import {
  activation,
  adam,
  averagePool2d,
  batchNorm,
  conv2d,
  convTranspose2d,
  Dataset,
  dense,
  flatten,
  globalAveragePool,
  type LayerOrBlock,
  maxPool2d,
  Network,
  Population,
  residual,
  sgd,
  spectralConv2d,
} from '../../src/index.js';
import { normals } from '../../src/network/random.js';

const devices = ['reference', 'cpu'] as const;
const draw = (part: number, count: number) =>
  normals({ seed: 8, trial: 0, purpose: 'freeUse', part }, count, 1);

/** A block with a shortcut that changes the shape, one with the identity, pools. */
function residualNetwork(): LayerOrBlock[] {
  const convolution = () => conv2d(3, 3, { padding: 1 });
  return [
    conv2d(2, 3, { padding: 1, bias: true, l2: { weights: 0.01 } }),
    batchNorm(),
    activation('relu'),
    residual(
      [
        spectralConv2d(3, 3, { stride: 2, padding: 1, l1: { eigenvaluesOut: 0.02 } }),
        batchNorm({ l2: { scale: 0.03 } }),
        activation('leakyRelu', { slope: 0.2 }),
        convolution(),
        batchNorm(),
      ],
      { shortcut: [conv2d(3, 1, { stride: 2 }), batchNorm()], activation: 'relu' },
    ),
    residual([convolution(), batchNorm(), maxPool2d(3, { stride: 1, padding: 1 })], { activation: 'tanh' }),
    globalAveragePool(),
    dense(2, { bias: true }),
  ];
}

function imagesOf(samples: number, [channels, height, width]: readonly [number, number, number], part = 0) {
  const inputCount = channels * height * width;
  return Dataset.create({
    inputs: draw(2 * part, samples * inputCount),
    inputCount,
    targets: draw(2 * part + 1, samples * 2),
  });
}

/** What training minimises, l1 and l2 included, by the statistics of the batch. */
async function objectiveOf(network: Network, data: Dataset, device: (typeof devices)[number]) {
  const { loss } = await network.evaluate(data, { statistics: 'batch', device });
  let penalty = 0;
  for (const [name, values] of network.tensors()) {
    const [, layer, tensor] = name.split('.') as [string, string, string];
    const options = network.spec.layers[Number(layer)]?.tensors as Record<string, { l1: number; l2: number }>;
    const { l1, l2 } = options[tensor] as { l1: number; l2: number };
    for (const value of values) penalty += l1 * Math.abs(value) + l2 * value ** 2;
  }
  return loss + penalty;
}

describe.each(devices)('on %s', (device) => {
  it('a step of a residual network goes down the slope of its objective, by central differences', async () => {
    const data = imagesOf(5, [1, 6, 5]);
    const network = Network.create(
      { inputs: [1, 6, 5], layers: residualNetwork() },
      { seed: 3, dtype: 'float64' },
    );
    const student = { network, data, optimizer: sgd({ learningRate: 1 }), batchSize: 5, epochs: 1, seed: 0 };
    using population = Population.create([student], { device, dtype: 'float64' });
    await population.run(1);
    const after = population.at(0).network();
    const step = 1e-6;
    for (const [name, values] of network.tensors()) {
      if (name.endsWith('eigenvaluesIn')) continue; // frozen
      for (let i = 0; i < values.length; ++i) {
        const value = values[i] as number;
        const at = async (moved: number) => {
          values[i] = moved;
          const objective = await objectiveOf(network, data, device);
          values[i] = value;
          return objective;
        };
        const slope = ((await at(value + step)) - (await at(value - step))) / (2 * step);
        const moved = value - (after.tensor(name)[i] as number);
        // Rounding of 1e-16 over steps of 1e-6, and third derivatives.
        expect(Math.abs(moved - slope), `${name}[${i}]`).toBeLessThan(1e-7);
      }
    }
  }, 60_000);

  it.each<[string, LayerOrBlock, readonly number[]]>([
    ['windows side by side', maxPool2d(2), [1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0]],
    // Windows at the border begin in the padding: the first place in the image receives the gradient.
    [
      'overlapping windows with padding',
      maxPool2d(3, { stride: 1, padding: 1 }),
      [4, 2, 2, 0, 2, 1, 1, 0, 2, 1, 1, 0, 0, 0, 0, 0],
    ],
  ])('of equal values in a window the first receives the gradient: %s', async (_, pool, wanted) => {
    const data = Dataset.create({
      inputs: new Float64Array(16).fill(-3),
      inputCount: 16,
      targets: new Float64Array(1),
    });
    const layers = [pool, flatten(), dense(1, { initialize: { weights: 1 } })];
    const network = Network.create({ inputs: [1, 4, 4], layers }, { seed: 1, dtype: 'float64' });
    const student = { network, data, optimizer: sgd({ learningRate: 1 }), batchSize: 1, epochs: 1, seed: 0 };
    using population = Population.create([student], { device, dtype: 'float64' });
    const { inputs } = await population.at(0).gradients(data, { inputs: true });
    const unit = inputs?.find((value) => value !== 0) as number;
    const scale = wanted.find((count) => count !== 0) as number;
    expect(inputs?.map((value) => Math.abs(value / unit) * scale)).toEqual(Float64Array.from(wanted));
  });

  it('batch norm in float32 keeps the deviation beside a mean that is 10 000 times as large', async () => {
    const [samples, side] = [6, 4];
    const mean = 1e4;
    const inputs = Float32Array.from(draw(40, samples * side * side), (value) => mean + value);
    const exact = (values: Float32Array) => {
      const average = values.reduce((sum, x) => sum + (x - mean), 0) / values.length + mean;
      const variance = values.reduce((sum, x) => sum + (x - average) ** 2, 0) / values.length;
      return { average, variance, deviation: Math.sqrt(variance + 1e-5) };
    };
    const { average, variance, deviation } = exact(inputs);
    const layers = [batchNorm({ momentum: 1 }), flatten()];
    const network = Network.create({ inputs: [1, side, side], layers }, { seed: 1 });
    const y = await network.predict(inputs, { statistics: 'batch', device });
    for (const [i, value] of y.entries()) {
      const wanted = ((inputs[i] as number) - average) / deviation;
      // The mean is kept in float32: half a unit in its last place, 2^-11 of 10 000, over a deviation of about 1.
      expect(Math.abs(value - wanted)).toBeLessThan(2 ** -11 / deviation + 1e-6);
    }
    const data = Dataset.create({
      inputs,
      inputCount: side * side,
      targets: new Float32Array(inputs.length),
    });
    const student = { network, data, optimizer: sgd({ learningRate: 0 }), batchSize: 6, epochs: 1, seed: 0 };
    using population = Population.create([student], { device });
    await population.run(1);
    const [runningMean, runningVariance] = population.at(0).network().buffers as Float32Array;
    const n = inputs.length;
    expect(Math.abs((runningMean as number) - average)).toBeLessThan(2 ** -11 + 1e-9);
    // Sums are float64: float32 rounds the result alone.
    expect(Math.abs((runningVariance as number) / ((variance * n) / (n - 1)) - 1)).toBeLessThan(2 ** -23);
  });

  it.each(['float32', 'float64'] as const)(
    'students of different shapes have the bits of each alone, on one thread and on two: %s',
    async (dtype) => {
      const shapes = [
        [1, 6, 5],
        [2, 7, 4],
        [3, 4, 4],
      ] as const;
      const lists = [
        residualNetwork(),
        [conv2d(5, [3, 2], { activation: 'relu' }), maxPool2d(2, { stride: 1 }), flatten(), dense(2)],
        [
          convTranspose2d(2, 3, { stride: 2, activation: 'softplus' }),
          batchNorm(),
          averagePool2d(3),
          flatten(),
          dense(2),
        ],
      ];
      const students = shapes.map((inputs, i) => ({
        inputs,
        layers: lists[i] as LayerOrBlock[],
        data: imagesOf(9 + i, inputs, 10 + i),
        optimizer: adam({ learningRate: 0.01 }),
        batchSize: 3 + i,
        epochs: 3,
        seed: i,
      }));
      const statesOf = async (chosen: typeof students, threads: number) => {
        using population = Population.create(chosen, { device, dtype, threads });
        await population.run(3);
        expect(population.progress().every(({ divergence }) => divergence === undefined)).toBe(true);
        return population.students().map((one) => one.state());
      };
      const together = await statesOf(students, 1);
      expect(await statesOf(students, 2)).toEqual(together);
      expect(await statesOf([...students].reverse(), 2)).toEqual([...together].reverse());
      for (const [i, student] of students.entries())
        expect(await statesOf([student], 2)).toEqual([together[i]]);
    },
  );
});
