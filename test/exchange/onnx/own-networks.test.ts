/** Networks of layers of images, written as ONNX: onnxruntime and what is read again give their outputs. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { exportOnnx, loadNetwork } from '../../../src/exchange/index.js';
import { describe as description } from '../../../src/network/description.js';
import type { Network } from '../../../src/network/network.js';
import { relativeDifference } from '../fixtures.js';
import { runtimeAnswer, samplesOf } from './onnxruntime.js';
import { OwnNetworks } from './own-networks.js';

/** EIGENSTUDENT_ONNX_MODELS tries more networks, EIGENSTUDENT_ONNX_SEED others. */
const networks = Number(process.env.EIGENSTUDENT_ONNX_MODELS ?? 100);
const seed = Number(process.env.EIGENSTUDENT_ONNX_SEED ?? 1);
/** Of the largest output: both sides compute in float32, with their own erf, exp and tanh. */
const tolerance = 1e-5;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-own-networks-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const samples = 3;

async function check(network: Network): Promise<void> {
  const path = join(folder, 'model.onnx');
  await exportOnnx(network, path);
  const { spec } = network;
  const feed = samplesOf(samples * spec.inputs);
  const typed = network.dtype === 'float32' ? feed : Float64Array.from(feed);
  const wanted = await network.predict(typed);
  const theirs = await runtimeAnswer(path, 'input', feed, [samples, ...(spec.inputShape ?? [])]);
  expect(theirs.dims).toEqual([samples, ...(description(spec).layers.at(-1)?.shape ?? [])]);
  expect(relativeDifference(theirs.numbers, wanted)).toBeLessThan(tolerance);
  const again = await loadNetwork(path);
  expect(again.network.dtype).toBe('float32');
  expect(relativeDifference(await again.network.predict(feed), wanted)).toBeLessThan(tolerance);
  const kinds = (one: Network) => one.spec.layers.map(({ kind }) => kind);
  const asWritten: Record<string, string> = { spectral: 'dense', spectralConv2d: 'conv2d' };
  // a flatten in front is none, and an activation after a layer without one becomes that layer's
  if (spec.layers[0]?.kind !== 'flatten' && !kinds(network).includes('activation'))
    expect(kinds(again.network)).toEqual(kinds(network).map((kind) => asWritten[kind] ?? kind));
  const { signature } = again;
  await exportOnnx(again.network, path, signature ? { signature } : {});
  expect((await loadNetwork(path)).network.parameters).toEqual(again.network.parameters);
}

it('networks of layers of images give the same outputs under onnxruntime, and when they are read again', {
  timeout: 3_600_000,
}, async () => {
  const tape = fc.array(fc.nat(1000), { minLength: 80, maxLength: 80 });
  await fc.assert(
    fc.asyncProperty(tape, async (numbers) => {
      const network = new OwnNetworks(numbers).make();
      try {
        await check(network);
      } catch (cause) {
        throw new Error(JSON.stringify(network.spec), { cause });
      }
    }),
    { numRuns: networks, seed },
  );
});
