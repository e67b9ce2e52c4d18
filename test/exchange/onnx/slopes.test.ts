/** leakyRelu with slopes other than 0.01, in ONNX and safetensors. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportOnnx, exportSafetensors, loadNetwork } from '../../../src/exchange/index.js';
import { activation } from '../../../src/network/graph-layers.js';
import { conv2d, convTranspose2d, maxPool2d } from '../../../src/network/image-layers.js';
import { dense } from '../../../src/network/layers.js';
import { Network } from '../../../src/network/network.js';
import { relativeDifference } from '../fixtures.js';
import { runtimeAnswer, samplesOf } from './onnxruntime.js';

/** Both compute in float32, in other orders. */
const tolerance = 1e-5;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-slopes-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('leakyRelu of other slopes', () => {
  it.each([0, 0.01, 0.2, 1.5])(
    '%d: onnxruntime has the same outputs, and the slope is read again',
    async (slope) => {
      const f = { activation: 'leakyRelu', slope } as const;
      const layers = [
        conv2d(3, 3, f),
        maxPool2d(2),
        activation('leakyRelu', { slope }),
        convTranspose2d(2, 2, f),
      ];
      const network = Network.create({ inputs: [1, 6, 6], layers }, { seed: 1 });
      const path = join(folder, `slope-${slope}.onnx`);
      await exportOnnx(network, path);
      const feed = samplesOf(5 * 36);
      const { numbers } = await runtimeAnswer(path, 'input', feed, [5, 1, 6, 6]);
      expect(relativeDifference(await network.predict(feed), numbers)).toBeLessThan(tolerance);
      const again = (await loadNetwork(path)).network;
      const slopes = again.spec.layers.map((layer) => ('slope' in layer ? layer.slope : undefined));
      const stored = slope === 0.01 ? undefined : Math.fround(slope);
      expect(slopes).toEqual([stored, undefined, stored, stored]);
      expect(relativeDifference(await again.predict(feed), numbers)).toBeLessThan(tolerance);
    },
  );

  it('is part of the description in safetensors', async () => {
    const layers = [dense(3, { activation: 'leakyRelu', slope: 0.2 }), dense(2)];
    const network = Network.create({ inputs: 2, layers }, { seed: 1 });
    const path = join(folder, 'slope.safetensors');
    await exportSafetensors(network, path);
    expect((await loadNetwork(path)).network.spec.layers[0]).toMatchObject({ slope: 0.2 });
  });

  it('is refused where float32 cannot hold it', async () => {
    const network = Network.create(
      { inputs: 2, layers: [dense(3, { activation: 'leakyRelu', slope: 1e39 }), dense(2)] },
      { seed: 1 },
    );
    await expect(exportOnnx(network, join(folder, 'no.onnx'))).rejects.toThrow(
      'expected a number that float32 can hold for slope of leakyRelu, received 1e+39',
    );
  });
});
