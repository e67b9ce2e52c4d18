/** leakyRelu of another slope than 0.01: which executor takes it, and the files that keep it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { exportSafetensors, loadNetwork, toSpectral } from '../../src/exchange/index.js';
import {
  activation,
  adam,
  conv2d,
  convTranspose2d,
  dense,
  flatten,
  type Layer,
  Network,
  Population,
  spectral,
  spectralConv2d,
} from '../../src/index.js';
import { specFromJson, specToJson } from '../../src/network/spec-json.js';
import { data, network } from './networks.js';

const folder = mkdtempSync(join(tmpdir(), 'slope-'));
afterAll(() => rmSync(folder, { recursive: true }));

const leaky = { activation: 'leakyRelu', slope: 0.3 } as const;
const leakyOutput = (z: number, slope: number) => (z > 0 ? z : slope * z);
const populationOf = (layers: readonly Layer[], device: 'cpu' | 'reference' = 'cpu') =>
  Population.create(
    [
      {
        network: network(layers),
        data: data(),
        optimizer: adam({ learningRate: 0.01 }),
        batchSize: 4,
        epochs: 3,
        seed: 1,
      },
    ],
    { device, dtype: 'float64' },
  );

describe.each(['reference', 'cpu'] as const)('a slope on %s', (device) => {
  it.each<[string, Layer, Layer]>([
    ['dense', dense(5, leaky), dense(5)],
    ['spectral', spectral(5, leaky), spectral(5)],
    ['activation', activation('leakyRelu', { slope: 0.3 }), activation('linear')],
  ])('scales what is below 0: %s', async (_, layer, linear) => {
    const [samples, scaled] = [data(), network([layer])];
    const z = await network([linear]).predict(samples, { device });
    const y = await scaled.predict(samples, { device });
    expect([...y]).toEqual([...z].map((one) => leakyOutput(one, 0.3)));
    expect([...z].some((one) => one < 0)).toBe(true);
  });

  it.each<[string, (options: object) => Layer]>([
    ['conv2d', (options) => conv2d(3, 3, { padding: 1, ...options })],
    ['spectralConv2d', (options) => spectralConv2d(3, 3, { padding: 1, ...options })],
    ['convTranspose2d', (options) => convTranspose2d(3, 3, options)],
  ])('scales what is below 0 of images: %s', async (_, make) => {
    const image = (options: object) =>
      Network.create({ inputs: [2, 4, 4], layers: [make(options)] }, { seed: 2, dtype: 'float64' });
    const pixels = Float64Array.from({ length: 3 * 32 }, (_, i) => Math.sin(i * i));
    const z = await image({}).predict(pixels, { device });
    const y = await image(leaky).predict(pixels, { device });
    expect([...y]).toEqual([...z].map((one) => leakyOutput(one, 0.3)));
  });
});

describe('a slope', () => {
  it('is trained by the general executor, which gives the reason; 0.01 by the fused path', () => {
    using sloped = populationOf([dense(5), spectral(4, leaky), dense(2)]);
    expect(sloped.at(0).execution).toEqual({
      kernels: 'general',
      reason: 'layer 1 (spectral) has leakyRelu of slope 0.3, not 0.01',
    });
    using fused = populationOf([dense(5, { activation: 'leakyRelu', slope: 0.01 }), dense(2)]);
    expect(fused.at(0).execution).toBeNull();
  });

  it('trains on the CPU as on the reference', async () => {
    const layers = [dense(5, leaky), spectral(4), activation('leakyRelu', { slope: 2 }), dense(2)];
    using cpu = populationOf(layers);
    using reference = populationOf(layers, 'reference');
    await Promise.all([cpu.run(3), reference.run(3)]);
    const [a, b] = [cpu.at(0).network().parameters, reference.at(0).network().parameters];
    // Sums in another order, over 9 steps.
    for (const [i, value] of a.entries()) expect(Math.abs(value - (b[i] as number))).toBeLessThan(1e-12);
  });

  it('of 0.01 leaves layers and files as they are without one', () => {
    const plain = [dense(5, { activation: 'leakyRelu' }), activation('leakyRelu'), dense(2)];
    const given = [
      dense(5, { activation: 'leakyRelu', slope: 0.01 }),
      activation('leakyRelu', { slope: 0.01 }),
      dense(2),
    ];
    expect(given).toEqual(plain);
    expect(specToJson(network(given).spec)).not.toContain('slope');
  });

  it('comes back from a file, and goes with a layer that becomes spectral', async () => {
    const layers = [
      dense(6, leaky),
      activation('leakyRelu', { slope: 0 }),
      spectral(4, { ...leaky, bias: true }),
      dense(2),
    ];
    const saved = network(layers);
    const path = join(folder, 'sloped.safetensors');
    await saved.save(path);
    const loaded = await Network.load(path);
    expect(loaded.spec).toEqual(saved.spec);
    expect(await loaded.predict(data())).toEqual(await saved.predict(data()));
    const after = toSpectral(saved);
    expect(after.spec.layers[0]).toMatchObject({ kind: 'spectral', ...leaky });
    expect(await after.predict(data())).toEqual(await saved.predict(data()));
  });

  it('of an image layer comes back from a file', () => {
    const layers = [
      conv2d(2, 1, leaky),
      spectralConv2d(2, 1, leaky),
      convTranspose2d(2, 1, leaky),
      flatten(),
      dense(2),
    ];
    const { spec } = Network.create({ inputs: [1, 2, 2], layers }, { seed: 1 });
    expect(spec.layers).toEqual(layers);
    expect(specFromJson(specToJson(spec))).toEqual(spec);
  });

  it('is described in a safetensors file for other programs, from which it comes back', async () => {
    const start = network([dense(5, leaky), dense(2)]);
    const path = join(folder, 'other.safetensors');
    await exportSafetensors(start, path);
    const { network: loaded } = await loadNetwork(path);
    expect(loaded.spec.layers[0]).toMatchObject(leaky);
    expect(await loaded.predict(data())).toEqual(await start.predict(data()));
  });
});
