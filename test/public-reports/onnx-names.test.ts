/** nncf #233, sklearn-onnx #1153, onnx #3632: code that feeds a model goes on working with what became of it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadNetwork } from '../../src/exchange/index.js';
import { call } from '../cli/captured-terminal.js';
import { fixture } from '../exchange/fixtures.js';
import { runtimeAnswer, samplesOf } from '../exchange/onnx/onnxruntime.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-names-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const viewed = fileURLToPath(
  new URL('../fixtures/public-reports/onnx-missing/viewsize.onnx', import.meta.url),
);

it.each([
  ['torch-images.onnx', fixture('torch-images.onnx'), [3, 1, 2, 2], 5],
  ['viewsize.onnx', viewed, [3, 2, 2], 5],
])(
  'prune --export of %s writes a model that takes and gives what the source does',
  async (_, path, shape, keep) => {
    const file = join(folder, 'small.onnx');
    const exported = await call('prune', path, '--keep', `${keep}`, '--export', file);
    expect([exported.exitCode, exported.stderr]).toEqual([0, '']);
    const before = await runtimeAnswer(path, 'x', samplesOf(12), shape);
    const after = await runtimeAnswer(file, 'x', samplesOf(12), shape);
    expect(after).toMatchObject({ input: before.input, output: before.output, dims: before.dims });
    expect((await loadNetwork(file)).signature).toEqual((await loadNetwork(path)).signature);
  },
);

it('prune to safetensors, which has neither names nor shapes of inputs, names what is not kept', async () => {
  const file = join(folder, 'small.safetensors');
  const { exitCode, stderr } = await call('prune', viewed, '--keep', '5', '--export', file);
  expect([exitCode, stderr]).toEqual([
    0,
    `${viewed} has input "x" [N, 2, 2] and output "y" [Gemmy_dim_0, 3]; ${file} keeps neither the names nor the shapes\n`,
  ]);
});

it('prune of a network of float64 to ONNX says that its numbers are rounded', async () => {
  const file = join(folder, 'double.onnx');
  const path = fixture('other-exporter.onnx');
  const { exitCode, stderr } = await call('prune', path, '--keep', '5', '--export', file);
  expect([exitCode, stderr]).toEqual([
    0,
    `${file} holds numbers in float32, those of ${path} are of float64: they were rounded\n`,
  ]);
  expect((await loadNetwork(file)).signature).toEqual((await loadNetwork(path)).signature);
});
