import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadNetwork } from '../../src/exchange/index.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-example-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('examples/prune-a-network.mjs runs, and ends with a smaller network of the same kind', async () => {
  const example = fileURLToPath(new URL('../../examples/prune-a-network.mjs', import.meta.url));
  const [model, small] = ['model.onnx', 'small.onnx'].map((name) => join(folder, name)) as [string, string];
  const text = execFileSync(process.execPath, [example, model, small], { encoding: 'utf8' });
  expect(text).toMatch(
    /layer 0: \d+ of 100 nodes\nlayer 1: \d+ of 50 nodes\nvalidation accuracy 0\.9\d+ -> 0\.9\d+\n/,
  );
  const { network, output } = await loadNetwork(small);
  expect(output).toBe('softmax');
  expect(network.parameters.length).toBeLessThan((await loadNetwork(model)).network.parameters.length);
});
