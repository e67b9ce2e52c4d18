import { describe, expect, it } from 'vitest';
import { Dataset } from '../../src/network/dataset.js';
import { dense, spectral, sum } from '../../src/network/layers.js';
import { Network } from '../../src/network/network.js';
import { normals } from '../../src/network/random.js';
import { prune, pruneUntil } from '../../src/pruning/prune.js';
import { type PruneNetworkOptions, pruneNetwork } from '../../src/pruning/prune-network.js';
import { rejectionOf } from '../failure.js';

/** 1 -> a -> b -> 1, linear; a layer's matrix has the given norms of rows, spread evenly. */
function twoLayers(first: readonly number[], second: readonly number[]): Network {
  const rows = second.flatMap((norm) => first.map(() => norm / Math.sqrt(first.length)));
  const block = Float64Array.of(...first, ...rows, ...second.map(() => 1));
  return Network.from({ inputs: 1, layers: [dense(first.length), dense(second.length), sum()] }, block);
}
const widths = (network: Network) => network.spec.layers.slice(0, -1).map(({ width = 0 }) => width);
const firstWeights = (network: Network) => Array.from(network.tensor('layers.0.weights'));

/** Relevance over the largest: 1, 0.8, 0.6, 0.4 and 1, 0.1. */
const uneven = twoLayers([10, 8, 6, 4], [2, 0.2]);

describe('pruneNetwork', () => {
  it.each<[PruneNetworkOptions, number[]]>([
    [{ keep: 2 }, [2, 2]],
    [{ keep: 1 }, [1, 1]],
    [{ keep: 5, scope: 'global' }, [4, 1]], // 0.1 goes
    [{ keep: 3, scope: 'global' }, [2, 1]], // then 0.4, 0.6
    [{ keep: 2, scope: 'global' }, [1, 1]], // the best of a layer never goes
    [{ percentile: 0 }, [4, 2]],
    [{ percentile: 50 }, [2, 1]],
    [{ percentile: 100 }, [1, 1]],
    [{ percentile: 50, scope: 'global' }, [2, 1]], // of 0.1, 0.4, 0.6, 0.8, 1, 1: below 0.7
    [{ percentile: 30, scope: 'global' }, [3, 1]], // below 0.5
    [{ percentile: 100, scope: 'global' }, [1, 1]],
    [{ keep: 1, layers: [1] }, [4, 1]],
    [{ keep: 3, layers: [0], scope: 'global' }, [3, 2]],
  ])('prunes two layers by %j to %j', async (options, expected) => {
    const { network, layers } = await pruneNetwork(uneven, options);
    expect(widths(network)).toEqual(expected);
    expect(layers.map(({ after }) => after)).toEqual(
      layers.map(({ layer }) => network.spec.layers[layer]?.width),
    );
  });

  it('returns the nodes of each layer before and after', async () => {
    const { network, ...told } = await pruneNetwork(uneven, { keep: 3, scope: 'global' });
    expect(told).toEqual({
      scope: 'global',
      layers: [
        { layer: 0, criterion: 'M', before: 4, after: 2 },
        { layer: 1, criterion: 'M', before: 2, after: 1 },
      ],
      removed: 3,
      parameters: { before: 14, after: 5 },
      multiplyAdds: { before: 14, after: 5 },
      recalibrated: false,
    });
    expect(firstWeights(network)).toEqual([10, 8]);
  });

  it('is prune() where there is one hidden layer', async () => {
    const network = Network.create({ inputs: 3, layers: [spectral(9), dense(2)] }, { seed: 1 });
    for (const scope of ['layer', 'global'] as const) {
      const { network: pruned } = await pruneNetwork(network, { keep: 4, scope });
      expect(pruned.parameters).toEqual(prune(network, { keep: 4 }).parameters);
      const { network: other } = await pruneNetwork(network, { percentile: 30, scope });
      expect(other.parameters).toEqual(prune(network, { percentile: 30 }).parameters);
    }
  });

  it('does not change its argument, even where no node is removed', async () => {
    const before = uneven.parameters.slice();
    const { network } = await pruneNetwork(uneven, { percentile: 0 });
    network.parameters.fill(0);
    expect(uneven.parameters).toEqual(before);
  });
});

