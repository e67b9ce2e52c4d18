/** `eigenstudent prune cnn.onnx --data fashion.yaml`: the data of a network that was trained elsewhere, described in YAML. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { normalizeInputs, readNpyData, type Splits, splitData } from '../../src/data/index.js';
import { loadNetwork } from '../../src/exchange/index.js';
import { fileHash } from '../../src/files/file-hash.js';
import { Network } from '../../src/network/network.js';
import { fileOf, idxBytes } from '../data/files.js';
import { call } from './captured-terminal.js';

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/prune-images/${name}`, import.meta.url));
const model = fixture('cnn.onnx');
const [inputs, classes] = [fixture('test-x.npy'), fixture('test-y.npy')];
const npy = `npy: { inputs: ${inputs}, classes: ${classes} }`;
const divided = 'normalize: { shift: [0], scale: [255] }';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-prune-described-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function pruned(yaml: string, ...argv: string[]) {
  const description = join(folder, 'described.yaml');
  await writeFile(description, yaml);
  const files = ['--data', description, '--export', join(folder, 'small.onnx')];
  return call('prune', model, ...files, ...argv);
}

async function answer(yaml: string, ...argv: string[]) {
  const { exitCode, stdout, stderr } = await pruned(yaml, ...argv, '--json');
  expect([exitCode, exitCode === 0 ? '' : stdout + stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
}

/** The parts of the fixture, its pixels divided by 255, and the losses of the model on them. */
async function expectedLosses(seed: number): Promise<Record<keyof Splits, number>> {
  const data = await readNpyData({ inputs, classes });
  const parts = splitData(normalizeInputs(data, { shift: [0], scale: [255] }), {
    ...{ validation: 60, test: 0.1, seed },
  });
  const { spec, parameters } = (await loadNetwork(model)).network;
  const network = Network.from({ ...spec, loss: 'crossEntropy' }, parameters);
  const loss = async (part: keyof Splits) => (await network.evaluate(parts[part])).loss;
  return { train: await loss('train'), validation: await loss('validation'), test: await loss('test') };
}

/** The images of the fixture as IDX. */
async function imagesFile(): Promise<string> {
  const { inputs: pixels } = await readNpyData({ inputs });
  return fileOf('images-ubyte', idxBytes([300, 14, 14], pixels));
}

