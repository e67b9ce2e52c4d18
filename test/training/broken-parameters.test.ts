import { describe, expect, it } from 'vitest';
import { Dataset } from '../../src/network/dataset.js';
import { dense, spectral } from '../../src/network/layers.js';
import { Network } from '../../src/network/network.js';
import { sgd } from '../../src/population/optimizers.js';
import { Population } from '../../src/population/population.js';
import { prune, pruneUntil } from '../../src/pruning/prune.js';
import { pruneNetwork } from '../../src/pruning/prune-network.js';
import { fineTune } from '../../src/training/fine-tune.js';
import { train } from '../../src/training/train.js';
import { failureOf, rejectionOf } from '../failure.js';

const data = Dataset.create({
  inputs: Float64Array.from({ length: 40 }, (_, i) => Math.sin(i)),
  inputCount: 2,
  targets: Float64Array.from({ length: 20 }, (_, i) => Math.cos(i)),
});
/** A penalty of 1e38 makes parameters infinite in the one step that there is, after its loss was found finite. */
const student = (l2: number, epochs = 1) => ({
  layers: [spectral(3, { l2: { eigenvectors: l2 } }), dense(1)],
  data,
  optimizer: sgd({ learningRate: 10 }),
  batchSize: 20,
  epochs,
  seed: 1,
});
const message =
  /^student 1 \(seed 1, trial 0\) diverged: layers\.0\.eigenvectors\[\d\] is -?Infinity after step 1; try a lower learning rate or a weaker penalty$/;

describe('a student whose parameters are not finite after a step with a finite loss', () => {
  it('is reported as diverged, and the others go on', async () => {
    const population = Population.create([
      student(0),
      student(1e38),
      { ...student(0, 3), optimizer: sgd({ learningRate: 0.01 }) },
    ]);
    const reports = [];
    for await (const report of train(population, { every: 1 })) reports.push(report);
    expect(reports[0]?.stopped).toEqual(['finished', 'diverged', null]);
    expect(reports.at(-1)?.stopped).toEqual(['finished', 'diverged', 'finished']);
    const [divergence, ...others] = reports.at(-1)?.divergences ?? [];
    expect(others).toEqual([]);
    expect(divergence).toMatchObject({ student: 1, step: 1, layer: 0, learningRate: null });
    expect(divergence?.message).toMatch(message);
    expect(population.at(1).progress().epoch).toBe(1);
    population.dispose();
  });

  it('trains on once it was restored to a state that is finite', async () => {
    const population = Population.create([student(1e38)]);
    const start = population.at(0).state();
    for await (const _ of train(population));
    population.at(0).restore(start);
    const found: number[] = [];
    for await (const { divergences } of train(population)) found.push(divergences.length);
    expect(found).toEqual([1]); // again, by the same step, which it did take
    expect(population.at(0).progress().step).toBe(1);
    population.dispose();
  });

  it('is refused by fineTune, also where it begins so', async () => {
    const network = Network.create({ inputs: 2, layers: student(1e38).layers }, { seed: 1 });
    const { layers: _, ...rest } = student(1e38);
    expect(await rejectionOf(fineTune(network, rest))).toMatch(
      /^diverged: student 0 .* after step 1; try a lower/,
    );
    network.tensor('layers.1.weights')[0] = Number.NaN;
    expect(await rejectionOf(fineTune(network, rest))).toMatch(
      /^diverged: student 0 .* layers\.1\.weights\[0\] is NaN after step 0; try a lower/,
    );
  });
});

describe('a network with a parameter that is not finite, in whichever layer, is refused by', () => {
  const network = Network.create({ inputs: 2, layers: [dense(3), dense(4), dense(1)] }, { seed: 1 });
  network.tensor('layers.2.weights')[3] = Number.POSITIVE_INFINITY;
  const expected = (where: string) =>
    `diverged: expected finite parameters for ${where}, received Infinity at layers.2.weights[3]. ` +
    'Train again with a lower learning rate or a weaker penalty';

  it('prune', () => {
    expect(failureOf(() => prune(network, { keep: 2 }))).toBe(expected('prune'));
  });

  it('pruneUntil', async () => {
    expect(await rejectionOf(pruneUntil(network, data))).toBe(expected('pruneUntil'));
  });

  it('pruneNetwork', async () => {
    expect(await rejectionOf(pruneNetwork(network, { keep: 2 }))).toBe(expected('pruneNetwork'));
  });
});
