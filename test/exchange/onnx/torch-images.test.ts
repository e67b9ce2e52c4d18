/** Convolutional networks that PyTorch wrote (test/fixtures/exchange/make-images.py). */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportOnnx, loadNetwork } from '../../../src/exchange/index.js';
import { fixture, relativeDifference } from '../fixtures.js';
import { ownAnswer, runtimeAnswer } from './onnxruntime.js';

interface Expected {
  readonly shape: readonly number[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly dims: readonly number[];
}
const expected: Readonly<Record<string, Expected>> = JSON.parse(readFileSync(fixture('images.json'), 'utf8'));

/** All compute in float32, in other orders. */
const tolerance = 1e-5;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-torch-images-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const kindsOf = async (name: string) =>
  (await loadNetwork(fixture(name))).network.spec.layers.map(({ kind }) => kind);

describe('convolutional networks of PyTorch', () => {
  it.each(Object.keys(expected))(
    '%s: the outputs of PyTorch and of onnxruntime, here and written again',
    async (name) => {
      const { shape, inputs, outputs, dims } = expected[name] as Expected;
      const feed = Float32Array.from(inputs);
      const loaded = await loadNetwork(fixture(name));
      const here = await ownAnswer(loaded, feed);
      expect(relativeDifference(here, outputs)).toBeLessThan(tolerance);
      const theirs = await runtimeAnswer(fixture(name), 'x', feed, shape);
      expect(relativeDifference(here, theirs.numbers)).toBeLessThan(tolerance);
      expect(loaded.network.spec.inputShape).toEqual(shape.slice(1));
      expect(loaded.signature).toMatchObject({
        input: { shape: ['batch', ...shape.slice(1)] },
        output: { name: 'y' },
      });
      const { network, output, signature } = loaded;
      const path = join(folder, 'again.onnx');
      await exportOnnx(network, path, { output, ...(signature && { signature }) });
      const again = await runtimeAnswer(path, 'x', feed, shape);
      expect(again).toMatchObject({ output: 'y', dims });
      expect(relativeDifference(again.numbers, outputs)).toBeLessThan(tolerance);
      expect((await loadNetwork(path)).signature).toEqual(signature);
    },
  );

  it('become the layers that they were: biases and activations are parts of layers, batch norm stays', async () => {
    expect(await kindsOf('torch-lenet.onnx')).toEqual([
      'conv2d',
      'maxPool2d',
      'conv2d',
      'averagePool2d',
      'flatten',
      'dense',
      'dense',
    ]);
    const folded = await kindsOf('torch-residual.onnx');
    const kept = await kindsOf('torch-residual-batch-norm.onnx');
    expect([folded, kept].map((kinds) => kinds.filter((kind) => kind === 'batchNorm').length)).toEqual([
      0, 6,
    ]);
    expect(kept.filter((kind) => kind === 'add')).toHaveLength(2);
    expect(kept.slice(-2)).toEqual(['globalAveragePool', 'dense']);
    expect(await kindsOf('torch-inception.onnx')).toEqual(
      // the standardisation in front, which a pool reads, is a convolution of single numbers
      [
        'conv2d',
        'conv2d',
        'conv2d',
        'conv2d',
        'conv2d',
        'averagePool2d',
        'conv2d',
        'concat',
        'activation',
        'globalAveragePool',
        'dense',
      ],
    );
  });

  it('keep their statistics, and PyTorch’s momentum', async () => {
    const { network } = await loadNetwork(fixture('torch-residual-batch-norm.onnx'));
    expect(network.spec.layers[1]).toMatchObject({ kind: 'batchNorm', momentum: 0.1, epsilon: 1e-5 });
    expect(network.tensor('layers.1.runningVariance').every((one: number) => one >= 0.5 && one < 2)).toBe(
      true,
    );
  });
});
