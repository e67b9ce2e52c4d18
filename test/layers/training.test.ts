/** Training of networks that are no chains: the same bits however it is cut up, states, files, surgery. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  adam,
  add,
  Dataset,
  dense,
  type Layer,
  Network,
  Population,
  restoreCheckpoint,
  saveCheckpoint,
} from '../../src/index.js';
import { describe as describeNetwork } from '../../src/network/description.js';
import { bytesOfStudent } from '../../src/network/memory-needs.js';
import { keepNodes } from '../../src/pruning/surgery.js';
import { failureOf } from '../failure.js';
import { branched, data, network, normalised, residual } from './networks.js';

const folder = mkdtempSync(join(tmpdir(), 'layers-'));
afterAll(() => rmSync(folder, { recursive: true }));

function student(layers: readonly Layer[], batchSize = 4) {
  return {
    network: network(layers),
    data: data(),
    optimizer: adam({ learningRate: 0.01 }),
    batchSize,
    epochs: 5,
    seed: 1,
  };
}
const layerLists: [string, readonly Layer[]][] = [
  ['branched', branched()],
  ['depth 1', normalised(1)],
  ['depth 3', normalised(3)],
  ['residual', residual()],
];

function states(population: Population) {
  return population.students().map((one) => one.state());
}

describe.each(['reference', 'cpu'] as const)('on %s', (device) => {
  describe.each(['float32', 'float64'] as const)('in %s', (dtype) => {
    const create = (students: Parameters<typeof Population.create>[0], threads = 1) =>
      Population.create(students, { device, dtype, threads });

    it.each(layerLists)(
      '%s: a population has the bits of singles, on one thread and on several',
      async (_, layers) => {
        const students = [student(layers), student(normalised(2)), student(layers, 7)];
        using together = create(students, 3);
        await together.run(5);
        for (const [i, one] of students.entries()) {
          using alone = create([one]);
          await alone.run(5);
          expect(alone.at(0).state()).toEqual(together.at(i).state());
          expect(alone.at(0).progress().divergence).toBeUndefined();
        }
      },
    );

    it.each(layerLists)('%s: a checkpoint continues bit for bit, with its buffers', async (name, layers) => {
      using whole = create([student(layers)]);
      await whole.run(5);
      using first = create([student(layers)]);
      await first.run(2);
      const path = join(folder, `${name}-${device}-${dtype}.safetensors`);
      await saveCheckpoint(first, path);
      using second = create([student(layers)]);
      await restoreCheckpoint(second, path);
      await second.run(5);
      expect(states(second)).toEqual(states(whole));
      expect(second.at(0).state().buffers?.length).toBeGreaterThan(0);
    });
  });

  it.each(layerLists)('%s: a network comes back from its file, buffers included', async (name, layers) => {
    using population = Population.create([student(layers)], { device });
    await population.run(3);
    const trained = population.at(0).network();
    const path = join(folder, `${name}-${device}.safetensors`);
    await trained.save(path);
    const loaded = await Network.load(path);
    expect(loaded.spec).toEqual(trained.spec);
    expect([loaded.parameters, loaded.buffers]).toEqual([trained.parameters, trained.buffers]);
    expect(await loaded.predict(data())).toEqual(await trained.predict(data()));
  });

  it.each<[string, readonly Layer[], number]>([
    ['a layer before batch norm', normalised(2), 0],
    ['one deeper', normalised(2), 3],
    ['a branch that is added to another', branched(), 1],
    ['a trunk that three layers read', branched(), 0],
    ['a stem whose units residual blocks add to', residual(), 0],
    ['a layer of such a block', residual(), 7],
  ])('a silenced unit has the same effect as one that is cut: %s', async (_, layers, layer) => {
    const whole = network(layers);
    const units = whole.spec.layers[layer]?.width as number;
    const order = Uint32Array.from({ length: units }, (_, i) => (i + 2) % units).reverse();
    const samples = data(9, 20);
    const losses = await whole.pruningLosses(layer, order, samples, { device });
    for (let kept = 1; kept <= units; ++kept) {
      const narrow = keepNodes(whole, layer, order.slice(units - kept).sort());
      const { loss } = await narrow.evaluate(samples, { device });
      expect(Math.abs(loss - (losses[kept] as number)), `${kept} kept`).toBeLessThan(
        1e-12 * Math.max(1, loss),
      );
    }
  });

  it('a network predicts by the running statistics unless those of the batch are requested', async () => {
    const one = network(normalised(1));
    const samples = data();
    const running = await one.predict(samples, { device });
    const batch = await one.predict(samples, { device, statistics: 'batch' });
    expect(running).not.toEqual(batch);
  });

  it('the running statistics move towards those of the batch, the variance over n - 1', async () => {
    const layers = normalised(1).map((layer) =>
      layer.kind === 'batchNorm' ? { ...layer, momentum: 0.25 } : layer,
    );
    const start = { ...student(layers, 99), optimizer: adam({ learningRate: 0 }) };
    using population = Population.create([start], { device, dtype: 'float64' });
    const { inputs, samples } = start.data;
    const [weights, before] = [start.network.effectiveWeights(0), start.network.buffers];
    await population.run(1);
    const after = population.at(0).network().buffers;
    const units = before.length / 2;
    for (let unit = 0; unit < units; ++unit) {
      const z = Array.from({ length: samples }, (_, b) =>
        [0, 1, 2].reduce(
          (sum, j) => sum + (weights[3 * unit + j] as number) * (inputs[3 * b + j] as number),
          0,
        ),
      );
      const mean = z.reduce((a, b) => a + b, 0) / samples;
      const variance = z.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (samples - 1);
      const moved = (index: number, to: number) => 0.75 * (before[index] as number) + 0.25 * to;
      expect(after[unit]).toBeCloseTo(moved(unit, mean), 12);
      expect(after[units + unit]).toBeCloseTo(moved(units + unit, variance), 12);
    }
  });
});

describe('fused and general', () => {
  it('train a chain to the same numbers, and report which of them did', async () => {
    const layers = [normalised(1)[0] as Layer, normalised(1)[3] as Layer];
    using fused = Population.create([student(layers)], { device: 'cpu', dtype: 'float64' });
    using general = Population.create([student(layers)], {
      device: 'cpu',
      dtype: 'float64',
      executor: 'general',
    });
    expect(fused.at(0).execution).toBeNull();
    expect(general.at(0).execution).toEqual({ kernels: 'general', reason: 'it was asked for' });
    expect(general.engine).toBe(`${fused.engine}-general`);
    await Promise.all([fused.run(5), general.run(5)]);
    const [a, b] = [fused.at(0).network().parameters, general.at(0).network().parameters];
    for (const [i, value] of a.entries()) expect(Math.abs(value - (b[i] as number))).toBeLessThan(1e-9);
    using branches = Population.create([student(branched())]);
    expect(branches.at(0).execution?.reason).toBe('layer 2 (spectral) does not read the layer before it');
  });
});

describe('memory', () => {
  it.each(layerLists)('is at most what was estimated before: %s', async (_, layers) => {
    const one = student(layers, 11);
    using population = Population.create([one], { device: 'cpu', dtype: 'float64' });
    await population.run(2);
    await population.evaluate(one.data);
    const { layers: described, parameters } = describeNetwork(one.network.spec);
    const outputs = described.reduce((sum, { shape }) => sum + (shape[0] as number), 0);
    const { held } = bytesOfStudent({
      inputs: 3,
      widths: [],
      dtype: 'float64',
      moments: 2,
      batchSize: 11,
      general: { parameters, outputs },
    });
    expect(population.bytes).toBeLessThan(held);
  });
});

describe('what cannot be', () => {
  const create =
    (layers: readonly Layer[], changes = {}) =>
    () =>
      Population.create([{ ...student(layers), ...changes }]).dispose();

  it('refuses batches that leave one sample to batch norm', () => {
    expect(failureOf(create(normalised(1), { batchSize: 5 }))).toBe(
      'invalid_argument: student 0: layer 1 takes statistics over a batch: expected batches of at least 2 samples, the last of an ' +
        'epoch included, got one of 1 (11 samples in batches of 5)',
    );
  });

  it('refuses statistics of a network without batch norm', async () => {
    const plain = network([normalised(1)[3] as Layer]);
    await expect(plain.predict(data(), { statistics: 'batch' })).rejects.toThrow(
      'expected none, as the network has no batch norm for statistics, received "batch"',
    );
  });

  it('refuses soft targets that are not distributions, and terms of layers that do not exist', () => {
    const layers = [dense(2, { name: 'output' })];
    const soft = (target: readonly number[]) => () => {
      const samples = Dataset.create({
        inputs: new Float64Array(6),
        inputCount: 3,
        named: { soft: Float64Array.from(target) },
      });
      const loss = { terms: [{ loss: 'klDivergence', target: 'soft' }] } as const;
      Population.create([{ ...student(layers), network: network(layers, loss), data: samples }], {
        device: 'cpu',
        dtype: 'float64',
      }).dispose();
    };
    expect(failureOf(soft([0.5, 0.5, 0.7, 0.7]))).toBe(
      'data_mismatch: student 0: "soft" of sample 1: expected a distribution: numbers from 0 whose sum is 1, got a sum of 1.400000',
    );
    expect(failureOf(soft([1.5, -0.5, 0.5, 0.5]))).toBe(
      'data_mismatch: student 0: "soft" of sample 0: expected a distribution: numbers from 0 whose sum is 1, got a negative number',
    );
    expect(failureOf(() => network(layers, { terms: [{ loss: 'mse', layer: 'hidden' }] }))).toBe(
      "invalid_network: expected the name of a layer for a term of the loss ('output'), received 'hidden'",
    );
    expect(failureOf(() => network(layers, { terms: [{ loss: 'klDivergence', temperature: 0 }] }))).toBe(
      'invalid_argument: expected a number above 0 for temperature of terms[0] of loss of network, received 0',
    );
  });
});

describe('a graph that cannot be', () => {
  it.each<[string, readonly Layer[], string]>([
    [
      'a layer that reads a later one',
      [dense(3, { inputs: ['b'] }), dense(3, { name: 'b' })],
      "invalid_network: layer 0: expected names of layers before it for inputs ('input'), received 'b', which is layer 1",
    ],
    [
      'a layer that reads itself',
      [dense(3, { name: 'a', inputs: ['a'] })],
      "invalid_network: layer 0: expected names of layers before it for inputs ('input'), received 'a', which is layer 0",
    ],
    [
      'two layers of one name',
      [dense(3, { name: 'a' }), dense(3, { name: 'a' })],
      "invalid_network: expected each name of a layer once, received 'a' for layers 0 and 1",
    ],
    [
      'shapes that do not meet',
      [dense(3, { name: 'a' }), dense(4, { name: 'b' }), add(['a', 'b'])],
      'invalid_network: layer 2: expected layers of one shape to add, got 3 and 4',
    ],
  ])('refuses %s', (_, layers, message) => {
    expect(failureOf(() => network(layers))).toBe(message);
  });
});
