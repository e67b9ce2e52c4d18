import { describe, expect, it } from 'vitest';
import { Dataset } from '../../src/network/dataset.js';
import { dense } from '../../src/network/layers.js';
import { Network } from '../../src/network/network.js';
import { adam } from '../../src/population/optimizers.js';
import { Population } from '../../src/population/population.js';
import { pruneNetwork } from '../../src/pruning/prune-network.js';
import { rejectionOf } from '../failure.js';

/** y = sigmoid(x): above 0.5 where x is above 0. */
const layers = [dense(1), dense(1, { activation: 'sigmoid' })];
const network = Network.from({ inputs: 1, layers }, Float64Array.of(1, 1));
const data = (targets: number[], inputs = [-2, -1, 0, 1, 2]) =>
  Dataset.create({ inputs: Float64Array.from(inputs), inputCount: 1, targets: Float64Array.from(targets) });

describe('the accuracy of one sigmoid output', () => {
  it('counts an output above 0.5 as class 1; one of exactly 0.5 is class 0', async () => {
    expect((await network.evaluate(data([0, 0, 0, 1, 1]))).accuracy).toBe(1);
    expect((await network.evaluate(data([0, 0, 1, 1, 1]))).accuracy).toBe(0.8);
    expect((await network.evaluate(data([1, 1, 1, 0, 0]))).accuracy).toBe(0);
  });

  it('is NaN where a target is neither 0 nor 1, and where the output is no sigmoid', async () => {
    expect((await network.evaluate(data([0, 0, 0, 0.5, 1]))).accuracy).toBeNaN();
    const linear = Network.from({ inputs: 1, layers: [dense(1), dense(1)] }, Float64Array.of(1, 1));
    expect((await linear.evaluate(data([0, 0, 0, 1, 1]))).accuracy).toBeNaN();
  });

  it('leaves the loss as it is, and is the same of a network, a student and a population', async () => {
    const asked = data([0, 0, 1, 1, 1]);
    const found = await network.evaluate(asked);
    const options = { network, data: { train: asked }, optimizer: adam({ learningRate: 0.1 }), batchSize: 5 };
    const population = Population.create([{ ...options, epochs: 1, seed: 0 }], { dtype: 'float64' });
    expect(await population.evaluate(asked)).toEqual([found]);
    expect(await population.evaluate([null])).toEqual([{ loss: Number.NaN, accuracy: Number.NaN }]);
    expect(await population.at(0).evaluate(asked)).toEqual(found);
    population.dispose();
  });

  it('is the metric by which such a network is pruned, and is refused for other targets', async () => {
    const { metric } = await pruneNetwork(network, { maxDegradation: 0, data: data([0, 0, 0, 1, 1]) });
    expect(metric).toEqual({ name: 'accuracy', before: 1, after: 1 });
    expect(
      await rejectionOf(
        pruneNetwork(network, { maxDegradation: 0, metric: 'accuracy', data: data([0, 0, 0, 0.5, 1]) }),
      ),
    ).toBe(
      'invalid_argument: expected \'loss\' for data without classes for metric, received "accuracy". One sigmoid output has an accuracy ' +
        'where every target is 0 or 1',
    );
  });
});
