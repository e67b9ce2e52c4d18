/** `eigenstudent prune` of a network of images, in a file of this package. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  activation,
  add,
  batchNorm,
  conv2d,
  dense,
  flatten,
  maxPool2d,
  Network,
  prune,
  pruneNetwork,
  spectralConv2d,
} from '../../src/index.js';
import { normals } from '../../src/network/random.js';
import { call } from './captured-terminal.js';

const layers = [
  spectralConv2d(9, 3, { padding: 1, name: 'stem' }),
  batchNorm(),
  activation('relu', { name: 'first' }),
  conv2d(6, 3, { padding: 1, activation: 'relu', name: 'inner' }),
  conv2d(9, 3, { padding: 1, name: 'last' }),
  add(['first', 'last']),
  maxPool2d(2),
  flatten(),
  dense(2, { bias: true, name: 'logits' }),
];
const network = Network.create({ inputs: [1, 4, 4], layers, loss: 'crossEntropy' }, { seed: 1 });
network.buffers.forEach((_, i) => {
  network.buffers[i] = 0.5 + 0.1 * i;
});

let folder: string;
let file: string;
let table: string;
let target: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-prune-images-'));
  [file, table, target] = ['images.safetensors', 'images.csv', 'small.safetensors'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  await network.save(file);
  const values = normals({ seed: 2, trial: 0, purpose: 'freeUse' }, 60 * 16);
  const head = [...Array.from({ length: 16 }, (_, i) => `p${i}`), 'kind'].join(',');
  const rows = Array.from({ length: 60 }, (_, i) => [...values.slice(16 * i, 16 * (i + 1)), i % 2].join(','));
  await writeFile(table, `${[head, ...rows].join('\n')}\n`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function run(...argv: string[]) {
  const { exitCode, stdout, stderr } = await call('prune', file, ...argv, '--export', target);
  expect([exitCode, exitCode === 0 ? '' : stdout + stderr]).toEqual([0, '']);
  return stdout;
}
const answer = async (...argv: string[]) => JSON.parse(await run(...argv, '--json'));

describe('prune of a network of images', () => {
  it('cuts channels, leaves layers, rounds, and writes a file that is read again', async () => {
    const told = await answer('--percentile', '50', '--leave', 'inner', '--round', '4');
    expect(told).toMatchObject({
      layers: [{ layer: 0, members: [0, 4], criterion: 'relevance', before: 9, after: 8 }],
      removed: 1,
      recalibrated: false,
    });
    const small = await Network.load(target);
    expect(small.parameters).toEqual(prune(network, { keep: 8 }).parameters);
    expect(told.parameters).toEqual({ before: network.parameters.length, after: small.parameters.length });
    expect(told.multiplyAdds.after).toBeLessThan(told.multiplyAdds.before);
    const { batch, before, after } = told.milliseconds;
    expect([batch, before > 0, after > 0]).toEqual([100, true, true]);
  });

  it('measures the curve at some points, and running statistics again', async () => {
    const data = ['--data', table, '--labels', 'kind'];
    const argv = [
      ...data,
      '--percentile',
      '50',
      '--points',
      '3',
      '--recalibrate',
      '--criterion',
      'random',
      '--seed',
      '3',
    ];
    const told = await answer(...argv);
    expect(told.curves).toEqual([
      { layer: 0, kept: [0, 5, 9], losses: [0, 0, 0].map(() => expect.any(Number)), passes: 3 },
      { layer: 3, kept: [0, 3, 6], losses: [0, 0, 0].map(() => expect.any(Number)), passes: 3 },
    ]);
    expect(told.recalibrated).toBe(true);
    const { network: stale } = await pruneNetwork(network, { percentile: 50, criterion: 'random', seed: 3 });
    const small = await Network.load(target);
    expect(small.parameters).toEqual(stale.parameters);
    expect(small.buffers).not.toEqual(stale.buffers);
    const text = await run(...argv);
    expect(text).toContain('The curves took 6 forward passes over 12 samples.');
    expect(text).toContain('The running statistics of batch norm were measured again, on the training data.');
    expect(text).toMatch(/ ms per batch of 12 samples before, [\d.]+ ms after, measured\./);
  });

  it('fine-tunes: hidden layers become spectral, batch norm is trained, and the file says so', async () => {
    const argv = ['--data', table, '--labels', 'kind', '--fine-tune', '2', '--percentile', '40'];
    const told = await answer(...argv, '--l2', '0.001,0.001');
    expect(told).toMatchObject({
      l2: { eigenvectors: 0.001 },
      recalibrated: false,
      runningStatistics: 'trained',
    });
    expect(Object.keys(told.metric.validation)).toEqual(['before', 'fineTuned', 'after']);
    const small = await Network.load(target);
    expect(small.spec.layers.map(({ kind }) => kind).filter((kind) => /onv/.test(kind))).toEqual(
      Array(3).fill('spectralConv2d'),
    );
    const penalties = small.spec.layers.map(({ tensors = {} }) => Object.values(tensors).map(({ l2 }) => l2));
    expect(penalties[3]).toContain(0.001); // of the layers that no batch norm follows
    expect(Math.max(...(penalties[0] as number[]), ...(penalties[8] as number[]))).toBe(0);
    expect(small.buffers).not.toEqual(network.buffers);
    const text = await run(...argv, '--l2', '0.001,0.001');
    expect(text).toContain(
      'The running statistics of batch norm are those of fine-tuning; those of layers after a cut',
    );
    const measured = await answer(...argv, '--recalibrate');
    expect([measured.runningStatistics, measured.candidates.length]).toEqual(['measured', 6]);
  });

  it('fine-tunes once without penalties where batch norm follows every hidden layer, and refuses penalties', async () => {
    const normed = [conv2d(4, 3, { padding: 1 }), batchNorm(), activation('relu'), flatten(), dense(2)];
    const options = { inputs: [1, 4, 4], layers: normed, loss: 'crossEntropy' } as const;
    const path = join(folder, 'normed.safetensors');
    await Network.create(options, { seed: 1 }).save(path);
    const argv = [
      path,
      '--data',
      table,
      '--labels',
      'kind',
      '--fine-tune',
      '1',
      '--keep',
      '2',
      '--export',
      target,
    ];
    const auto = await call('prune', ...argv);
    expect([auto.exitCode, auto.stderr]).toEqual([
      0,
      expect.stringContaining(
        '--l2 auto: one network is fine-tuned for 1 epochs without penalties, as batch norm',
      ),
    ]);
    const given = await call('prune', ...argv, '--l2', '0.1,0.1');
    expect([given.exitCode, given.stderr]).toEqual([
      2,
      expect.stringContaining(
        'expected no --l2 for this network, received 0.1,0.1: batch norm follows every hidden layer',
      ),
    ]);
  });

  it('says when nothing was removed', async () => {
    const text = await run('--percentile', '50', '--round', '16');
    expect(text).toContain(`Nothing was removed: ${target} has the same nodes as ${file}.`);
    expect((await Network.load(target)).spec).toEqual(network.spec);
  });

  it.each<[string, string[], string]>([
    [
      'a layer to leave that is not there',
      ['--keep', '2', '--leave', 'stem,12'],
      "expected the index of a layer from 0 to 8 or one of the names 'stem', 'first', 'inner', 'last', 'logits' for leave of " +
        'pruneNetwork[1], received 12',
    ],
    [
      'to recalibrate without data',
      ['--keep', '2', '--recalibrate'],
      'expected --data to go with --recalibrate, as in --data x.npy y.npy, received none',
    ],
    [
      'points without data',
      ['--keep', '2', '--points', '4'],
      'expected --data or --validation-data or --test-data to go with --points, as in --data x.npy y.npy, received none',
    ],
    [
      'to keep more than a layer has, before it fine-tunes',
      ['--keep', '12', '--fine-tune', '1000000', '--data', 'TABLE', '--labels', 'kind'],
      'received 12',
    ],
    [
      'batch norm scales where a layer has none',
      ['--keep', '2', '--criterion', 'batchNormScale'],
      `expected a batch norm of the units of layer 3 ('inner') for criterion "batchNormScale", received none. Exporters of PyTorch fold ` +
        'it into the layer before it. Use criterion "relevance" or "l1"',
    ],
  ])('refuses %s', async (_, argv, message) => {
    const { exitCode, stderr } = await call(
      'prune',
      file,
      ...argv.map((word) => (word === 'TABLE' ? table : word)),
    );
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  it('a run directory takes none of the options', async () => {
    const { exitCode, stderr } = await call('prune', folder, '--round', '8');
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringContaining(
        'expected no --round for `prune` here: that option is for the file of a network',
      ),
    ]);
  });
});
