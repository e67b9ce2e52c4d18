/** Surgery on networks of images: gate, cut and a network whose readers ignore the units agree. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Layer, Network, prune, pruneNetwork, pruningCurve } from '../../src/index.js';
import { describe as describeNetwork, outputsOf } from '../../src/network/description.js';
import { tensorLayout } from '../../src/network/layout.js';
import { keepNodes } from '../../src/pruning/surgery.js';
import { removableGroups } from '../../src/pruning/unit-groups.js';
import { failureOf, rejectionOf } from '../failure.js';
import { dataOf, depthwise, grouped, joined, networkOf, residual } from './image-networks.js';

const folder = mkdtempSync(join(tmpdir(), 'eigenstudent-surgery-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Sums of up to 100 terms of order 1 in another order; measured at most 4e-15. */
const tolerance = 1e-13;

/** The judge: weights that read the removed units set to 0, wherever a layer outside the group reads them. */
function deafTo(network: Network, group: number, removed: ReadonlySet<number>): Network {
  const deaf = network.clone();
  const { layers } = describeNetwork(network.spec);
  for (const { layer, name, shape, inputAxis } of tensorLayout(network.spec)) {
    const read = layers[layer]?.reads[0] ?? 0;
    if (inputAxis < 0 || read === 0 || shape.length < 2) continue;
    const silent = (layers[read - 1]?.units ?? []).flatMap(({ group: own, units, block }) =>
      Array.from({ length: units * block }, (_, i) => own === group && removed.has(Math.floor(i / block))),
    );
    const inner = shape.slice(inputAxis + 1).reduce((product, extent) => product * extent, 1);
    const values = deaf.tensor(name);
    for (let k = 0; k < values.length; ++k) if (silent[Math.floor(k / inner) % silent.length]) values[k] = 0;
  }
  return deaf;
}

const cases: [string, Layer[], number][] = [
  ['residual', residual(), 3],
  ['depth-wise', depthwise(), 3],
  ['concat', joined(), 4],
];

describe.each(cases)('%s', (_, layers, groups) => {
  const whole = networkOf(layers);
  const data = dataOf(outputsOf(whole.spec));

  it('has the groups that are expected', () => {
    expect(removableGroups(whole.spec)).toHaveLength(groups);
  });

  it.each(removableGroups(whole.spec).map((group) => [group.members.join(', '), group] as const))(
    'layers %s: gate, surgery and deaf readers agree at every width',
    async (_members, { group, units, members }) => {
      const [layer] = members as readonly [number];
      const order = Uint32Array.from({ length: units }, (_, i) => (i + 2) % units).reverse();
      for (const device of ['cpu', 'reference'] as const) {
        const losses = await whole.pruningLosses(layer, order, data, { device });
        for (let kept = 1; kept <= units; ++kept) {
          const narrow = keepNodes(whole, layer, order.slice(units - kept).sort());
          expect((await narrow.evaluate(data, { device })).loss).toBeCloseTo(losses[kept] as number, 12);
          const judge = deafTo(whole, group, new Set(order.slice(0, units - kept)));
          const [cut, expected] = [
            await narrow.predict(data, { device }),
            await judge.predict(data, { device }),
          ];
          expect(cut).toHaveLength(expected.length);
          for (const [i, value] of expected.entries())
            expect(Math.abs((cut[i] as number) - value)).toBeLessThan(
              tolerance * Math.max(1, Math.abs(value)),
            );
        }
      }
    },
  );

  it('is cut in all groups by pruneNetwork, and comes back from its file', async () => {
    const {
      network,
      layers: pruned,
      removed,
    } = await pruneNetwork(whole, { percentile: 50, criterion: 'relevance' });
    expect(pruned).toHaveLength(groups);
    for (const { before, after } of pruned) expect(after).toBe(Math.ceil(before / 2));
    expect(removed).toBe(pruned.reduce((sum, { before, after }) => sum + before - after, 0));
    const path = join(folder, 'pruned.safetensors');
    await network.save(path);
    const loaded = await Network.load(path);
    expect(loaded.spec).toEqual(network.spec);
    expect(await loaded.predict(data)).toEqual(await network.predict(data));
    expect((await network.predict(data)).every(Number.isFinite)).toBe(true);
    const one = await pruneNetwork(whole, { percentile: 100, criterion: 'relevance' });
    expect(one.layers.map(({ after }) => after)).toEqual(Array(groups).fill(1));
    expect((await one.network.predict(data)).every(Number.isFinite)).toBe(true);
  });
});

