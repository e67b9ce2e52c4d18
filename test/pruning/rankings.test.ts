import { describe, expect, it } from 'vitest';
import { Dataset } from '../../src/network/dataset.js';
import { activation, add, batchNorm, concat } from '../../src/network/graph-layers.js';
import {
  type Activation,
  dense,
  type Layer,
  type MatrixLayer,
  spectral,
  sum,
} from '../../src/network/layers.js';
import { Network } from '../../src/network/network.js';
import { normals } from '../../src/network/random.js';
import type { Loss } from '../../src/network/spec.js';
import { rank } from '../../src/pruning/ranking.js';
import { type RemovalOptions, removalOrder } from '../../src/pruning/rankings.js';
import { relevance } from '../../src/pruning/relevance.js';
import { rejectionOf } from '../failure.js';

const samples = 300; // more than pass together in the oracle, and no multiple of it

function inputs(count: number) {
  return normals({ seed: 4, trial: 0, purpose: 'freeUse' }, samples * count);
}
function regression(outputs: number): Dataset {
  const targets = normals({ seed: 4, trial: 1, purpose: 'freeUse' }, samples * outputs);
  return Dataset.create({ inputs: inputs(3), inputCount: 3, targets });
}
function classification(): Dataset {
  const classes = Array.from({ length: samples }, (_, b) => (b * b) % 3);
  return Dataset.create({ inputs: inputs(3), inputCount: 3, classes });
}

/** Every node left is taken away in turn, and all losses of every number of kept nodes are looked at. */
async function bruteForce(network: Network, layer: number, width: number, data: Dataset): Promise<number[]> {
  const removed: number[] = [];
  while (removed.length < width) {
    const left = Array.from({ length: width }, (_, i) => i).filter((i) => !removed.includes(i));
    const losses: number[] = [];
    for (const node of left) {
      const order = Uint32Array.from([...removed, node, ...left.filter((other) => other !== node)]);
      const curve = await network.pruningLosses(layer, order, data, { device: 'reference' });
      losses.push(curve[left.length - 1] as number);
    }
    removed.push(left[losses.indexOf(Math.min(...losses))] as number);
  }
  return removed;
}

const cases: { name: string; layers: Layer[]; layer: number; loss?: Loss }[] = [
  ...(['relu', 'linear', 'tanh'] as Activation[]).map((activation) => ({
    name: `spectral below ${activation} and sum`,
    layers: [spectral(7, { activation: 'relu' }), dense(4, { activation }), sum()],
    layer: 0,
  })),
  {
    name: 'with biases, below a spectral layer and two outputs',
    layers: [
      dense(3, { activation: 'elu', bias: true, initialize: { bias: 0.3 } }),
      dense(8, { activation: 'sigmoid', bias: true, initialize: { bias: -0.2 } }),
      spectral(5, { activation: 'gelu', bias: true, initialize: { eigenvaluesIn: 0.5, bias: 0.1 } }),
      dense(2, { bias: true, initialize: { bias: 0.4 } }),
    ],
    layer: 1,
  },
  {
    name: 'a classifier',
    layers: [spectral(6, { activation: 'relu' }), dense(3)],
    layer: 0,
    loss: 'crossEntropy',
  },
];