describe('prune with a description of its data', () => {
  it('splits and normalises as the description says, with the seed of the call', async () => {
    const text = `${npy}\nvalidation: 60\ntest: 0.1\n${divided}\n`;
    const told = await answer(text, '--keep', '3', '--metric', 'loss', '--seed', '4');
    const losses = await expectedLosses(4);
    expect(told.metric.train.before).toBeCloseTo(losses.train, 6);
    expect(told.metric.validation.before).toBeCloseTo(losses.validation, 6);
    expect(told.metric.heldOut.before).toBeCloseTo(losses.test, 6);
    expect(told.metric.test).toBeUndefined();
    expect(Object.values(told.data).map((part) => (part as { samples: number }).samples)).toEqual([
      210, 60, 30,
    ]);
    const other = await answer(text, '--keep', '3', '--metric', 'loss', '--seed', '5');
    expect(other.metric.validation.before).not.toBe(told.metric.validation.before);
  });

  it('cuts as far as its validation part allows, and reads labels as classes without --loss', async () => {
    const told = await answer(
      `${npy}\nvalidation: 0.3\n${divided}\n`,
      '--max-degradation',
      '25%',
      '--fine-tune',
      '1',
    );
    expect([told.candidates.length, told.removed > 0]).toEqual([6, true]);
    const { before, after } = told.metric.validation;
    expect([told.metric.name, before > 0.7, after >= 0.75 * before]).toEqual(['accuracy', true, true]);
  });

  it('tests once on test files, of Fashion-MNIST by its name, whose folder is relative to the description', async () => {
    const { inputs: pixels, classes: labels = new Uint32Array() } = await readNpyData({ inputs, classes });
    const write = (name: string, shape: number[], values: ArrayLike<number>) =>
      writeFile(join(folder, `${name}-ubyte.gz`), gzipSync(idxBytes(shape, Array.from(values))));
    const cut = 200 * 14 * 14;
    await write('train-images-idx3', [200, 14, 14], pixels.subarray(0, cut));
    await write('train-labels-idx1', [200], labels.subarray(0, 200));
    await write('t10k-images-idx3', [100, 14, 14], pixels.subarray(cut));
    await write('t10k-labels-idx1', [100], labels.subarray(200));
    const told = await answer(`fashionMnist: { directory: . }\nvalidation: 50\n${divided}\n`, '--keep', '3');
    expect(told.data).toEqual({
      train: { samples: 150, from: 'the rest of --data' },
      validation: { samples: 50, from: 'held out from --data' },
      test: { samples: 100, from: `the test files of ${join(folder, 'described.yaml')}` },
    });
    expect(told.metric.test.before).toBeGreaterThan(0.7);
  });

  it('takes the block of a run directory, and refuses a file that has changed since', async () => {
    const right = `files: { ${inputs}: ${await fileHash(inputs)} }`;
    const told = await answer(`${npy}\n${divided}\n${right}\n`, '--keep', '3');
    expect(told.data.train.samples).toBe(210);
    const wrong = `files: { ${inputs}: ${'a'.repeat(64)} }`;
    const { exitCode, stderr } = await pruned(`${npy}\n${divided}\n${wrong}\n`, '--keep', '3');
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(`expected ${inputs} to be as it was`)]);
  });

  it.each<[what: string, yaml: string, message: string]>([
    [
      'a misspelt field',
      `npy:\n  input: x.npy\n  classes: y.npy\n${divided}`,
      'described.yaml:\n  line 2: npy.inputs: missing, expected the path of a file\n  line 2: npy: unknown key "input"',
    ],
    [
      'no normalisation',
      npy,
      'described.yaml: line 1: normalize: missing, expected { shift: [...], scale: [...] } or one of standard, ' +
        'standardPerChannel, unit, none: what the network was trained on. Pixels that were divided by 255 are ' +
        '{ shift: [0], scale: [255] }',
    ],
    [
      'a scale of 0',
      `${npy}\nnormalize:\n  shift: [0]\n  scale: [0]`,
      'line 4: normalize.scale[0]: expected a number other than 0, received 0',
    ],
    [
      'no labels',
      `npy: { inputs: ${inputs} }\n${divided}`,
      'described.yaml: line 1: npy: missing, expected classes or targets',
    ],
    [
      'a protocol',
      `epochs: 3\ndata: { ${npy} }`,
      'described.yaml: line 2: expected the fields of `data` of a protocol alone, received a protocol',
    ],
    ['no YAML', 'npy: [', 'received a syntax error in line 1, column 7'],
    ['nothing', '', 'described.yaml: expected an object with idx, cifar10, npy'],
  ])('refuses %s with file, line and field', async (_, yaml, message) => {
    const { exitCode, stderr } = await pruned(yaml, '--keep', '2');
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(stderr).toContain('described.yaml');
  });

  it.each([
    [
      ['--validation-data', 'x.npy', 'y.npy'],
      'expected no --validation-data with --data',
      'received "x.npy y.npy"',
    ],
    [['--test-data', 'x.npy', 'y.npy'], 'expected no --test-data with --data', 'the description says it'],
    [['--normalize', 'unit'], 'expected no --normalize with --data', 'received "unit"'],
    [['--labels', 'y'], 'expected no --labels with --data', 'the description says it'],
  ])('refuses %s beside it', async (argv, message, received) => {
    const { exitCode, stderr } = await pruned(`${npy}\n${divided}`, '--keep', '2', ...argv);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(stderr).toContain(received);
  });

  it('says of labels beyond the outputs that the network has so many, and of a given classCount that it is too small', async () => {
    const labels = Uint8Array.from({ length: 300 }, (_, i) => (i === 7 ? 12 : i % 10));
    const [images, wrong] = [await imagesFile(), await fileOf('labels-ubyte', idxBytes([300], labels))];
    const told = 'expected classes from 0 to 9 in';
    const advice =
      'received 12 for sample 7. The network has 10 outputs, one per class: leave out samples of other classes';
    const idx = `images: ${images}, labels: ${wrong}`;
    const described = await pruned(`idx: { ${idx} }\n${divided}`, '--keep', '2');
    const files = await call(
      'prune',
      model,
      '--data',
      images,
      wrong,
      '--keep',
      '2',
      '--export',
      join(folder, 'n.onnx'),
    );
    for (const { exitCode, stderr } of [described, files]) {
      expect([exitCode, stderr]).toEqual([2, expect.stringContaining(told)]);
      expect(stderr).toContain(advice);
      expect(stderr).not.toContain('classCount');
    }
    const counted = await pruned(`idx: { ${idx}, classCount: 9 }\n${divided}`, '--keep', '2');
    expect(counted.stderr).toMatch(/classes from 0 to 8 in .*If it is a class, give a larger classCount/);
  });

  it('refuses numbers of a normalisation that are neither of channels nor of inputs', async () => {
    const { exitCode, stderr } = await pruned(
      `${npy}\nnormalize: { shift: [0, 0], scale: [1, 1] }`,
      '--keep',
      '2',
    );
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringContaining('one of 196 inputs or 1 channels, as the data have'),
    ]);
  });
});
