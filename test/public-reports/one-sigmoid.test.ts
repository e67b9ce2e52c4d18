/** Two classes told apart by one sigmoid output: Dense(1, sigmoid), labels 0 and 1 or two names. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readNpy } from '../../src/data/npy.js';
import { call } from '../cli/captured-terminal.js';

const fixture = (name: string) =>
  fileURLToPath(new URL(`../fixtures/prune-elsewhere/breast-cancer/${name}`, import.meta.url));
const model = fixture('model.npz');
let folder: string;
let pixels: readonly (readonly number[])[];
let labels: readonly number[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-one-sigmoid-'));
  const { data } = await readNpy(fixture('test-x.npy'));
  labels = Array.from((await readNpy(fixture('test-y.npy'))).data as Uint8Array);
  pixels = labels.map((_, i) => Array.from((data as Float32Array).subarray(30 * i, 30 * i + 30)));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const pruned = (...argv: string[]) =>
  call('prune', model, ...argv, '--keep', '10', '--export', join(folder, 'small.onnx'), '--json');
async function metricOf(...argv: string[]) {
  const { exitCode, stdout } = await pruned(...argv);
  expect(exitCode, stdout).toBe(0);
  return JSON.parse(stdout).metric;
}

/** scikit-learn's own accuracy of this network on these 114 samples is 110 of 114. */
const before = 110 / 114;

describe('a network that ends in one sigmoid output', () => {
  const arrays = ['--test-data', fixture('test-x.npy'), fixture('test-y.npy')];

  it('has the accuracy of the package that it comes from', async () => {
    for (const more of [[], ['--metric', 'accuracy']]) {
      const { name, test } = await metricOf(...arrays, ...more);
      expect([name, test.before]).toEqual(['accuracy', before]);
    }
    expect((await metricOf(...arrays, '--metric', 'loss')).name).toBe('loss');
  });

  const table = async (name: string, labelOf: (label: number) => string | number) => {
    const path = join(folder, name);
    const header = [...Array.from({ length: 30 }, (_, j) => `x${j}`), 'kind'].join();
    await writeFile(
      path,
      [header, ...pixels.map((row, i) => [...row, labelOf(labels[i] as number)].join())].join('\n'),
    );
    return ['--test-data', path, '--labels', 'kind'];
  };

  it.each<[string, (label: number) => string | number]>([
    ['0 and 1', (label) => label],
    ['0.0 and 1.0', (label) => `${label}.0`],
    ['two names, in the order in which they are sorted', (label) => (label === 1 ? 'malign' : 'benign')],
    ['False and True', (label) => (label === 1 ? 'True' : 'False')],
  ])('takes labels of a table that are %s', async (_, labelOf) => {
    const { name, test } = await metricOf(...(await table('data.csv', labelOf)));
    expect([name, test.before]).toEqual(['accuracy', before]);
  });

  it('takes the labels of IDX, and refuses a third class', async () => {
    const idx = async (name: string, dimensions: readonly number[], bytes: Buffer) => {
      const path = join(folder, name);
      const sizes = Buffer.alloc(4 * dimensions.length);
      for (const [i, size] of dimensions.entries()) sizes.writeUInt32BE(size, 4 * i);
      await writeFile(
        path,
        Buffer.concat([Buffer.from([0, 0, name.startsWith('x') ? 13 : 8, dimensions.length]), sizes, bytes]),
      );
      return path;
    };
    const floats = Buffer.from(Float32Array.from(pixels.flat()).buffer).swap32();
    const images = await idx('x-ubyte', [114, 30], floats);
    const classes = await idx('y-ubyte', [114], Buffer.from(labels));
    expect((await metricOf('--test-data', images, classes)).test.before).toBe(before);
    const more = await idx(
      'three-ubyte',
      [114],
      Buffer.from(labels.map((label, i) => (i === 5 ? 2 : label))),
    );
    const { stdout } = await pruned('--test-data', images, more);
    const { code, message } = JSON.parse(stdout).error;
    expect(code).toBe('invalid_data');
    expect(message).toContain(`expected classes from 0 to 1 in ${more}, received 2 for sample 5`);
  });

  it('refuses three names, another loss, and an accuracy of targets that are not classes', async () => {
    const three = await table('three.csv', (label) => (label === 1 ? 'a' : 'b'));
    const named = await table('names.csv', (label) => ['a', 'b', 'c'][label] as string);
    expect((await pruned(...named)).exitCode).toBe(0);
    expect((await pruned(...three, '--loss', 'crossEntropy')).stdout).toContain(
      'expected no --loss crossEntropy for a network that ends in one sigmoid output. Leave it out: labels 0 and 1, or two names, are ' +
        'learned with mse, and the accuracy counts an output above 0.5 as class 1',
    );
    let i = 0;
    const many = await table('many.csv', () => 'abc'[i++ % 3] as string);
    expect((await pruned(...many)).stdout).toContain(
      'expected 2 classes for one sigmoid output, received 3: a, b, c. Write them as 0, 1, ... in the order of the outputs',
    );
    const halves = await table('halves.csv', (label) => label / 2);
    expect((await metricOf(...halves)).name).toBe('loss');
    expect((await pruned(...halves, '--metric', 'accuracy')).stdout).toContain(
      'One sigmoid output has an accuracy where every target is 0 or 1',
    );
  });
});