describe('pruneNetwork until a metric falls', () => {
  const inputs = normals({ seed: 1, trial: 0, purpose: 'testInputs', part: 0 }, 300 * 4, 1);
  const start = Network.create(
    {
      inputs: 4,
      layers: [dense(12, { activation: 'tanh' }), spectral(10, { activation: 'relu', bias: true }), dense(3)],
    },
    { seed: 2, dtype: 'float64' },
  );

  it.each(['layer', 'global'] as const)(
    'removes as many nodes as the bound allows, scope %s',
    async (scope) => {
      const targets = (await start.predict(inputs)).map((y, i) => y + (i % 2 === 0 ? 0.1 : -0.1));
      const data = Dataset.create({ inputs, inputCount: 4, targets: targets as Float64Array });
      const nodes = (network: Network) => widths(network).reduce((a, b) => a + b, 0);
      const { network, metric } = await pruneNetwork(start, { maxDegradation: 4, data, scope });
      const before = (await start.evaluate(data)).loss;
      expect(metric).toEqual({ name: 'loss', before, after: (await network.evaluate(data)).loss });
      expect(metric?.after).toBeLessThanOrEqual(5 * before);
      expect(nodes(network)).toBeLessThan(22);
      // one node more breaks the bound
      if (scope === 'global') {
        const { network: next } = await pruneNetwork(start, { keep: nodes(network) - 1, scope });
        expect((await next.evaluate(data)).loss).toBeGreaterThan(5 * before);
      }
    },
  );

  it('uses accuracy where there are classes, and loss where that is given', async () => {
    const answers = await start.predict(inputs);
    const classes = Array.from({ length: 300 }, (_, i) => {
      const row = Array.from(answers.subarray(3 * i, 3 * i + 3));
      return row.indexOf(Math.max(...row));
    });
    const data = Dataset.create({ inputs, inputCount: 4, classes });
    const classifier = Network.from({ ...start.spec, loss: 'crossEntropy' }, start.parameters);
    const { metric } = await pruneNetwork(classifier, { maxDegradation: 0.1, data });
    expect(metric).toMatchObject({ name: 'accuracy', before: 1 });
    expect(metric?.after).toBeGreaterThanOrEqual(0.9);
    expect(metric?.after).toBeLessThan(1);
    const loss = await pruneNetwork(classifier, { maxDegradation: 0.1, data, metric: 'loss' });
    expect(loss.metric?.name).toBe('loss');
    // all may go but one per layer
    const all = await pruneNetwork(classifier, { maxDegradation: 1, data });
    expect(widths(all.network)).toEqual([1, 1]);
  });

  it('is pruneUntil() where there is one hidden layer and the loss only rises', async () => {
    const network = Network.from(
      { inputs: 1, layers: [dense(4), sum()] },
      Float64Array.of(3, -5, 1, 4, 1, 1, 1, 1),
    );
    const data = Dataset.create({ inputs: Float64Array.of(1), inputCount: 1, targets: Float64Array.of(-6) });
    for (const maxDegradation of [0, 0.1, 0.2, 0.5, 3]) {
      const { kept } = await pruneUntil(network, data, { maxDegradation });
      const { layers } = await pruneNetwork(network, { maxDegradation, data });
      expect(layers[0]?.after).toBe(kept);
    }
  });

  it('stops before the first cut that breaks the bound, though a larger cut keeps it again', async () => {
    // nodes go in the order 1, 2, 4, 8: the answer 15 becomes 14, 12, 8
    const network = Network.from(
      { inputs: 1, layers: [dense(4), sum()] },
      Float64Array.of(1, 2, 4, 8, 1, 1, 1, 1),
    );
    const kept = async (target: number, maxDegradation: number) => {
      const data = Dataset.create({
        inputs: Float64Array.of(1),
        inputCount: 1,
        targets: Float64Array.of(target),
      });
      return (await pruneNetwork(network, { maxDegradation, data })).layers[0]?.after;
    };
    expect(await kept(8, 0)).toBe(1); // losses 49, 36, 16, 0
    expect(await kept(11.4, 0)).toBe(1); // 12.96, 6.76, 0.36, 11.56
    const bumpy = Network.from(
      { inputs: 1, layers: [dense(4), sum()] },
      Float64Array.of(-1, 2, 4, 8, 1, 1, 1, 1),
    );
    const data = Dataset.create({
      inputs: Float64Array.of(1),
      inputCount: 1,
      targets: Float64Array.of(12.4),
    });
    // answers 13, 14, 12, 8: losses 0.36, 2.56, 0.16, 19.36
    expect((await pruneNetwork(bumpy, { maxDegradation: 0.1, data })).layers[0]?.after).toBe(4);
  });

  it('finds the same cut among more nodes than it tries one by one', async () => {
    const nodes = 700;
    const weights = Float64Array.from({ length: nodes }, (_, i) => i + 1);
    const network = Network.from(
      { inputs: 1, layers: [dense(nodes), sum()] },
      Float64Array.of(...weights, ...weights.map(() => 1)),
    );
    const total = (nodes * (nodes + 1)) / 2;
    const data = Dataset.create({
      inputs: Float64Array.of(1),
      inputCount: 1,
      targets: Float64Array.of(total + 1),
    });
    for (const removed of [0, 1, 2, 3, 4, 300, 301, 302, nodes - 1]) {
      const loss = (1 + (removed * (removed + 1)) / 2) ** 2; // it was 1
      const { layers } = await pruneNetwork(network, { maxDegradation: loss - 1, data });
      expect(layers[0]?.after).toBe(nodes - removed);
    }
  });

  it('applies the bound to a given reference, and refuses a network that already breaks it', async () => {
    const data = Dataset.create({ inputs: Float64Array.of(1), inputCount: 1, targets: Float64Array.of(20) });
    const network = Network.from({ inputs: 1, layers: [dense(2), sum()] }, Float64Array.of(9, 1, 1, 1)); // loss 100, then 121
    const reached = async (reference: number) =>
      (await pruneNetwork(network, { maxDegradation: 0.1, data, reference })).layers[0]?.after;
    expect(await reached(120)).toBe(1);
    expect(await reached(100)).toBe(2);
    expect(await rejectionOf(pruneNetwork(network, { maxDegradation: 0.1, data, reference: 50 }))).toBe(
      'invalid_argument: expected a network whose loss is at most 55.00 (maxDegradation from 50.00) before anything is removed, ' +
        'received 100.0. Train it longer or with weaker penalties, or allow more',
    );
  });
});

