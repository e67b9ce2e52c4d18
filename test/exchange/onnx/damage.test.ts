import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EigenstudentError } from '../../../src/errors.js';
import { loadNetwork } from '../../../src/exchange/index.js';
import { seededRandom } from '../../../src/network/random.js';
import { fixture } from '../fixtures.js';

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-onnx-'));
  path = join(folder, 'model.onnx');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it.each([
  'torch-gelu.onnx',
  'torch-residual-batch-norm.onnx',
  'torch-ceil-mode.onnx',
  'torch-inception.onnx',
])('refuses damaged ONNX files with a code, wherever the damage is, or reads a network: %s', async (name) => {
  const whole = await readFile(fixture(name));
  const outcome = (bytes: Uint8Array) =>
    writeFile(path, bytes)
      .then(() => loadNetwork(path))
      .then(
        () => 'read',
        (error) => (error instanceof EigenstudentError ? 'refused' : Promise.reject(error)),
      );
  const random = seededRandom(5);
  const counts: Record<string, number> = { read: 0, refused: 0 };
  const tally = async (bytes: Uint8Array) => {
    const found = await outcome(bytes);
    counts[found] = (counts[found] ?? 0) + 1;
  };
  for (let length = 0; length < whole.length; length += Math.ceil(whole.length / 60))
    await tally(whole.subarray(0, length));
  expect(counts.read).toBe(0);
  for (let trial = 0; trial < 300; ++trial) {
    const bytes = Uint8Array.from(whole);
    bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    await tally(bytes);
  }
  expect(counts.refused).toBeGreaterThan(80);
});
