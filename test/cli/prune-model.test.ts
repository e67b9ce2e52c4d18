import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadNetwork } from '../../src/exchange/index.js';
import { prune } from '../../src/pruning/prune.js';
import { fixture } from '../exchange/fixtures.js';
import { call } from './captured-terminal.js';

let folder: string;
let target: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-prune-model-'));
  target = join(folder, 'small.onnx');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** 4 -> 6 -> 3, softmax */
const classifier = fixture('torch-relu-softmax.onnx');
/** 4 -> 6 -> 5 -> 2 */
const regressor = fixture('torch-gelu.onnx');
const classes = ['--data', fixture('x.npy'), fixture('y.npy')];
const numbers = ['--data', fixture('samples.npz')];

async function answer(...argv: string[]) {
  const { exitCode, stdout, stderr } = await call('prune', ...argv, '--export', target, '--json');
  expect([exitCode, exitCode === 0 ? '' : stdout + stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
}

describe('prune of a file', () => {
  it('does not require data to count nodes, and writes the result of prune()', async () => {
    expect(await answer(classifier, '--keep', '2')).toEqual({
      file: target,
      model: classifier,
      scope: 'layer',
      layers: [{ layer: 0, criterion: 'M', before: 6, after: 2 }],
      removed: 4,
      parameters: { before: 51, after: 19 },
      multiplyAdds: { before: 42, after: 14 },
      milliseconds: { batch: 100, before: expect.any(Number), after: expect.any(Number) },
      recalibrated: false,
      runningStatistics: 'none',
      metric: null,
    });
    const { network } = await loadNetwork(classifier);
    const small = await loadNetwork(target);
    expect(small.output).toBe('softmax');
    expect(small.network.parameters).toEqual(prune(network, { keep: 2 }).parameters);
  });

  it('prunes several layers, each alone or all together', async () => {
    const nodes = (told: { layers: { after: number }[] }) => told.layers.map(({ after }) => after);
    expect(nodes(await answer(regressor, '--keep', '3'))).toEqual([3, 3]);
    const together = nodes(await answer(regressor, '--keep', '4', '--scope', 'global'));
    expect((together[0] as number) + (together[1] as number)).toBe(4);
    expect(nodes(await answer(regressor, '--percentile', '100'))).toEqual([1, 1]);
  });

  it('prints the accuracy on held-out data, and stays within the bound', async () => {
    const told = await answer(classifier, ...classes, '--max-degradation', '50%');
    const { name, validation, heldOut } = told.metric;
    expect(name).toBe('accuracy');
    expect(Object.keys(validation)).toEqual(['before', 'after']);
    expect(validation.after).toBeGreaterThanOrEqual(0.5 * validation.before);
    expect(heldOut.after).toBeLessThanOrEqual(1);
    expect(told.layers[0].after).toBeLessThan(6);
    const all = await answer(classifier, ...classes, '--max-degradation', '1');
    expect(all.layers[0].after).toBe(1);
  });

  it('fine-tunes spectral layers first, the same for the same seed', async () => {
    const tune = [
      ...numbers,
      '--fine-tune',
      '30',
      '--learning-rate',
      '0.01',
      '--batch-size',
      '8',
      '--l2',
      '0.001,0.001',
    ];
    const told = await answer(regressor, ...tune, '--keep', '3', '--seed', '4');
    expect(told.layers.map(({ criterion }: { criterion: string }) => criterion)).toEqual(['L', 'L']);
    const { name, validation } = told.metric;
    expect(name).toBe('loss');
    expect(validation.fineTuned).toBeLessThan(validation.before);
    const first = await readFile(target);
    const again = await answer(regressor, ...tune, '--keep', '3', '--seed', '4');
    expect({ ...again, milliseconds: null }).toEqual({ ...told, milliseconds: null });
    expect((await readFile(target)).equals(first)).toBe(true);
    expect((await answer(regressor, ...tune, '--keep', '3', '--seed', '5')).metric).not.toEqual(told.metric);
  });

  it('reads tables and IDX', async () => {
    const table = join(folder, 'data.csv');
    const rows = Array.from({ length: 30 }, (_, i) => [i, i % 7, i % 3, i % 2, 'abc'[i % 3]].join());
    await writeFile(table, ['a,b,c,d,kind', ...rows].join('\n'));
    const normalized = ['--normalize', 'standard', '--labels', 'kind'];
    expect((await answer(classifier, '--data', table, ...normalized, '--keep', '3')).metric.name).toBe(
      'accuracy',
    );

    const images = join(folder, 'images-idx3-ubyte');
    const labels = join(folder, 'labels-idx1-ubyte');
    const sizes = (...counts: number[]) => counts.flatMap((count) => [0, 0, 0, count]);
    const pixels = Array.from({ length: 20 * 4 }, (_, i) => (37 * i) % 256);
    await writeFile(images, Buffer.from([0, 0, 8, 3, ...sizes(20, 2, 2), ...pixels]));
    await writeFile(
      labels,
      Buffer.from([0, 0, 8, 1, ...sizes(20), ...Array.from({ length: 20 }, (_, i) => i % 2)]),
    );
    // labels are classes, whatever the file ends in
    const idx = await answer(regressor, '--data', images, labels, '--normalize', 'unit', '--keep', '3');
    expect(idx.metric.name).toBe('accuracy');
  });

  it('requires a criterion where eigenvaluesIn are not 0; writes safetensors', async () => {
    const safetensors = join(folder, 'small.safetensors');
    const argv = ['prune', fixture('keras.npz'), ...numbers, '--keep', '4', '--export', safetensors];
    expect((await call(...argv)).stderr).toMatch(
      /^error: expected eigenvaluesIn = 0 in layer 0 for criterion "L", .* Use criterion "weightNorm"\n$/,
    );
    expect((await call(...argv, '--criterion', 'weightNorm')).exitCode).toBe(0);
    const { network } = await loadNetwork(safetensors);
    expect(network.spec.layers.map(({ width }) => width)).toEqual([4, 2]);
  });

  it('describes its result', async () => {
    const { stdout, stderr } = await call(
      ...['prune', classifier, ...classes, '--fine-tune', '2', '--l2', '0.001,0.001'],
      ...['--keep', '2', '--export', target],
    );
    expect(stdout.split('\n')[0]).toMatch(/^┌─+┬/);
    expect(stdout).toMatch(/│ +0 │ L +│ +6 │ +2 │/);
    expect(stdout).toContain('51 numbers before, 19 after.');
    expect(stdout).toMatch(/│ accuracy +│ samples │ from +│ +before │ +fine-tuned │ +after │/);
    expect(stdout).toMatch(/│ validation +│ +\d+ │ held out from --data +│/);
    expect(stdout).toMatch(/│ held out +│ +\d+ │ held out from --data, decides nothing │/);
    expect(stdout).not.toMatch(/│ test/);
    expect(stdout).toContain(
      '\nbefore: the model as it came, on the same samples.\nheld out from --data: if the model was trained on these samples, its ' +
        'accuracy or loss on them is not a test. --validation-data and --test-data take samples that it has not seen.\n',
    );
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(target);
    expect(stderr).toMatch(/^epoch 1 of 2: train loss [\d.]+, validation loss [\d.]+\nepoch 2 of 2: /);
  });
});

describe('the data of prune', () => {
  const table = (name: string, classOf: (i: number) => string | number) => {
    const rows = Array.from({ length: 30 }, (_, i) => [i, i % 7, i % 3, i % 2, classOf(i)].join());
    const path = join(folder, name);
    return writeFile(path, ['a,b,c,d,kind', ...rows].join('\n')).then(() => path);
  };
  const pruned = (path: string, ...more: string[]) => {
    const data = ['--data', path, '--labels', 'kind'];
    return call('prune', classifier, ...data, '--keep', '3', '--export', target, '--json', ...more);
  };

  it('have classes by their numbers, where labels are numbers, whichever occur', async () => {
    const losses = async (path: string) => JSON.parse((await pruned(path, '--metric', 'loss')).stdout).metric;
    // 2 is the last of the three outputs, though only 0 and 2 occur
    const some = await losses(await table('some.csv', (i) => 2 * (i % 2)));
    const first = await losses(await table('first.csv', (i) => i % 2));
    expect(some).not.toEqual(first);
    expect((await pruned(await table('far.csv', (i) => (i === 17 ? 3 : 0)))).stdout).toContain('0, 1, 2');
  });

  it('have class names in a printed order, as many as the outputs', async () => {
    const { exitCode, stderr } = await pruned(await table('names.csv', (i) => 'cab'[i % 3] as string));
    expect([exitCode, stderr]).toEqual([0, 'classes, in the order of the outputs: a, b, c\n']);
    const two = await pruned(await table('two.csv', (i) => 'ab'[i % 2] as string));
    expect(two.exitCode).toBe(2);
    expect(two.stdout).toContain('expected 3 classes, one per output of the network, received 2: a, b.');
  });

  it('that do not match are refused with their location in the files, before any work, and nothing is written', async () => {
    const output = join(folder, 'none.onnx');
    const argv = ['--data', fixture('x.npy'), fixture('y.npy'), '--keep', '3', '--export', output];
    expect(await call('prune', regressor, ...argv)).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringContaining(
        'expected 2 targets per sample, one per output, received 1. If it is a class, and the network ends without a softmax, add --loss crossEntropy',
      ),
    });
    expect((await readdir(folder)).includes('none.onnx')).toBe(false);
  });
});

