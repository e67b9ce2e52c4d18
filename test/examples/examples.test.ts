import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

/** What an example prints; it imports the package as it is built. */
async function outputOf(name: string): Promise<string> {
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, [join(root, 'examples', name)], { cwd: root });
  return stdout;
}

it('examples/classify-images.mjs classifies stripes with a few nodes of 100', async () => {
  const output = await outputOf('classify-images.mjs');
  expect(output).toMatch(/^2000 images of 64 pixels in 4 classes\n/);
  const [, whole, kept, few] = /accuracy ([\d.]+) % with 100 nodes, ([\d.]+) % with (\d+)/.exec(output) ?? [];
  expect(Number(whole)).toBeGreaterThan(98);
  expect(Number(kept)).toBeGreaterThan(95);
  expect(Number(few)).toBeLessThan(30);
}, 60_000);

it('examples/input-features.mjs finds the relevant inputs and no others', async () => {
  const output = await outputOf('input-features.mjs');
  const [, precision, recall] = /precision ([\d.]+), recall ([\d.]+)/.exec(output) ?? [];
  expect(Number(precision)).toBeGreaterThanOrEqual(0.85); // one too many of 7
  expect(Number(recall)).toBe(1);
}, 60_000);

it('examples/lenet.mjs has the parameters of LeNet-5 and learns', async () => {
  const output = await outputOf('lenet.mjs');
  expect(output).toMatch(/^61706 parameters\n/);
  const [, accuracy] = /test accuracy ([\d.]+) %/.exec(output) ?? [];
  expect(Number(accuracy)).toBeGreaterThan(70); // chance: 33
}, 120_000);

it('examples/resnet20.mjs has the parameters of ResNet-20 with projections, and learns its few images', async () => {
  const output = await outputOf('resnet20.mjs');
  expect(output).toMatch(/^272474 parameters in 72 layers\n/);
  const [, accuracy] = /training accuracy ([\d.]+) %/.exec(output) ?? [];
  expect(Number(accuracy)).toBe(100);
}, 120_000);
