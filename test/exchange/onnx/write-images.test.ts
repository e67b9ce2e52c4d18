/** What exportOnnx writes for networks of images: shapes, softmax, layouts; what it refuses. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportOnnx, loadNetwork, type OnnxSignature } from '../../../src/exchange/index.js';
import { batchNorm } from '../../../src/network/graph-layers.js';
import { conv2d, globalAveragePool, spectralConv2d } from '../../../src/network/image-layers.js';
import { dense, type Layer } from '../../../src/network/layers.js';
import { Network } from '../../../src/network/network.js';
import { rejectionOf } from '../../failure.js';
import { mapped, relativeDifference } from '../fixtures.js';
import { ownAnswer, runtimeAnswer, samplesOf } from './onnxruntime.js';

/** Both sides compute in float32. */
const tolerance = 1e-5;

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-write-images-'));
  path = join(folder, 'model.onnx');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const made = (...layers: Layer[]) => Network.create({ inputs: [2, 4, 3], layers }, { seed: 1 });
const feed = samplesOf(48);

describe('exportOnnx of networks of images', () => {
  it('declares images and the shape of the last layer, and keeps it with a softmax over all outputs', async () => {
    const network = made(spectralConv2d(3, 2, { groups: 1, bias: true }));
    await exportOnnx(network, path, { output: 'softmax' });
    const { dims, numbers } = await runtimeAnswer(path, 'input', feed, [2, 2, 4, 3]);
    expect(dims).toEqual([2, 3, 3, 2]);
    const wanted = mapped(await network.predict(feed), 18, 'softmax');
    expect(relativeDifference(numbers, wanted)).toBeLessThan(tolerance);
    const again = await loadNetwork(path);
    expect(again).toMatchObject({ output: 'softmax', network: { spec: { inputShape: [2, 4, 3] } } });
    expect(again.signature?.input.shape).toEqual(['batch', 2, 4, 3]);
    expect(relativeDifference(await ownAnswer(again, feed), wanted)).toBeLessThan(tolerance);
  });

  it('reshapes an input of rows, and transposes one with the channels last', async () => {
    const network = made(conv2d(3, 2), globalAveragePool(), dense(2));
    const wanted = await network.predict(feed);
    const output = { name: 'y', shape: ['N', 2, 1], elementType: 'float32' } as const;
    const rows: OnnxSignature = { input: { name: 'x', shape: ['N', 24], elementType: 'float32' }, output };
    await exportOnnx(network, path, { signature: rows });
    const answer = await runtimeAnswer(path, 'x', feed, [2, 24]);
    expect(answer.dims).toEqual([2, 2, 1]);
    expect(relativeDifference(answer.numbers, wanted)).toBeLessThan(tolerance);
    expect((await loadNetwork(path)).signature).toEqual(rows);
    const input = {
      name: 'x',
      shape: ['N', 4, 3, 2],
      elementType: 'float32',
      layout: 'channelsLast',
    } as const;
    await exportOnnx(network, path, { signature: { input, output } });
    const last = feed.map(
      (_, i) => feed[24 * Math.floor(i / 24) + (i % 2) * 12 + Math.floor((i % 24) / 2)] as number,
    );
    expect(
      relativeDifference((await runtimeAnswer(path, 'x', last, [2, 4, 3, 2])).numbers, wanted),
    ).toBeLessThan(tolerance);
    const again = await loadNetwork(path, { inputLayout: 'channelsFirst' });
    expect(again.signature).toEqual({ input, output });
    expect(await again.network.predict(feed)).toEqual(wanted);
  });

  it('refuses layouts that the network does not have, and an epsilon that float32 does not hold', async () => {
    const network = made(conv2d(3, 2));
    const output = { name: 'y', shape: ['N', 3, 3, 2], elementType: 'float32' } as const;
    const input = {
      name: 'x',
      shape: ['N', 2, 4, 3],
      elementType: 'float32',
      layout: 'channelsLast',
    } as const;
    expect(await rejectionOf(exportOnnx(network, path, { signature: { input, output } }))).toBe(
      "invalid_argument: expected the shape [.., 4, 3, 2] for input of signature of exportOnnx with layout 'channelsLast', as the " +
        'network takes [2, 4, 3], received [N, 2, 4, 3]',
    );
    const unknown = { ...input, layout: 'NHWC' as 'channelsLast' };
    expect(await rejectionOf(exportOnnx(network, path, { signature: { input: unknown, output } }))).toBe(
      'invalid_argument: expected one of channelsLast for layout of input of signature of exportOnnx, received "NHWC"',
    );
    expect(await rejectionOf(exportOnnx(made(batchNorm({ epsilon: 1e-60 })), path))).toBe(
      'invalid_argument: expected a number that float32 can hold for epsilon of layer 0, received 1e-60',
    );
  });
});