describe('prune of a file refuses', () => {
  it.each<[string, string[], string]>([
    ['to guess how far', [], 'expected exactly one of keep, percentile and maxDegradation, received none'],
    [
      'everything',
      ['--keep', '0'],
      'expected at least 1 node for keep, received 0. A layer without nodes would cut the network in two',
    ],
    [
      'a bound without data',
      ['--max-degradation', '1%'],
      'expected --data or --validation-data to go with --max-degradation, as in --data x.npy y.npy, received none',
    ],
    [
      'to fine-tune on nothing',
      ['--fine-tune', '1', '--keep', '1'],
      'expected --data to go with --fine-tune, as in --data x.npy y.npy, received none',
    ],
    [
      'a rate of training without training',
      ['--learning-rate', '0.1', '--keep', '1'],
      'expected --fine-tune to go with --learning-rate, as in --fine-tune 20, received none',
    ],
    [
      'a column of no data',
      ['--labels', 'kind', '--keep', '1'],
      'expected --data or --validation-data or --test-data to go with --labels, as in --data x.npy y.npy, received none',
    ],
    [
      'to write what it cannot',
      ['--keep', '1', '--export', 'small.pt'],
      'expected a path that ends in .onnx or .safetensors for --export, received "small.pt"',
    ],
    [
      'to write where it cannot',
      ['--keep', '1', '--export', 'no-such-folder/small.onnx'],
      'expected a path in a folder that is there for --export, received "no-such-folder/small.onnx"',
    ],
    [
      'a word for a part',
      ['--max-degradation', 'some'],
      'expected a number or a percentage, as in 0.01 or 1% for --max-degradation, received "some"',
    ],
    [
      'half of the data',
      ['--keep', '1', '--data', 'x.npy'],
      'expected x.npy y.npy, images-idx3-ubyte labels-idx1-ubyte (.idx), one .csv or .parquet, or one .npz with or without the names of its arrays of inputs and labels for --data, received x.npy',
    ],
    [
      'data of no known kind',
      ['--keep', '1', '--data', 'x.mat'],
      'expected x.npy y.npy, images-idx3-ubyte labels-idx1-ubyte (.idx), one .csv or .parquet, or one .npz with or without the names of its arrays of inputs and labels for --data, received x.mat',
    ],
    [
      'a table without a column to learn',
      ['--keep', '1', '--data', 'x.csv'],
      'expected the column of x.csv with the labels for --labels, received undefined',
    ],
    [
      'one penalty of two',
      ['--keep', '1', ...classes, '--fine-tune', '1', '--l2', '0.1'],
      'expected auto, or two numbers, of eigenvectors and of eigenvaluesOut, as in 0.01,0.0005 for --l2, received an array of length 1',
    ],
    [
      'a loss of its own',
      ['--keep', '1', ...classes, '--loss', 'mae'],
      'expected one of mse, crossEntropy for --loss, received "mae". Did you mean "mse"?',
    ],
    [
      'options of a run directory',
      ['--keep', '1', '--width', '20'],
      `expected no --width for \`prune\` here: ${classifier} is a file; that option is for a student of a run directory`,
    ],
  ])('%s', async (_, argv, message) => {
    const outcome = await call('prune', classifier, ...argv);
    expect(outcome).toEqual({ exitCode: 2, stdout: '', stderr: `error: ${message}\n` });
  });

  it('options of a file for a run directory', async () => {
    expect((await call('prune', folder, '--fine-tune', '3')).stderr).toBe(
      'error: expected no --fine-tune for `prune` here: that option is for the file of a network, <source> is a run directory\n',
    );
  });

  it('an output that is not named, or does not exist, or is that of another file than ONNX', async () => {
    const two = fileURLToPath(new URL('../fixtures/public-reports/onnx-missing/two.onnx', import.meta.url));
    const failure = async (...args: string[]) => (await call('prune', ...args, '--keep', '1')).stderr;
    expect(await failure(two)).toMatch(
      /received 2 \(y, y2\)\. Name the one to read: .*, or prune --output\n$/,
    );
    expect(await failure(two, '--output', 'z')).toMatch(
      /^error: expected one of the outputs of .* \(y, y2\) for output/,
    );
    expect(await failure('model.npz', '--output', 'z')).toBe(
      'error: expected no --output here: model.npz is not ONNX, and has one output\n',
    );
  });

  it('a missing file', async () => {
    const { exitCode, stderr } = await call('prune', join(folder, 'none.onnx'), '--keep', '1');
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringMatching(/^error: cannot read .*none\.onnx: ENOENT/),
    ]);
  });
});