describe('a cut', () => {
  it('takes filters, batch norm with its statistics, channels of kernels and features behind a flatten', () => {
    const whole = networkOf(depthwise());
    const narrow = keepNodes(whole, 0, Uint32Array.of(1, 4));
    expect(narrow.spec.layers[3]).toMatchObject({ width: 2, groups: 2 });
    expect(narrow.shape('layers.3.eigenvectors')).toEqual([2, 1, 3, 3]);
    for (const name of [
      'layers.3.eigenvaluesIn',
      'layers.3.bias',
      'layers.4.scale',
      'layers.4.runningVariance',
    ])
      expect(Array.from(narrow.tensor(name)), name).toEqual([1, 4].map((i) => whole.tensor(name)[i]));
    expect(narrow.shape('layers.6.weights')).toEqual([7, 2, 1, 1]);
    const features = keepNodes(whole, 8, Uint32Array.of(6)); // named by the flatten behind the pool: 4 x 4 per channel
    expect(features.spec.layers[6]?.width).toBe(1);
    const expected = whole.tensor('layers.9.runningMean').slice(6 * 16);
    expect(Array.from(features.tensor('layers.9.runningMean'))).toEqual(Array.from(expected));
    expect(features.shape('layers.10.eigenvectors')).toEqual([4, 16]);
  });

  it('of one member of a group is that of all', () => {
    const whole = networkOf(residual());
    const kept = Uint32Array.of(0, 3);
    const expected = keepNodes(whole, 0, kept);
    for (const layer of [2, 4, 7])
      expect(keepNodes(whole, layer, kept).parameters).toEqual(expected.parameters);
    expect(prune(whole, { layer: 'a2', keep: 2 }).spec).toEqual(prune(whole, { keep: 2 }).spec);
  });

  it('refuses the units of a convolution of several groups, by name', async () => {
    const whole = networkOf(grouped());
    const expected = (first: string, leave: number) =>
      `invalid_argument: expected units that no convolution of several groups makes or reads, received those of ${first} and ` +
      `layer 1 ('grouped'), whose 2 groups a cut would break. Leave them: leave: [${leave}]`;
    expect(failureOf(() => prune(whole, { keep: 2 }))).toBe(expected("layer 0 ('before')", 0));
    expect(failureOf(() => prune(whole, { layer: 1, keep: 2 }))).toBe(expected("layer 1 ('grouped')", 1));
    expect(await rejectionOf(pruneNetwork(whole, { percentile: 50 }))).toBe(
      expected("layer 0 ('before')", 0),
    );
    const { layers } = await pruneNetwork(whole, { percentile: 50, leave: ['before', 1] });
    expect(layers).toEqual([{ layer: 2, criterion: 'relevance', before: 5, after: 3 }]);
  });

  it('refuses units that a term of the loss compares', async () => {
    const terms = [
      { loss: 'mse' as const },
      { loss: 'meanAbsoluteError' as const, layer: 'side', target: 'hint' },
    ];
    const { spec, parameters } = networkOf(joined());
    const whole = Network.from({ ...spec, inputs: [2, 6, 6], loss: { terms } }, parameters);
    expect(failureOf(() => prune(whole, { layer: 'sideMean', keep: 1 }))).toBe(
      'invalid_argument: expected a layer whose units are hidden and its own for layer, received 11. A term of the loss compares ' +
        'the outputs of layer 10, which has these units',
    );
    const { layers } = await pruneNetwork(whole, { percentile: 50 });
    expect(layers.map(({ layer }) => layer)).toEqual([0, 1, 8]);
  });
});

describe('a curve', () => {
  it('of a graph has 16 points, or as many as asked for, and tells its passes', async () => {
    const wide = Network.create(
      { inputs: [2, 6, 6], layers: [...residual().slice(0, 3), ...grouped().slice(2)].map(widened) },
      { seed: 1 },
    );
    const data = dataOf(2);
    const curve = await pruningCurve(wide, data);
    expect(curve.kept).toEqual(Uint32Array.of(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30));
    expect(curve.passes).toBe(16);
    const all = await pruningCurve(wide, data, { points: 1000 });
    expect([all.kept.length, all.passes]).toEqual([31, 31]);
    expect(curve.losses).toEqual(Float64Array.from(curve.kept, (kept) => all.losses[kept] as number));
    const few = await pruningCurve(wide, data, { points: 3 });
    expect(few.kept).toEqual(Uint32Array.of(0, 15, 30));
    expect(few.losses).toEqual(Float64Array.of(...[0, 15, 30].map((kept) => all.losses[kept] as number)));
    expect((await pruningCurve(wide, data, { layer: 3 })).kept).toHaveLength(6); // 5 units: all
    expect(await rejectionOf(pruningCurve(wide, data, { points: 1 }))).toBe(
      'invalid_argument: expected at least 2, of which one is the whole network for points, received 1',
    );
  });

  it('takes counts of kept units that ascend', async () => {
    const whole = networkOf(residual());
    const order = Uint32Array.of(0, 1, 2, 3, 4);
    const of = (kept: unknown) =>
      rejectionOf(whole.pruningLosses(0, order, dataOf(3), { kept: kept as Uint32Array }));
    expect(await of([1, 2])).toBe(
      'invalid_argument: expected a Uint32Array of ascending numbers of nodes from 0 to 5 for kept, received an array of length 2',
    );
    expect(await of(Uint32Array.of(2, 6))).toBe(
      'invalid_argument: expected ascending numbers of nodes from 0 to 5 for kept[1], received 6',
    );
    expect(await of(Uint32Array.of(2, 2))).toBe(
      'invalid_argument: expected ascending numbers of nodes from 0 to 5 for kept[1], received 2',
    );
  });
});

function widened(layer: Layer): Layer {
  return layer.name === 'stem' ? ({ ...layer, width: 30 } as Layer) : layer;
}
