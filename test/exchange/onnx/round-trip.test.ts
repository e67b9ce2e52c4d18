import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { exportOnnx, loadNetwork } from '../../../src/exchange/index.js';
import { activations, dense, spectral } from '../../../src/network/layers.js';
import { Network } from '../../../src/network/network.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-round-trip-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const layer = fc.record({
  kind: fc.constantFrom('dense' as const, 'spectral' as const),
  width: fc.integer({ min: 1, max: 7 }),
  activation: fc.constantFrom(...activations),
  bias: fc.boolean(),
});
const networks = fc.record({
  inputs: fc.integer({ min: 1, max: 6 }),
  layers: fc.array(layer, { minLength: 1, maxLength: 4 }),
  dtype: fc.constantFrom('float32', 'float64'),
  output: fc.constantFrom('linear', 'softmax', 'logSoftmax'),
  seed: fc.nat(1000),
});

it('a network that is written as ONNX and read again has the same numbers, in float32, and the same activations', async () => {
  const path = join(folder, 'model.onnx');
  await fc.assert(
    fc.asyncProperty(networks, async ({ inputs, layers, dtype, output, seed }) => {
      const made = layers.map(({ kind, width, activation, bias }) =>
        ({ dense, spectral })[kind](width, {
          activation,
          bias,
          ...(bias && { initialize: { bias: 0.1 + seed } }),
        }),
      );
      const network = Network.create({ inputs, layers: made }, { seed, dtype: dtype as 'float32' });
      await exportOnnx(network, path, { output: output as 'linear' });
      const again = await loadNetwork(path, { loss: 'mse' });
      expect(again.output).toBe(output);
      expect(again.network.dtype).toBe('float32');
      expect(again.network.spec.layers.map((one) => one.activation)).toEqual(
        layers.map(({ activation }) => activation),
      );
      layers.forEach(({ bias }, i) => {
        expect(again.network.effectiveWeights(i)).toEqual(Float32Array.from(network.effectiveWeights(i)));
        expect('bias' in (again.network.spec.layers[i]?.tensors ?? {})).toBe(bias);
        const numbers = (one: Network) => Float32Array.from(one.tensor(`layers.${i}.bias`));
        if (bias) expect(numbers(again.network)).toEqual(numbers(network));
      });
    }),
    { numRuns: 100, seed: 3 },
  );
});
