/** Criteria for groups of units, which groups are pruned, rounding, and running statistics measured again. */
import { describe, expect, it } from 'vitest';
import {
  type Criterion,
  convTranspose2d,
  dense,
  globalAveragePool,
  type Network,
  prune,
  pruneNetwork,
  rank,
  relevance,
  removalOrder,
} from '../../src/index.js';
import { failureOf, rejectionOf } from '../failure.js';
import { dataOf, depthwise, joined, networkOf, residual } from './image-networks.js';

const close = (found: Float64Array, expected: readonly number[]) =>
  expect(Array.from(found)).toEqual(expected.map((value) => expect.closeTo(value, 12)));

/** The rows of a tensor. */
function rows(network: Network, name: string): number[][] {
  const values = Array.from(network.tensor(name));
  const size = values.length / (network.shape(name)[0] as number);
  return Array.from({ length: values.length / size }, (_, i) => values.slice(i * size, (i + 1) * size));
}
const norm = (row: readonly number[]) => Math.hypot(...row);
const sum = (row: readonly number[]) => row.reduce((total, value) => total + Math.abs(value), 0);

describe('relevance of channels', () => {
  it('is that of the filter over all axes but the output channel', () => {
    const network = networkOf(depthwise());
    const filters = rows(network, 'layers.0.weights');
    close(
      relevance(network, 0),
      filters.map((row) => norm(row) * Math.sqrt(6)),
    );
    close(
      relevance(network, 0, 'M'),
      filters.map((row) => norm(row) * Math.sqrt(6)),
    );
    close(relevance(network, 0, 'weightNorm'), filters.map(norm));
    close(relevance(network, 0, 'l1'), filters.map(sum));
    // of a layer that keeps the units, as the depth-wise convolution, it is that of the layers that make them
    for (const layer of [1, 2, 3, 4, 5]) expect(relevance(network, layer)).toEqual(relevance(network, 0));
  });

  it('has the output channels of a transposed convolution along its second axis', () => {
    const network = networkOf([convTranspose2d(3, 2), globalAveragePool(), dense(1)]);
    const weights = network.tensor('layers.0.weights'); // [2][3][2][2]
    const of = (channel: number) =>
      [0, 1].flatMap((input) =>
        Array.from(weights.slice((3 * input + channel) * 4, (3 * input + channel + 1) * 4)),
      );
    close(
      relevance(network, 0, 'weightNorm'),
      [0, 1, 2].map((channel) => norm(of(channel))),
    );
  });

  it('of a spectral convolution is that of the weights it applies', () => {
    const network = networkOf(residual());
    const phi = rows(network, 'layers.0.eigenvectors');
    const lambdaIn = network.tensor('layers.0.eigenvaluesIn');
    const lambdaOut = network.tensor('layers.0.eigenvaluesOut');
    const weights = phi.map((row, o) =>
      row.map((value, k) => ((lambdaIn[Math.floor(k / 9)] as number) - (lambdaOut[o] as number)) * value),
    );
    expect(Array.from(network.effectiveWeights(0))).toEqual(weights.flat());
    const second = rows(network, 'layers.4.weights');
    const both = (f: (row: number[]) => number) =>
      weights.map((row, i) => (f(row) + f(second[i] as number[])) / 2);
    // the mean over the two layers that make the group
    for (const layer of [0, 2, 4, 7]) close(relevance(network, layer, 'weightNorm'), both(norm));
    close(
      relevance(network, 0),
      both((row) => norm(row) * Math.sqrt(5)),
    );
    close(relevance(network, 0, 'l1'), both(sum));
  });

  it('of a depth-wise spectral convolution reads the eigenvalue of its own channel', () => {
    const network = networkOf(depthwise());
    const phi = rows(network, 'layers.3.eigenvectors');
    const [lambdaIn, lambdaOut] = ['In', 'Out'].map((side) => network.tensor(`layers.3.eigenvalues${side}`));
    const expected = phi.flatMap((row, o) =>
      row.map((value) => ((lambdaIn?.[o] as number) - (lambdaOut?.[o] as number)) * value),
    );
    expect(Array.from(network.effectiveWeights(3))).toEqual(expected);
  });

  it('L is M where eigenvaluesIn is 0, and eigenvalue is |eigenvaluesOut|', () => {
    const network = networkOf([...residual().slice(0, 1), globalAveragePool(), dense(1)]);
    network.tensor('layers.0.eigenvaluesIn').fill(0);
    close(relevance(network, 0, 'L'), Array.from(relevance(network, 0, 'relevance')));
    close(
      relevance(network, 0, 'eigenvalue'),
      Array.from(network.tensor('layers.0.eigenvaluesOut'), Math.abs),
    );
  });

  it('batchNormScale is |scale|, the mean over batch norms and over the features of a channel', () => {
    const network = networkOf(depthwise());
    const [first, second] = [1, 4].map((layer) => network.tensor(`layers.${layer}.scale`));
    const mean = Array.from(
      { length: 6 },
      (_, i) => (Math.abs(first?.[i] as number) + Math.abs(second?.[i] as number)) / 2,
    );
    close(relevance(network, 0, 'batchNormScale'), mean);
    const features = rows(network, 'layers.9.scale').flat();
    const channel = (i: number) => sum(features.slice(16 * i, 16 * (i + 1))) / 16;
    close(
      relevance(network, 6, 'batchNormScale'),
      Array.from({ length: 7 }, (_, i) => channel(i)),
    );
    const both = networkOf(joined());
    const own = both.tensor('layers.2.scale');
    const beside = both.tensor('layers.4.scale').slice(4); // behind the four channels of the other branch
    const expected = Array.from(
      { length: 3 },
      (_, i) => (Math.abs(own[i] as number) + Math.abs(beside[i] as number)) / 2,
    );
    close(relevance(both, 1, 'batchNormScale'), expected);
  });

  it('random is the order that removalOrder has for the seed', async () => {
    const network = networkOf(residual());
    const scores = relevance(network, 0, 'random', { seed: 5 });
    expect(rank(scores)).toEqual(await removalOrder(network, { ranking: 'random', seed: 5 }));
    expect(relevance(network, 7, 'random', { seed: 5 })).toEqual(scores);
    expect(relevance(network, 0, 'random', { seed: 6 })).not.toEqual(scores);
    expect(prune(network, { criterion: 'random', seed: 5, keep: 2 }).parameters).toEqual(
      prune(network, { relevance: scores, keep: 2 }).parameters,
    );
    const { layers } = await pruneNetwork(network, { percentile: 50, criterion: 'random', seed: 1 });
    expect(layers.map(({ criterion }) => criterion)).toEqual(['random', 'random', 'random']);
  });

  const network = networkOf(residual());
  const of = (layer: number, criterion: Criterion, seed?: number) => () =>
    relevance(network, layer, criterion, { seed });
  it.each<[string, () => unknown, string]>([
    [
      'batchNormScale without batch norm',
      of(3, 'batchNormScale'),
      `expected a batch norm of the units of layer 3 ('a1') for criterion "batchNormScale", received none. Exporters of PyTorch fold ` +
        'it into the layer before it. Use criterion "relevance" or "l1"',
    ],
    [
      'eigenvalue of a group in which one layer has none',
      of(0, 'eigenvalue'),
      'expected a spectral layer for criterion "eigenvalue", received layer 4, which is conv2d and has no eigenvalues. Use ' +
        'criterion "M" or "weightNorm"',
    ],
    [
      'random without a seed',
      of(0, 'random'),
      'expected a non-negative integer for seed of criterion "random", received undefined',
    ],
    [
      'a seed for another criterion',
      of(0, 'l1', 3),
      'expected none for criterion "l1", as only "random" draws numbers for seed, received 3',
    ],
    [
      'a seed with given relevance',
      () => prune(network, { relevance: [1, 2, 3, 4, 5], seed: 3, keep: 1 }),
      'expected none with relevance, as only criterion "random" draws numbers for seed, received 3',
    ],
    [
      'a layer of the units of several groups',
      () => relevance(networkOf(joined()), 3),
      'expected a layer whose units one group of layers makes for layer, received "layer 3, concat". Name one of the layers that it reads',
    ],
    [
      'a name that no layer has',
      () => prune(network, { layer: 'stemm', keep: 1 }),
      "expected the index of a layer from 0 to 14 or one of the names 'stem', 'stemNorm', 'stemOut', 'a1', 'a2', 'aNorm', 'aSum', " +
        "'aOut', 'b1', 'bNorm', 'shortcut', 'bSum', 'bOut', 'logits' for layer, received \"stemm\"",
    ],
  ])('refuses %s', (_, call, message) => {
    expect(failureOf(call)).toBe(`invalid_argument: ${message}`);
  });
});

