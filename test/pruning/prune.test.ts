import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Dataset } from '../../src/network/dataset.js';
import { dense, spectral, sum } from '../../src/network/layers.js';
import { Network } from '../../src/network/network.js';
import { normals } from '../../src/network/random.js';
import { adam } from '../../src/population/optimizers.js';
import { Population } from '../../src/population/population.js';
import { prune, pruneUntil } from '../../src/pruning/prune.js';

/** 1 -> h (linear) -> 1 on the one sample x = 1: the answer is the sum of the kept weights. */
function sumOf(...weights: number[]): Network {
  const layers = [dense(weights.length), sum()];
  return Network.from({ inputs: 1, layers }, Float64Array.of(...weights, ...weights.map(() => 1)));
}
const one = (target: number) =>
  Dataset.create({ inputs: Float64Array.of(1), inputCount: 1, targets: Float64Array.of(target) });
const weights = (network: Network) => Array.from(network.tensor('layers.0.weights'));

describe('prune', () => {
  it('keeps the given number of most relevant nodes', () => {
    expect(weights(prune(sumOf(3, -5, 1, 4), { keep: 2 }))).toEqual([-5, 4]);
    expect(weights(prune(sumOf(3, -5, 1, 4), { keep: 4 }))).toEqual([3, -5, 1, 4]);
  });

  it('removes those below a percentile', () => {
    expect(weights(prune(sumOf(3, -5, 1, 4), { percentile: 50 }))).toEqual([-5, 4]); // the median is 3.5
    expect(weights(prune(sumOf(3, -5, 1, 4), { percentile: 100 }))).toEqual([-5]);
  });

  it('ranks by the given criterion', () => {
    const network = Network.from(
      { inputs: 1, layers: [spectral(2), sum()] },
      Float64Array.of(...[10, 1], 0, ...[1, 2], ...[1, 1]), // L = 10, 2 (times sqrt 2); eigenvalues 1, 2
    );
    const left = (criterion?: 'eigenvalue') =>
      prune(network, { keep: 1, ...(criterion && { criterion }) }).tensor('layers.0.eigenvectors')[0];
    expect(left()).toBe(10);
    expect(left('eigenvalue')).toBe(1);
  });

  it('ranks by the given relevance', () => {
    expect(weights(prune(sumOf(3, -5, 1), { keep: 1, relevance: Float32Array.of(0, 0, 1) }))).toEqual([1]);
  });

  it.each<[string, () => unknown, string]>([
    [
      'to remove every node',
      () => prune(sumOf(1, 2), { keep: 0 }),
      'expected at least 1 node for keep, received 0. A layer without nodes would cut the network in two',
    ],
    [
      'to keep more than there are',
      () => prune(sumOf(1, 2), { keep: 3 }),
      'expected at most the 2 nodes that the layer has for keep, received 3',
    ],
    [
      'to guess how far',
      () => prune(sumOf(1, 2), {}),
      'expected exactly one of keep and percentile, received neither',
    ],
    [
      'the last layer',
      () => prune(sumOf(1, 2), { keep: 1, layer: 1 }),
      'expected a hidden layer, not the last for layer, received 1. Its nodes are the outputs; removing them is no pruning',
    ],
    [
      'what is no network',
      () => prune([] as never, { keep: 1 }),
      'expected a Network or a Student for the first argument of prune, received an array of length 0',
    ],
    [
      'a misspelt option',
      () => prune(sumOf(1, 2), { percentil: 5 } as never),
      'unknown option "percentil" in prune; known: keep, percentile, round, layer, criterion, relevance, seed. Did you mean "percentile"?',
    ],
  ])('refuses %s', (_, call, message) => {
    expect(call).toThrow(expect.objectContaining({ code: 'invalid_argument', message }));
  });

  it('returns a network that can be saved, loaded and trained further', async () => {
    const draw = (part: number, count: number) =>
      normals({ seed: 9, trial: 0, purpose: 'freeUse', part }, count);
    const data = Dataset.create({ inputs: draw(0, 96), inputCount: 3, targets: draw(1, 32) });
    const work = { data, optimizer: adam({ learningRate: 0.02 }), batchSize: 8, epochs: 20, seed: 4 };
    const wide = Population.create([
      { ...work, layers: [spectral(12, { activation: 'relu', bias: true }), dense(4), sum()] },
    ]);
    await wide.run(5);
    const small = prune(wide.at(0), { keep: 5 });
    expect(small.dtype).toBe('float32');
    expect(small.spec.layers.map((layer) => layer.width)).toEqual([5, 4, 1]);
    wide.dispose();

    const directory = await mkdtemp(join(tmpdir(), 'prune-'));
    try {
      await small.save(join(directory, 'small.safetensors'));
      const loaded = await Network.load(join(directory, 'small.safetensors'));
      expect(loaded.parameters).toEqual(small.parameters);
      expect(loaded.spec).toEqual(small.spec);
    } finally {
      await rm(directory, { recursive: true });
    }

    const narrow = Population.create([{ ...work, network: small }]);
    const before = (await small.evaluate(data)).loss;
    expect((await narrow.at(0).evaluate(data)).loss).toBe(before);
    await narrow.run(20);
    expect((await narrow.at(0).evaluate(data)).loss).toBeLessThan(before);
    narrow.dispose();
  });
});

