/** Options of the command that the files at hand have no use for: they are used, or refused by name. */
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call } from '../cli/captured-terminal.js';
import { fixture as exchange } from '../exchange/fixtures.js';

const fixture = (name: string) =>
  fileURLToPath(new URL(`../fixtures/public-reports/ignored-options/${name}`, import.meta.url));
/** 4 -> 5 -> 2, softmax */
const model = fixture('s-plain.safetensors');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-ignored-options-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const pruned = (...argv: string[]) =>
  call('prune', model, ...argv, '--keep', '3', '--export', join(folder, 'o.onnx'), '--json');
async function metricOf(...argv: string[]) {
  const { exitCode, stdout } = await pruned(...argv);
  expect(exitCode, stdout).toBe(0);
  return JSON.parse(stdout).metric;
}
async function refusalOf(...argv: string[]): Promise<string> {
  const { exitCode, stdout } = await pruned(...argv);
  expect(exitCode, stdout).toBe(2);
  return JSON.parse(stdout).error.message;
}

describe('--inputs with a table', () => {
  it('chooses columns, so that one of row numbers is left out', async () => {
    const named = await metricOf('--data', fixture('id.csv'), '--labels', 'y', '--inputs', 'a,b,c,d');
    expect(named).toEqual(await metricOf('--data', fixture('ok.csv'), '--labels', 'y'));
    expect(await refusalOf('--data', fixture('id.csv'), '--labels', 'y')).toBe(
      `${fixture('id.csv')}: expected 4 columns of inputs, as the network has, received 5: id, a, b, c, d. Name them in the order of ` +
        'the network, as in --inputs a,b,c,d',
    );
  });

  it('takes the columns in the order in which they are named', async () => {
    const data = ['--data', fixture('ok.csv'), '--labels', 'y', '--metric', 'loss'];
    const loss = async (...inputs: string[]) => (await metricOf(...data, ...inputs)).train.before;
    expect(await loss('--inputs', 'a, b, c, d')).toBe(await loss());
    expect(await loss('--inputs', 'd,c,b,a')).not.toBe(await loss());
  });

  it('refuses a name that no column has', async () => {
    expect(await refusalOf('--data', fixture('ok.csv'), '--labels', 'y', '--inputs', 'NOSUCH')).toBe(
      `expected a column "NOSUCH" in ${fixture('ok.csv')}, received "a", "b", "c", "d", "y"`,
    );
  });

  it('applies to tables of other samples, whose columns may be in another order', async () => {
    const lines = (await readFile(fixture('ok.csv'), 'utf8')).trim().split('\n');
    const turned = lines.map((line) => line.split(',').reverse().join(','));
    const other = join(folder, 'turned.csv');
    await writeFile(other, turned.join('\n'));
    const data = ['--data', fixture('ok.csv'), '--labels', 'y', '--metric', 'loss'];
    const { test } = await metricOf(...data, '--test-data', other);
    const straight = join(folder, 'straight.csv');
    await copyFile(fixture('ok.csv'), straight);
    expect(test).toEqual((await metricOf(...data, '--test-data', straight)).test);
    expect(await refusalOf(...data, '--test-data', fixture('id.csv'))).toContain('received "id" too');
  });
});

describe('--exclude', () => {
  it('leaves out columns that are not inputs', async () => {
    const named = await metricOf('--data', fixture('id.csv'), '--labels', 'y', '--inputs', 'a,b,c,d');
    expect(await metricOf('--data', fixture('id.csv'), '--labels', 'y', '--exclude', 'id')).toEqual(named);
  });

  it('is refused beside --inputs, for a column that does not exist, and with NPZ', async () => {
    const table = ['--data', fixture('id.csv'), '--labels', 'y'];
    expect(await refusalOf(...table, '--inputs', 'a', '--exclude', 'id')).toBe(
      'expected --inputs or --exclude, received both',
    );
    expect(await refusalOf(...table, '--exclude', 'NOSUCH')).toContain('NOSUCH');
    expect(await refusalOf('--data', 'x.npz', '--exclude', 'id')).toBe(
      'expected no --exclude with --data x.npz, received "id". It names columns of a .csv or .parquet',
    );
  });
});

