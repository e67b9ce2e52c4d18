import { describe, expect, it } from 'vitest';
import { Dataset } from '../../src/network/dataset.js';
import {
  type Activation,
  activations,
  dense,
  type Layer,
  type MatrixLayer,
  spectral,
} from '../../src/network/layers.js';
import { Network } from '../../src/network/network.js';
import { normals } from '../../src/network/random.js';
import { pruningCurve } from '../../src/pruning/curve.js';
import { prune } from '../../src/pruning/prune.js';
import { rank } from '../../src/pruning/ranking.js';
import { relevance } from '../../src/pruning/relevance.js';

/*
 * Three ways to remove nodes must agree at every number of kept nodes: the gate of native code (pruning curve), surgery
 * (prune), and, as the judge of both, a network of the full width whose next layer does not listen to the removed nodes.
 */
const inputs = 3;
const samples = 37;

/** A network whose every parameter, eigenvaluesIn and biases too, is normal: no term of the formulas is silent. */
function networkOf(layers: Layer[], loss: 'mse' | 'crossEntropy' = 'mse'): Network {
  const network = Network.create({ inputs, layers, loss }, { seed: 0, dtype: 'float64' });
  network.parameters.set(normals({ seed: 11, trial: 0, purpose: 'freeUse' }, network.parameters.length, 0.7));
  return network;
}

function dataFor(network: Network): Dataset {
  const outputs = network.spec.layers.at(-1)?.width as number;
  const draw = (part: number, count: number) =>
    normals({ seed: 12, trial: 0, purpose: 'freeUse', part }, count);
  const shared = { inputs: draw(0, samples * inputs), inputCount: inputs };
  if (network.spec.loss === 'mse') return Dataset.create({ ...shared, targets: draw(1, samples * outputs) });
  return Dataset.create({ ...shared, classes: Array.from({ length: samples }, (_, i) => i % outputs) });
}

/** The judge: matrix columns [N_out][h] of the next layer set to 0 for the nodes that are removed. */
function deafTo(network: Network, layer: number, removed: Uint32Array): Network {
  const deaf = network.clone();
  const next = network.spec.layers[layer + 1] as MatrixLayer;
  const matrix = deaf.tensor(`layers.${layer + 1}.${next.kind === 'spectral' ? 'eigenvectors' : 'weights'}`);
  const columns = matrix.length / next.width;
  for (let i = 0; i < next.width; ++i) for (const node of removed) matrix[i * columns + node] = 0;
  return deaf;
}

interface Case {
  readonly name: string;
  readonly layers: Layer[];
  readonly layer: number;
  readonly loss?: 'mse' | 'crossEntropy';
}

/** layers: 3 -> 7 -> 5 -> 2, of which one with a bias or without, pruned at the first or the second hidden layer. */
function caseOf(
  first: 'spectral' | 'dense',
  second: 'spectral' | 'dense',
  activation: Activation,
  layer: number,
): Case {
  const build = (kind: 'spectral' | 'dense', width: number, given: Activation, bias: boolean) =>
    kind === 'spectral'
      ? spectral(width, { activation: given, bias })
      : dense(width, { activation: given, bias });
  const layers = [
    build(first, 7, activation, true),
    build(second, 5, activation, layer === 0),
    build(first, 2, 'linear', true),
  ];
  return { name: `${first}, ${second}, ${activation}, hidden layer ${layer}`, layers, layer };
}

const kinds = ['spectral', 'dense'] as const;
const cases: Case[] = [
  ...activations.flatMap((activation) => [
    caseOf('spectral', 'dense', activation, 0),
    caseOf('dense', 'spectral', activation, 1),
  ]),
  ...kinds.flatMap((first) =>
    kinds.flatMap((second) => [caseOf(first, second, 'softplus', 0), caseOf(first, second, 'softplus', 1)]),
  ),
  { ...caseOf('spectral', 'spectral', 'sigmoid', 0), name: 'cross-entropy', loss: 'crossEntropy' },
  { name: 'one node', layers: [spectral(1, { bias: true, activation: 'sigmoid' }), dense(2)], layer: 0 },
  {
    name: 'activated outputs',
    layers: [dense(9, { activation: 'elu' }), spectral(3, { activation: 'tanh' })],
    layer: 0,
  },
];

/**
 * Relative to the loss, or to 1 where that is more. The curve adds up to 9 nodes one at a time, a forward pass in another
 * order: a few roundings of terms of order 1. Measured with AVX-512: at most 7.6e-16 and 2.5e-7; 15 to 20 times that leaves
 * room for another instruction set and none for a wrong term.
 */
const tolerance = { float64: 1e-14, float32: 5e-6 } as const;

describe.each(cases)('gate and surgery agree: $name', ({ layers, layer, loss }) => {
  const exact = networkOf(layers, loss);
  const data = dataFor(exact);
  const scores = relevance(exact, layer, 'weightNorm');
  const order = rank(scores);
  const close = (found: number, expected: number, dtype: 'float32' | 'float64') =>
    expect(Math.abs(found - expected)).toBeLessThanOrEqual(
      tolerance[dtype] * Math.max(1, Math.abs(expected)),
    );

  it.each(['float64', 'float32'] as const)(
    'gives the losses of pruned networks in %s, for every number of kept nodes',
    async (dtype) => {
      const network = exact.clone(dtype);
      const { losses } = await pruningCurve(network, data, { layer, relevance: scores });
      expect(losses).toHaveLength(order.length + 1);
      for (let kept = 0; kept <= order.length; ++kept) {
        const removed = order.slice(0, order.length - kept);
        const judged = (await deafTo(exact, layer, removed).evaluate(data)).loss;
        close(losses[kept] as number, judged, dtype);
        if (kept === 0) continue; // no network has a layer without nodes
        const small = prune(network, { layer, relevance: scores, keep: kept });
        expect(small.spec.layers[layer]?.width).toBe(kept);
        close((await small.evaluate(data)).loss, losses[kept] as number, dtype);
      }
    },
  );

  it('gives the same curve on the reference device', async () => {
    const reference = await exact.pruningLosses(layer, order, data, { device: 'reference' });
    const { losses } = await pruningCurve(exact, data, { layer, relevance: scores });
    for (const [kept, expected] of reference.entries()) close(losses[kept] as number, expected, 'float64');
  });

  it('gives the same outputs sample by sample', async () => {
    const kept = Math.ceil(order.length / 2);
    const small = await prune(exact, { layer, relevance: scores, keep: kept }).predict(data);
    const judged = await deafTo(exact, layer, order.slice(0, order.length - kept)).predict(data);
    expect(small).toHaveLength(judged.length);
    for (const [i, expected] of judged.entries()) close(small[i] as number, expected, 'float64');
  });
});

describe('an eigenvalue of 0', () => {
  it('removes no node that answers f(bias), which is why the gate is on the output', async () => {
    const network = networkOf([spectral(4, { activation: 'sigmoid' }), dense(2)]);
    network.tensor('layers.0.eigenvaluesIn').fill(0);
    const data = dataFor(network);
    const silenced = network.clone();
    silenced.tensor('layers.0.eigenvaluesOut')[2] = 0; // answers 0.5 now, whatever comes in
    const relevances = [1, 1, 0, 1];
    const removed = await prune(network, { relevance: relevances, keep: 3 }).evaluate(data);
    expect(Math.abs((await silenced.evaluate(data)).loss - removed.loss)).toBeGreaterThan(1e-3);
  });
});