describe('pruneNetwork of a graph', () => {
  const network = networkOf(residual());

  it('prunes each group once, whichever layers share it, and counts', async () => {
    const { layers, removed, parameters, multiplyAdds, recalibrated } = await pruneNetwork(network, {
      percentile: 50,
    });
    expect(layers).toEqual([
      { layer: 0, members: [0, 4], criterion: 'relevance', before: 5, after: 3 },
      { layer: 3, criterion: 'relevance', before: 4, after: 2 },
      { layer: 8, members: [8, 10], criterion: 'relevance', before: 6, after: 3 },
    ]);
    expect([removed, recalibrated]).toEqual([7, false]);
    // kernels times places: 6 x 6 of the stem and the first block, 3 x 3 behind the stride
    const cost = (a: number, b: number, c: number) =>
      36 * 9 * (2 * a + a * b + b * a) + 9 * (9 * a * c + a * c) + 3 * c;
    expect(multiplyAdds).toEqual({ before: cost(5, 4, 6), after: cost(3, 2, 3) });
    expect(parameters.before).toBe(network.parameters.length);
  });

  it('leaves layers by name or index, with all that share their units', async () => {
    const of = async (leave: (string | number)[]) =>
      (await pruneNetwork(network, { percentile: 50, leave })).layers.map(({ layer }) => layer);
    expect(await of(['stem'])).toEqual([3, 8]);
    expect(await of([7, 'shortcut'])).toEqual([3]);
    expect(await of(['logits'])).toEqual([0, 3, 8]);
    const { layers } = await pruneNetwork(network, { percentile: 50, layers: ['a1', 10], leave: [3] });
    expect(layers.map(({ layer }) => layer)).toEqual([10]);
  });

  it('rounds kept numbers up, to the width at most', async () => {
    const widths = async (round: number) =>
      (await pruneNetwork(network, { percentile: 60, round })).layers.map(({ after }) => after);
    expect(await widths(1)).toEqual([2, 2, 3]);
    expect(await widths(2)).toEqual([2, 2, 4]);
    expect(await widths(4)).toEqual([4, 4, 4]);
    expect(await widths(8)).toEqual([5, 4, 6]);
    expect(await pruneNetwork(network, { percentile: 60, round: 8 })).toMatchObject({ removed: 0 });
    const wide = prune(network, { keep: 2, round: 4 });
    expect(wide.parameters).toEqual(prune(network, { keep: 4 }).parameters);
    const data = dataOf(3);
    const bound = { maxDegradation: 0.5, data, scope: 'global' } as const;
    const { layers, metric } = await pruneNetwork(network, { ...bound, round: 3 });
    for (const { before, after } of layers) expect(after % 3 === 0 || after === before).toBe(true);
    expect(metric?.after).toBeLessThanOrEqual(1.5 * (metric?.before as number));
  });

  it.each<[string, object, string]>([
    [
      'a layer to leave that is not there',
      { leave: ['stem', 15] },
      "expected the index of a layer from 0 to 14 or one of the names 'stem', 'stemNorm', 'stemOut', 'a1', 'a2', 'aNorm', 'aSum', " +
        "'aOut', 'b1', 'bNorm', 'shortcut', 'bSum', 'bOut', 'logits' for leave of pruneNetwork[1], received 15",
    ],
    [
      'layers that share their units',
      { layers: ['stem', 'a2'] },
      "expected layers of distinct units for layers of pruneNetwork, received layer 0 ('stem') and layer 4 ('a2'), which share theirs " +
        'and are cut together. Name one of them',
    ],
    [
      'to leave everything',
      { leave: [0, 3, 8] },
      'expected at least one hidden layer for layers of pruneNetwork, received an array of length 0. All are left',
    ],
    ['a multiple of 0', { round: 0 }, 'expected a positive integer for round, received 0'],
    [
      'no list of layers to leave',
      { leave: 'stem' },
      'expected an array of names or indices of layers for leave of pruneNetwork, received "stem"',
    ],
  ])('refuses %s', async (_, options, message) => {
    expect(await rejectionOf(pruneNetwork(network, { percentile: 50, ...options }))).toBe(
      `invalid_argument: ${message}`,
    );
  });
});