describe('options that name what a file does not have', () => {
  const [x, y] = [exchange('x.npy'), exchange('y.npy')];
  it.each(['--inputs', '--labels', '--exclude'])('%s are refused with NPY', async (option) => {
    expect(await refusalOf('--data', x, y, option, 'NOSUCH')).toBe(
      `expected no ${option} with --data ${x} ${y}, received "NOSUCH". NPY files have no names: the first is the inputs, the second ` +
        'the labels',
    );
  });

  it('are refused with IDX', async () => {
    expect(await refusalOf('--data', 'a-ubyte', 'b-ubyte', '--labels', 'y')).toBe(
      'expected no --labels with --data a-ubyte b-ubyte, received "y". IDX files have no names: the first is the inputs, the second ' +
        'the labels',
    );
  });

  it.each<[string[], string]>([
    [
      ['--seed', '3'],
      'expected no --seed here: it names the split of --data, the shuffles of --fine-tune and the order of --criterion random, and none is ' +
        'asked for',
    ],
    [
      ['--loss', 'mse'],
      'expected --data or --validation-data or --test-data to go with --loss, as in --data x.npy y.npy, received none',
    ],
    [
      ['--normalize', 'unit'],
      'expected --data to go with --normalize, as in --data x.npy y.npy, received none',
    ],
    [['--l2', 'auto'], 'expected --fine-tune to go with --l2, as in --fine-tune 20, received none'],
    [
      ['--trial', 'abc'],
      `expected no --trial for \`prune\` here: ${model} is a file; that option is for a student of a run directory`,
    ],
  ])('%j is refused for a network alone', async (argv, message) => {
    expect(await refusalOf(...argv)).toBe(message);
  });

  it('--description is refused for ONNX', async () => {
    const onnx = exchange('torch-gelu.onnx');
    const { exitCode, stderr } = await call('prune', onnx, '--keep', '2', '--description', 'model.json');
    expect([exitCode, stderr]).toEqual([
      2,
      `error: expected no --description here: ${onnx} is ONNX, which says itself what its layers are\n`,
    ]);
  });
});

describe('endings in capitals', () => {
  it('are those of the same formats: CSV, NPY, gzip, ONNX and safetensors', async () => {
    const csv = join(folder, 'OK.CSV');
    const packed = join(folder, 'OK.CSV.GZ');
    await copyFile(fixture('ok.csv'), csv);
    await writeFile(packed, gzipSync(await readFile(csv)));
    const plain = await metricOf('--data', fixture('ok.csv'), '--labels', 'y');
    expect(await metricOf('--data', csv, '--labels', 'y')).toEqual(plain);
    expect(await metricOf('--data', packed, '--labels', 'y')).toEqual(plain);
    const [x, y, onnx] = [join(folder, 'X.NPY'), join(folder, 'Y.NPY'), join(folder, 'M.ONNX')];
    await copyFile(exchange('x.npy'), x);
    await copyFile(exchange('y.npy'), y);
    await copyFile(exchange('torch-relu-softmax.onnx'), onnx);
    const small = join(folder, 'SMALL.SafeTensors');
    const argv = ['prune', onnx, '--keep', '3', '--data', x, y, '--export', small];
    expect((await call(...argv)).exitCode).toBe(0);
    expect((await call('prune', small, '--keep', '2', '--export', join(folder, 'S.ONNX'))).exitCode).toBe(0);
  });

  it('of IDX images count, and a file without any is known by its first bytes', async () => {
    const sizes = (...counts: number[]) => counts.flatMap((count) => [0, 0, 0, count]);
    const pixels = Array.from({ length: 20 * 4 }, (_, i) => (37 * i) % 256);
    const images = Buffer.from([0, 0, 8, 3, ...sizes(20, 2, 2), ...pixels]);
    const labels = Buffer.from([0, 0, 8, 1, ...sizes(20), ...Array.from({ length: 20 }, (_, i) => i % 2)]);
    const written = async (name: string, bytes: Buffer) => {
      const path = join(folder, name);
      await writeFile(path, /gz$/i.test(name) ? gzipSync(bytes) : bytes);
      return path;
    };
    const told = [];
    for (const [a, b] of [
      ['images-idx3-ubyte', 'labels-idx1-ubyte'],
      ['TRAIN-IMAGES-IDX3-UBYTE', 'TRAIN-LABELS-IDX1-UBYTE.GZ'],
      ['images.gz', 'labels.GZ'],
      ['images.IDX3', 'labels.Idx1'],
      ['images', 'labels'],
    ] as const)
      told.push(await metricOf('--data', await written(a, images), await written(b, labels)));
    expect(new Set(told.map((metric) => JSON.stringify(metric))).size).toBe(1);
  });
});
