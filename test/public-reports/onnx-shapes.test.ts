/** apache/tvm #19420, #20183, onnx-mlir #832, pytorch #7612, #34390: what an ONNX file declares is held against what is read. */
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { loadNetwork } from '../../src/exchange/index.js';
import { call } from '../cli/captured-terminal.js';
import { runtimeAnswer, samplesOf } from '../exchange/onnx/onnxruntime.js';
import { rejectionOf } from '../failure.js';

const input = (name: string) =>
  fileURLToPath(new URL(`../fixtures/public-reports/onnx-shapes/${name}.onnx`, import.meta.url));

const rows = 'expected one row per sample';

it.each([
  [
    'rank3-softmax11',
    [2, 5, 4],
    `${rows}, of shape [samples, numbers], for MatMul (the node that gives "z1") of FILE, received a tensor of shape [N, 5, 4], ` +
      'whose samples have several rows each',
  ],
  [
    'reshape-batch',
    [6, 4],
    `${rows}, its numbers in their order, for Reshape (the node that gives "x2") of FILE, received shape [-1, 2] for a tensor of ` +
      'shape [N, 4]',
  ],
  [
    'bias-axis',
    [5, 4],
    'expected stored numbers to add, the same for each sample, to a tensor of shape [5, 5] for Add (the node that gives "a") of ' +
      'FILE, received shape [5, 1]',
  ],
] as const)(
  '%s.onnx, which onnxruntime runs, is refused with its shape, and prune writes nothing',
  async (name, shape, message) => {
    const path = input(name);
    const count = shape.reduce((product: number, size) => product * size, 1);
    expect((await runtimeAnswer(path, 'x', samplesOf(count), shape)).numbers.every(Number.isFinite)).toBe(
      true,
    );
    const expected = message.replace('FILE', path);
    expect(await rejectionOf(loadNetwork(path))).toBe(`file_unsupported: ${expected}`);
    expect(await call('prune', path, '--keep', '3')).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `error: ${expected}\n`,
    });
  },
);