describe('pruneUntil', () => {
  // Removed in this order: 0.1, -1, 1, 1. Sums 1.1, 1, 2, 1, so for target 1 the losses are 0.01, 0, 1, 0.
  const bumpy = () => sumOf(0.1, -1, 1, 1);

  it('stops at the first number of nodes that breaks the bound, although fewer would keep it again', async () => {
    const { network, kept, lossBefore, lossAfter } = await pruneUntil(bumpy(), one(1), {
      maxDegradation: 0.5,
    });
    expect(kept).toBe(3);
    expect(weights(network)).toEqual([-1, 1, 1]);
    expect(lossBefore).toBeCloseTo(0.01, 12);
    expect(lossAfter).toBeCloseTo(0, 12);
  });

  it('removes nodes while the bound is kept, down to one node', async () => {
    const { network, kept } = await pruneUntil(bumpy(), one(1), { maxDegradation: 100 });
    expect(kept).toBe(1);
    expect(weights(network)).toEqual([1]);
    expect((await pruneUntil(sumOf(0, 0, 0), one(1))).kept).toBe(1);
  });

  it('allows one per cent by default, and counts the bound itself as kept', async () => {
    // Target 10: removing the smallest node takes the loss from 9^2 = 81 to (9 + d)^2.
    const loss = (d: number) => (9 + d) ** 2;
    expect(loss(0.04) / 81).toBeLessThan(1.01);
    expect((await pruneUntil(sumOf(0.04, 0.96), one(10))).kept).toBe(1);
    expect(loss(0.05) / 81).toBeGreaterThan(1.01);
    expect((await pruneUntil(sumOf(0.05, 0.95), one(10))).kept).toBe(2);
    // 1 -> 4 is a growth by exactly 3, in numbers that binary fractions hold
    expect((await pruneUntil(sumOf(1, 2), one(4), { maxDegradation: 3 })).kept).toBe(1);
    expect((await pruneUntil(sumOf(1, 2), one(4), { maxDegradation: 2.99 })).kept).toBe(2);
  });

  it('removes dead nodes without a rise of the loss', async () => {
    const found = await pruneUntil(sumOf(0, 2, 0, 1), one(4), { maxDegradation: 0 });
    expect(found).toMatchObject({ kept: 2, lossBefore: 1, lossAfter: 1 });
    expect(weights(found.network)).toEqual([2, 1]);
  });

  it('reports the loss of the returned network', async () => {
    const { network, lossAfter } = await pruneUntil(sumOf(0.3, 2, 0.1, 1), one(4), { maxDegradation: 0.5 });
    expect((await network.evaluate(one(4))).loss).toBeCloseTo(lossAfter, 12);
  });

  it('prunes a student by the given criterion, without changing it', async () => {
    const population = Population.create([
      {
        layers: [spectral(4), sum()],
        data: one(4),
        optimizer: adam({ learningRate: 0.1 }),
        batchSize: 1,
        epochs: 1,
        seed: 3,
      },
    ]);
    const before = population.at(0).state();
    const found = await pruneUntil(population.at(0), one(4), {
      maxDegradation: 1e9,
      criterion: 'eigenvalue',
    });
    expect(found.kept).toBe(1);
    // all eigenvalues are 1, so the last node stays
    expect(found.network.tensor('layers.0.eigenvectors')[0]).toBe(before.parameters[3]);
    expect(population.at(0).state()).toEqual(before);
    population.dispose();
  });

  it.each<[string, string, () => Promise<unknown>, string]>([
    [
      'a negative degradation',
      'invalid_argument',
      () => pruneUntil(bumpy(), one(1), { maxDegradation: -0.1 }),
      'expected a finite number of at least 0 for maxDegradation, received -0.1',
    ],
    [
      'options that are nothing',
      'invalid_argument',
      () => pruneUntil(bumpy(), one(1), null as never),
      'expected an object of options for pruneUntil, received null',
    ],
    [
      'a misspelt option',
      'invalid_argument',
      () => pruneUntil(bumpy(), one(1), { maxDegredation: 0.1 } as never),
      'unknown option "maxDegredation" in pruneUntil; known: maxDegradation, layer, criterion, relevance, seed, points. Did you mean ' +
        '"maxDegradation"?',
    ],
    [
      'what is no network',
      'invalid_argument',
      () => pruneUntil(undefined as never, one(1)),
      'expected a Network or a Student for the first argument of pruneUntil, received undefined',
    ],
    [
      'a loss that is not finite',
      'diverged',
      () => pruneUntil(sumOf(1e200, 1), one(1), { relevance: [1, 2] }),
      'expected a finite loss of the unpruned network, received Infinity. There is nothing to prune from',
    ],
  ])('refuses %s', async (_, code, call, message) => {
    await expect(call()).rejects.toMatchObject({ code, message });
  });
});
