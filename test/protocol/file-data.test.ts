import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { teacherStudent } from '../../src/experiments/teacher-student/experiment.js';
import { fromFolder, inspectFiles } from '../../src/experiments/teacher-student/files/look-at-files.js';
import { byContents, problemOf } from '../../src/experiments/teacher-student/protocol/problem.js';
import type { ProtocolPoint } from '../../src/experiments/teacher-student/protocol/schema.js';
import { formatProtocol } from '../../src/protocol/protocol.js';
import { protocolJsonSchema } from '../../src/protocol/protocol-json-schema.js';
import { parseProtocol } from '../../src/sweep.js';
import { fileOf, idxBytes } from '../data/files.js';
import { failureOf, rejectionOf } from '../failure.js';
import { expand } from '../sweep/student-trials.js';

const rest = `
student: { width: 4, secondWidth: 3 }
arms: { direct: { optimizer: { adam: { learningRate: 0.01 } }, batchSize: 16 } }
epochs: 6
trials: 2
seed: 5
`;
const parse = (text: string) => parseProtocol(`${text}${rest}`, 'my.yaml');
const refusal = (text: string) =>
  failureOf(() => parse(text)).replace('invalid_protocol: invalid protocol my.yaml:', '');

it('data from files have every default written out and are the same after a round trip through text', () => {
  const protocol = parse('data: { idx: { images: a, labels: b } }');
  expect(protocol.data).toEqual({
    idx: { images: 'a', labels: 'b' },
    validation: 0.1,
    normalize: 'standard',
  });
  expect(protocol.teacher).toBeUndefined();
  expect(parseProtocol(formatProtocol(protocol), 'again')).toEqual(protocol);
});

it.each([
  ['teacher: { kind: file, path: t.safetensors }\ndata: { csv: { file: a.csv }, validation: [0.1, 50] }'],
  [
    'data: { npz: { file: mnist.npz, inputs: x_train, classes: y_train, testInputs: x_test, testClasses: y_test } }',
  ],
  ['data: { cifar10: { files: [a.bin, b.bin], testFiles: [t.bin] }, normalize: [standard, unit] }'],
  ['data: { parquet: { file: a.parquet, targets: [y], inputs: [a, b] }, test: 100, stratified: false }'],
  ['data: { npy: { inputs: x.npy, targets: t.npy } }'],
  ['data: { csv: { file: a.csv, label: y, exclude: ["Unnamed: 0"] } }'],
  ['data: { csv: { file: a.csv, target: y } }'],
  ['data: { fashionMnist: {}, normalize: [standardPerChannel, { shift: [0], scale: [255] }] }'],
  ['teacher: { inputs: 4, teacherSize: 3 }\ndata: { npy: { inputs: x.npy } }'],
])('%s is a valid protocol', (text) => {
  expect(formatProtocol(parse(text))).toContain('normalize:');
});

it.each([
  [
    'epochs_: 1',
    / {2}line 1: teacher: missing, expected an object with kind, inputs, teacherSize, secondWidth, seed, activation, slope, thirdWidth/,
  ],
  [
    'data: { idx: { imags: a, labels: b } }',
    /line 1: data\.idx: unknown key "imags"; known: images, labels, testImages, testLabels, classCount\. Did you mean "images"\?/,
  ],
  [
    'data: { idx: { images: a } }',
    /^ line 1: data\.idx: missing, expected labels, or a teacher that labels the inputs$/,
  ],
  [
    'data: { csv: { file: a.csv } }',
    /^ line 1: data\.csv: missing, expected label or targets, or a teacher that labels the inputs$/,
  ],
  [
    'data: { idx: { images: a, labels: b }, npy: { inputs: c } }',
    /^ line 1: data: expected exactly one of idx, cifar10, npy, npz, csv, parquet, fashionMnist, received idx and npy$/,
  ],
  [
    'data: { idx: { images: a, labels: b }, train: 100 }',
    /^ line 1: data\.train: expected no such field with files: what validation and test leave is trained on$/,
  ],
  [
    'data: { idx: { images: a, labels: b, testImages: c, testLabels: d }, test: 0.2 }',
    /^ line 1: data\.test: expected no size, received 0\.2: the test files of idx are all of the test part$/,
  ],
  [
    'data: { idx: { images: a, labels: b }, validation: 1.5 }',
    /^ line 1: data\.validation: expected a fraction below 1 or a number of samples, received 1\.5$/,
  ],
  [
    'data: { idx: { images: a, labels: b }, normalize: standart }',
    /^ line 1: data\.normalize: expected shift and scale, or one of standard, standardPerChannel, unit, none, received "standart"\. Did you mean "standard"\?$/,
  ],
  [
    'data: { idx: { images: a, labels: b }, normalize: { shift: [0, 1], scale: [2] } }',
    /^ line 1: data\.normalize: expected as many numbers in shift as in scale$/,
  ],
  [
    'data: { fashionMnist: {}, test: 0.2 }',
    /^ line 1: data\.test: expected no size, received 0\.2: the test files of fashionMnist are all of the test part$/,
  ],
  [
    'data: { csv: { file: a, label: x, targets: [y] } }',
    /^ line 1: data\.csv\.targets: expected label or targets, received both$/,
  ],
  [
    'data: { csv: { file: a, label: x, target: y } }',
    /^ line 1: data\.csv\.target: expected label or target, received both$/,
  ],
  [
    'data: { csv: { file: a, target: x, targets: [y] } }',
    /^ line 1: data\.csv\.targets: expected target or targets, received both$/,
  ],
  [
    'data: { parquet: { file: a, label: x, inputs: [a], exclude: [b] } }',
    /^ line 1: data\.parquet\.exclude: expected inputs or exclude, received both$/,
  ],
  [
    'data: { idx: { images: [a, b], labels: c } }',
    /^ line 1: data\.idx\.images: expected one value, received several: files do not vary within a protocol\. Write a protocol for each$/,
  ],
  [
    'teacher: { kind: file, path: [a, b] }\ndata: { idx: { images: a } }',
    /^ line 1: teacher\.path: expected one value, received several/,
  ],
  [
    'teacher: { kind: file, pth: a }',
    /line 1: teacher\.path: missing, expected the path of a network\n.*teacher: unknown key "pth"; known: kind, path, sha256, found/,
  ],
  [
    'teacher: { kind: files, path: a }',
    /teacher\.kind: expected one of paper, file, received "files"\. Did you mean "file"\?/,
  ],
  [
    'teacher: { teacherSize: 3 }\ndata: { trian: 100 }',
    /^ line 2: data: unknown key "trian"; known: train, validation, test, sharedSeed\. Did you mean "train"\?$/,
  ],
])('%s is refused', (text, message) => {
  expect(refusal(text)).toMatch(message);
});