describe('pruneNetwork refuses', () => {
  const data = Dataset.create({ inputs: Float64Array.of(1), inputCount: 1, targets: Float64Array.of(1) });

  it.each<[string, PruneNetworkOptions, string]>([
    ['to guess how far', {}, 'expected exactly one of keep, percentile and maxDegradation, received none'],
    [
      'two answers',
      { keep: 1, percentile: 2 },
      'expected exactly one of keep, percentile and maxDegradation, received keep and percentile',
    ],
    [
      'to remove everything',
      { keep: 0 },
      'expected at least 1 node for keep, received 0. A layer without nodes would cut the network in two',
    ],
    [
      'to remove everything of one layer',
      { keep: 1, scope: 'global' },
      'expected at least 2, one node for each of the layers that are pruned for keep, received 1. A layer without nodes would ' +
        'cut the network in two',
    ],
    [
      'more than there are',
      { keep: 3 },
      'expected at most the 2 nodes that the layer has for keep, received 3',
    ],
    [
      'more than there are in all',
      { keep: 7, scope: 'global' },
      'expected at most the 6 nodes that the layers have together for keep, received 7',
    ],
    [
      'no percentile',
      { percentile: 101 },
      'expected a finite number between 0 and 100 for percentile, received 101',
    ],
    [
      'no data',
      { maxDegradation: 0.1 },
      'expected a Dataset to go with maxDegradation for data of pruneNetwork, received undefined',
    ],
    [
      'less than nothing',
      { maxDegradation: -1, data },
      'expected a finite number of at least 0 for maxDegradation, received -1',
    ],
    [
      'accuracy of numbers',
      { keep: 1, data, metric: 'accuracy' },
      'expected \'loss\' for data without classes for metric, received "accuracy"',
    ],
    [
      'the last layer',
      { keep: 1, layers: [2] },
      'expected a hidden layer, not the last for layer, received 2. Its nodes are the outputs; removing them is no pruning',
    ],
    [
      'no layer',
      { keep: 1, layers: [] },
      'expected at least one hidden layer for layers of pruneNetwork, received an array of length 0. The last layer is none',
    ],
    [
      'a layer twice',
      { keep: 1, layers: [0, 0] },
      'expected an array of distinct hidden layers for layers of pruneNetwork, received an array of length 2',
    ],
    [
      'a scope of its own',
      { keep: 1, scope: 'all' as never },
      'expected one of layer, global for scope, received "all"',
    ],
    [
      'no criterion',
      { keep: 1, criterion: 0 as never },
      'expected one of L, M, eigenvalue, weightNorm, relevance, l1, batchNormScale, random for criterion, received 0',
    ],
    [
      'data that are none',
      { maxDegradation: 0.1, data: null as never },
      'expected a Dataset (see Dataset.create) for data of pruneNetwork, received null',
    ],
    [
      'a criterion that a layer lacks',
      { keep: 1, criterion: 'L' },
      'expected a spectral layer for criterion "L", received layer 0, which is dense and has no eigenvalues. Use criterion "M" or "weightNorm"',
    ],
  ])('%s', async (_, options, message) => {
    expect(await rejectionOf(pruneNetwork(uneven, options))).toBe(`invalid_argument: ${message}`);
  });
});
