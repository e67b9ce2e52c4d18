/**
 * `eigenstudent prune` of convolutional networks that PyTorch trained on Fashion-MNIST (test/fixtures/prune-images, written by
 * experiments/prune-elsewhere/train-images.py --small): fine-tuned, cut, exported, and run by onnxruntime.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readNpyData } from '../../src/data/index.js';
import { loadNetwork } from '../../src/exchange/index.js';
import { relativeDifference } from '../exchange/fixtures.js';
import { ownAnswer, runtimeAnswer } from '../exchange/onnx/onnxruntime.js';
import { call } from './captured-terminal.js';

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/prune-images/${name}`, import.meta.url));
const folded = fixture('cnn.onnx');
const withBatchNorm = fixture('cnn-batch-norm.onnx');
const count = 300;
const side = 14;
/** onnxruntime and this package compute in float32, in other orders. */
const tolerance = 1e-5;

let folder: string;
let target: string;
let data: string[];
let pixels: Float32Array;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-prune-torch-'));
  target = join(folder, 'small.onnx');
  const read = await readNpyData({ inputs: fixture('test-x.npy'), classes: fixture('test-y.npy') });
  pixels = Float32Array.from(read.inputs, (pixel) => pixel / 255);
  data = ['--data', join(folder, 'x.idx'), join(folder, 'y.idx')];
  const images = Buffer.alloc(16 + 4 * pixels.length);
  for (const [i, value] of [0x0d03, count, side, side].entries()) images.writeUInt32BE(value, 4 * i); // float32
  for (const [i, pixel] of pixels.entries()) images.writeFloatBE(pixel, 16 + 4 * i);
  const labels = Buffer.alloc(8 + count);
  for (const [i, value] of [0x0801, count].entries()) labels.writeUInt32BE(value, 4 * i);
  labels.set(read.classes as Uint32Array, 8);
  await writeFile(data[1] as string, images);
  await writeFile(data[2] as string, labels);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function answer(source: string, ...argv: string[]) {
  const { exitCode, stdout, stderr } = await call('prune', source, ...argv, '--export', target, '--json');
  expect([exitCode, exitCode === 0 ? '' : stdout + stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
}

/** The runtime's outputs of a file agree with those of the network that is read from it. */
async function checkAgreement(file: string): Promise<void> {
  const loaded = await loadNetwork(file);
  const runtime = await runtimeAnswer(file, 'image', pixels, [count, 1, side, side]);
  expect(runtime).toMatchObject({ output: 'logits', dims: [count, 10], type: 'float32' });
  expect(relativeDifference(await ownAnswer(loaded, pixels), runtime.numbers)).toBeLessThan(tolerance);
}

describe('prune of convolutional networks of PyTorch', () => {
  it('fine-tunes, cuts and exports one whose batch norm was folded; onnxruntime agrees before and after', async () => {
    const told = await answer(folded, ...data, '--max-degradation', '25%', '--fine-tune', '2');
    expect(told.runningStatistics).toBe('none');
    expect([told.candidates.length, told.removed > 0]).toEqual([6, true]);
    expect(told.layers.map(({ before }: { before: number }) => before)).toEqual([4, 8, 12, 16]);
    for (const what of ['parameters', 'multiplyAdds'])
      expect(told[what].after).toBeLessThan(told[what].before);
    expect(told.milliseconds).toEqual({ batch: 60, before: expect.any(Number), after: expect.any(Number) });
    const { before, after } = told.metric.validation;
    expect(before).toBeGreaterThan(0.7); // of ten classes: the fixture reads right
    expect(after).toBeGreaterThanOrEqual(0.75 * before);
    const source = await loadNetwork(folded);
    expect((await loadNetwork(target)).signature).toEqual(source.signature);
    await checkAgreement(folded);
    await checkAgreement(target);
  });

  it('measures running statistics again where batch norm stayed, and one candidate has no penalties on it', async () => {
    const argv = ['--keep', '3', '--fine-tune', '1', '--l2', '0.001,0.001', '--leave', '13', '--recalibrate'];
    const told = await answer(withBatchNorm, ...data, ...argv, '--criterion', 'batchNormScale');
    expect(told.runningStatistics).toBe('measured');
    await checkAgreement(withBatchNorm);
    await checkAgreement(target);
  });

  it('reads the file that it wrote, and cuts it again', async () => {
    await answer(folded, '--keep', '4', '--export', target);
    const again = await answer(target, '--keep', '2', '--round', '16');
    expect(again.removed).toBe(0);
    const third = await answer(target, '--keep', '2');
    expect(third.layers.map(({ after }: { after: number }) => after)).toEqual([2, 2, 2, 2]);
    await checkAgreement(target);
  });

  it.each<[string, string[], string]>([
    [
      'a layer to leave that is not there',
      ['--leave', 'conv9'],
      'no layer of the network has a name for leave of pruneNetwork',
    ],
    [
      'running statistics where there are none',
      ['--recalibrate'],
      'expected a network with batch norm for --recalibrate',
    ],
    [
      'a description of data beside another file',
      ['--data', 'fashion.yaml', 'x.npy'],
      'fashion.yaml x.npy. A description of data goes alone, as --data fashion.yaml, and says what all parts are',
    ],
  ])('refuses %s before it reads any data', async (_, argv, message) => {
    const files = ['--data', join(folder, 'none-x.idx'), join(folder, 'none-y.idx')];
    const { exitCode, stderr } = await call(
      'prune',
      folded,
      ...files,
      ...argv,
      '--keep',
      '2',
      '--fine-tune',
      '1',
    );
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});
