import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { exportOnnx, exportSafetensors, loadNetwork } from '../../src/exchange/index.js';
import { dense } from '../../src/network/layers.js';
import { Network } from '../../src/network/network.js';
import { rejectionOf } from '../failure.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-finite-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** 3 -> 2 -> 1 with biases: weights 0 to 5, bias 6 and 7, weights 8 and 9, bias 10. */
function broken(...places: readonly (readonly [number, number])[]): Network {
  const layers = [dense(2, { activation: 'relu', bias: true }), dense(1, { bias: true })];
  const network = Network.create({ inputs: 3, layers }, { seed: 0 });
  for (const [place, value] of places) network.parameters[place] = value;
  return Network.from(network.spec, network.parameters);
}
const advice =
  'The model had diverged, or overflowed in a conversion, before it was saved: export it again from an earlier checkpoint, or in float32';

type Writer = (network: Network, path: string) => Promise<void>;
it.each<[string, string, Writer, string]>([
  [
    'safetensors of this package',
    'own.safetensors',
    (network, path) => network.save(path),
    'layers.0.weights',
  ],
  [
    'safetensors of others',
    'other.safetensors',
    (network, path) => exportSafetensors(network, path),
    'layers.0.weight',
  ],
  ['ONNX', 'model.onnx', (network, path) => exportOnnx(network, path), 'layers.0.weight'],
])('weights in %s that are not finite are refused by their tensor', async (_, name, write, tensor) => {
  const path = join(folder, name);
  await write(broken([4, Number.NaN], [5, Number.POSITIVE_INFINITY]), path);
  expect(await rejectionOf(loadNetwork(path))).toMatch(
    new RegExp(
      `^invalid_network: expected finite numbers in tensor "${tensor}" of .*, received NaN at \\[\\d, \\d\\]; 2 of 6 are not finite\\. ${advice}$`,
    ),
  );
  await write(broken([7, Number.NEGATIVE_INFINITY]), path);
  expect(await rejectionOf(loadNetwork(path))).toMatch(
    / of .*, received -Infinity at \[1\]; 1 of 2 are not finite\./,
  );
  await write(broken(), path);
  expect((await loadNetwork(path)).network.parameters.every(Number.isFinite)).toBe(true);
});