const hash = (letter: string) => letter.repeat(64);
const looked = {
  teacher: undefined,
  data: {
    idx: { images: '/a', labels: '/b' },
    validation: 0.1,
    normalize: 'standard',
    files: { '/a': hash('a'), '/b': hash('b') },
    found: { samples: 1000, inputs: 784, classes: 10 },
  },
} as unknown as ProtocolPoint;

it('data from files determine the sizes of the problem', () => {
  expect(problemOf(looked)).toEqual({
    inputs: 784,
    outputs: 10,
    readout: 'dense',
    loss: 'crossEntropy',
    samples: { train: 700, validation: 100, test: 200 },
    teacherSize: 0,
  });
});

it('the key of a trial depends on the contents of its files, not on their paths', () => {
  expect(byContents(looked).data).toEqual({
    idx: { images: `sha256:${hash('a')}`, labels: `sha256:${hash('b')}` },
    validation: 0.1,
    normalize: 'standard',
    found: { samples: 1000, inputs: 784, classes: 10 },
  });
});

it('a single target column and a list of one column give the same trial', () => {
  const table = (columns: object) =>
    byContents({
      ...looked,
      data: { ...looked.data, idx: undefined, csv: { file: '/a', ...columns } },
    } as never).data;
  expect(table({ target: 'y' })).toEqual(table({ targets: ['y'] }));
  expect(table({ target: 'y' })).toMatchObject({ csv: { file: `sha256:${hash('a')}`, targets: ['y'] } });
});

it('Fashion-MNIST by its name and as its four files give the same trial', async () => {
  const directory = dirname(
    await fileOf('train-images-idx3-ubyte.gz', idxBytes([30, 2, 3], Array(180).fill(9))),
  );
  const labels = Array.from({ length: 30 }, (_, i) => i % 10);
  const write = (name: string, bytes: Buffer) => writeFile(join(directory, name), gzipSync(bytes));
  await write('train-labels-idx1-ubyte.gz', idxBytes([30], labels));
  await write('t10k-images-idx3-ubyte.gz', idxBytes([10, 2, 3], Array(60).fill(9)));
  await write('t10k-labels-idx1-ubyte.gz', idxBytes([10], labels.slice(0, 10)));
  const [images, names] = ['images-idx3-ubyte.gz', 'labels-idx1-ubyte.gz'];
  const files = `images: train-${images}, labels: train-${names}, testImages: t10k-${images}, testLabels: t10k-${names}`;
  const trialsOf = async (text: string) => {
    const protocol = parse(`data: { ${text}, normalize: { shift: [0], scale: [255] } }`);
    const found = await inspectFiles(fromFolder(protocol as never, directory));
    expect(found.data).toMatchObject({ found: { samples: 30, testSamples: 10, inputs: 6, classes: 10 } });
    return expand(found as never).map(({ key }) => key);
  };
  const byName = await trialsOf('fashionMnist: { directory: . }');
  expect(byName).toEqual(await trialsOf(`idx: { ${files}, classCount: 10 }`));
  expect(byName).toHaveLength(2);
});

it('a missing file of Fashion-MNIST is an error with the command that installs it', async () => {
  const protocol = fromFolder(parse('data: { fashionMnist: { directory: nowhere } }') as never, '/none');
  expect(await rejectionOf(inspectFiles(protocol))).toContain('apt-get install dataset-fashion-mnist');
});

it('numbers of a normalisation must be those of the inputs or of the channels', async () => {
  const images = await fileOf('x', idxBytes([30, 2, 3], Array(180).fill(9)));
  const labels = await fileOf(
    'y',
    idxBytes(
      [30],
      Array.from({ length: 30 }, (_, i) => i % 2),
    ),
  );
  const protocol = parse(
    `data: { idx: { images: ${images}, labels: ${labels} }, normalize: { shift: [0, 0], scale: [1, 1] } }`,
  );
  expect(await rejectionOf(inspectFiles(protocol as never))).toContain(
    'one of 6 inputs or 1 channels, as the data have',
  );
});

it('a protocol has no trials before its files have been inspected', () => {
  expect(failureOf(() => expand(parse('data: { idx: { images: a, labels: b } }')))).toBe(
    'invalid_protocol: the files of data have not been looked at; sweep() does, and keeps what it finds in the protocol of ' +
      'the run directory',
  );
});

it('the JSON Schema requires a teacher or files', () => {
  const { anyOf } = protocolJsonSchema(teacherStudent) as { anyOf: object[] };
  expect(anyOf[0]).toEqual({ required: ['teacher'] });
  expect(JSON.stringify(anyOf[1])).toContain('{"required":["csv"]}');
});