describe('the oracle', () => {
  it.each(cases)('removes what brute force removes: $name', async ({ layers, layer, loss = 'mse' }) => {
    const network = Network.create({ inputs: 3, layers, loss }, { seed: 3, dtype: 'float64' });
    const width = (layers[layer] as MatrixLayer).width;
    const data = loss === 'mse' ? regression((layers.at(-1) as MatrixLayer).width) : classification();
    const order = await removalOrder(network, { ranking: 'oracle', layer, data });
    expect([...order]).toEqual(await bruteForce(network, layer, width, data));
  });

  it.each<[string, Layer[], number]>([
    ['with batch norm and an activation of its own', [dense(5), batchNorm(), activation('tanh'), sum()], 0],
    [
      'that a later layer reads, too',
      [
        dense(4, { activation: 'tanh', name: 'a' }),
        dense(4, { activation: 'relu', name: 'b' }),
        concat(['a', 'b']),
        dense(1),
      ],
      0,
    ],
    [
      'of a residual block',
      [dense(4, { name: 'a' }), spectral(4, { name: 'b' }), add(['a', 'b']), dense(1)],
      1,
    ],
  ])('removes the nodes of a layer %s', async (_, layers, layer) => {
    const network = Network.create({ inputs: 3, layers }, { seed: 3, dtype: 'float64' });
    for (let i = 0; i < network.buffers.length; ++i) network.buffers[i] = 0.3 + 0.1 * (i % 5);
    const data = regression(1);
    const order = await removalOrder(network, { ranking: 'oracle', layer, data });
    expect([...order]).toEqual(await bruteForce(network, layer, (layers[layer] as MatrixLayer).width, data));
  });

  it('does so in float32, and takes the first of equal nodes', async () => {
    const network = Network.create({ inputs: 3, layers: [spectral(5), sum()] }, { seed: 3 });
    network.tensor('layers.0.eigenvectors').fill(0);
    const order = await removalOrder(network, { ranking: 'oracle', data: regression(1) });
    expect([...order]).toEqual([0, 1, 2, 3, 4]);
  });

  it('has less loss on its data, summed over the curve, than relevance and random orders', async () => {
    const layers = [spectral(12, { activation: 'relu' }), dense(4, { activation: 'relu' }), sum()];
    const network = Network.create({ inputs: 3, layers }, { seed: 5 });
    const data = regression(1);
    const total = async (order: Uint32Array) =>
      (await network.pruningLosses(0, order, data)).reduce((sum, loss) => sum + loss, 0);
    const oracle = await total(await removalOrder(network, { ranking: 'oracle', data }));
    expect(oracle).toBeLessThan(await total(rank(relevance(network, 0))));
    expect(oracle).toBeLessThan(await total(await removalOrder(network, { ranking: 'random', seed: 1 })));
  });
});

describe('other rankings', () => {
  const network = Network.create({ inputs: 3, layers: [spectral(50), sum()] }, { seed: 1 });

  it('random orders contain every node once and depend on seed and trial', async () => {
    const order = async (seed: number, trial?: number) => [
      ...(await removalOrder(network, { ranking: 'random', seed, ...(trial !== undefined && { trial }) })),
    ];
    const first = await order(1);
    expect([...first].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(await order(1, 0)).toEqual(first);
    expect(await order(1, 1)).not.toEqual(first);
    expect(await order(2)).not.toEqual(first);
  });

  it('eigenvalue orders nodes by |lambda_out| alone', async () => {
    const few = Network.create(
      { inputs: 3, layers: [spectral(3, { initialize: { eigenvaluesOut: [-2, 0.5, 1] } }), sum()] },
      { seed: 1 },
    );
    expect([...(await removalOrder(few, { ranking: 'eigenvalue' }))]).toEqual([1, 2, 0]);
  });

  it.each<[string, unknown, string]>([
    [
      'an unknown ranking',
      { ranking: 'orakle' },
      'expected one of random, oracle, eigenvalue for ranking, received "orakle". Did you mean "oracle"?',
    ],
    [
      'the last layer',
      { ranking: 'random', seed: 1, layer: 1 },
      'expected a hidden layer, not the last for layer, received 1. Its nodes are the outputs; removing them is no pruning',
    ],
    [
      'random without a seed',
      { ranking: 'random' },
      'expected a non-negative integer for seed of removalOrder, received undefined',
    ],
    [
      'an oracle without data',
      { ranking: 'oracle' },
      "expected data for ranking 'oracle', received none. It removes nodes by the loss: give it validation data",
    ],
  ])('refuses %s', async (_, options, message) => {
    expect(await rejectionOf(removalOrder(network, options as RemovalOptions))).toBe(
      `invalid_argument: ${message}`,
    );
  });

  it('refuses data that do not fit', async () => {
    const data = Dataset.create({ inputs: new Float64Array(4), inputCount: 2, targets: new Float64Array(2) });
    expect(await rejectionOf(removalOrder(network, { ranking: 'oracle', data }))).toMatch(/^data_mismatch: /);
  });
});
