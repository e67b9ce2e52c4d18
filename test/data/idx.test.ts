import { expect, it } from 'vitest';
import { readCifar10 } from '../../src/data/cifar10.js';
import { readIdx, readIdxArray } from '../../src/data/idx.js';
import { rejectionOf } from '../failure.js';
import { fileOf, idxBytes, temporaryPath } from './files.js';

const pixels = Array.from({ length: 3 * 2 * 2 }, (_, i) => 255 - 20 * i);

it.each(['images', 'images.gz'])("reads images and labels in MNIST's format: %s", async (name) => {
  const images = await fileOf(name, idxBytes([3, 2, 2], pixels));
  const labels = await fileOf('labels.gz', idxBytes([3], [7, 0, 2]));
  const data = await readIdx({ images, labels, classCount: 10 });
  expect([data.samples, data.inputCount]).toEqual([3, 4]);
  expect([...data.inputs]).toEqual(pixels);
  expect([...(data.classes ?? [])]).toEqual([7, 0, 2]);
  expect((await readIdx({ images })).classes).toBeUndefined();
});

it.each([
  ['09', 'int8', [-1, 2, -128], 'ff0280'],
  ['0b', 'int16', [-2, 258, 0], 'fffe01020000'],
  ['0c', 'int32', [-2, 16909060, 0], 'fffffffe0102030400000000'],
  ['0d', 'float32', [1.5, -2, 0], '3fc00000c000000000000000'],
  ['0e', 'float64', [1.5, -2, 0], '3ff8000000000000c0000000000000000000000000000000'],
])('kind %s, %s, big-endian', async (kind, dtype, values, bytes) => {
  const path = await fileOf('array.idx', Buffer.from(`0000${kind}0100000003${bytes}`, 'hex'));
  const array = await readIdxArray(path);
  expect({ ...array, data: [...array.data] }).toEqual({ shape: [3], dtype, data: values });
});

it('refuses a file of another kind by its magic number', async () => {
  const path = await fileOf('images', '\x50\x4b\x05\x04 and more');
  expect(await rejectionOf(readIdxArray(path))).toBe(
    `file_corrupt: ${path} is not a readable IDX file: expected a magic as in 00 00 08 03 (unsigned bytes, 3 dimensions), ` +
      'received 50 4b 05 04',
  );
  const short = await fileOf('images', '\0');
  expect(await rejectionOf(readIdxArray(short))).toMatch(/it has 1 bytes, too few for a header$/);
  const cut = await fileOf('images', idxBytes([3, 2, 2], []).subarray(0, 10));
  expect(await rejectionOf(readIdxArray(cut))).toMatch(/it ends within its header$/);
  expect(await rejectionOf(readIdxArray('no-such-file'))).toMatch(
    /^file_unreadable: cannot read no-such-file: ENOENT/,
  );
});

it('refuses a truncated file and one that is too long, with both sizes', async () => {
  const whole = idxBytes([3, 2, 2], pixels);
  const refusal = (path: string, follow: string) =>
    `file_corrupt: ${path} is not a readable IDX file: its header describes 3 x 2 x 2 numbers of dtype uint8, 12 bytes; ` +
    `${follow} it`;
  const short = await fileOf('images', whole.subarray(0, -1));
  expect(await rejectionOf(readIdxArray(short))).toBe(refusal(short, 'only 11 follow'));
  const packed = await fileOf('images.gz', whole.subarray(0, -1));
  expect(await rejectionOf(readIdxArray(packed))).toBe(refusal(packed, 'only 11 follow'));
  const long = await fileOf('images', Buffer.concat([whole, whole]));
  expect(await rejectionOf(readIdxArray(long))).toBe(refusal(long, 'more follow'));
});

it('allocates no memory for more than a compressed file can hold', async () => {
  const path = await fileOf('images.gz', idxBytes([2 ** 31, 2 ** 10], [1]));
  expect(await rejectionOf(readIdxArray(path))).toMatch(/2199023255552 bytes; at most \d+ follow it$/);
});

it('refuses labels of another data set, and labels beyond the classes', async () => {
  const images = await fileOf('images', idxBytes([3, 2, 2], pixels));
  const two = await fileOf('labels', idxBytes([2], [0, 1]));
  expect(await rejectionOf(readIdx({ images, labels: two }))).toBe(
    `invalid_data: expected one label in ${two} for each of the 3 samples of ${images}, received 2, as many as it has`,
  );
  const eleven = await fileOf('labels', idxBytes([3], [0, 10, 1]));
  expect(await rejectionOf(readIdx({ images, labels: eleven, classCount: 10 }))).toBe(
    `invalid_data: expected classes from 0 to 9 in ${eleven}, received 10 for sample 1. If it is a class, give a larger classCount`,
  );
});

it('concatenates the batches of CIFAR-10', async () => {
  const record = (label: number, value: number) =>
    Buffer.concat([Buffer.from([label]), Buffer.alloc(3072, value)]);
  const first = await fileOf('data_batch_1.bin', Buffer.concat([record(9, 1), record(0, 2)]));
  const second = await fileOf('data_batch_2.bin.gz', record(3, 255));
  const data = await readCifar10([first, second]);
  expect([data.samples, data.inputCount]).toEqual([3, 3072]);
  expect([...(data.classes ?? [])]).toEqual([9, 0, 3]);
  expect([0, 3071, 3072, 6144, 9215].map((i) => data.inputs[i])).toEqual([1, 1, 2, 255, 255]);

  const wrong = await fileOf('batch.bin', Buffer.concat([record(9, 1), record(10, 2)]));
  expect(await rejectionOf(readCifar10([wrong]))).toBe(
    `invalid_data: expected classes from 0 to 9 in ${wrong}, received 10 for image 1`,
  );
  const cut = await fileOf('batch.bin', record(9, 1).subarray(0, -1));
  expect(await rejectionOf(readCifar10([cut]))).toBe(
    `file_corrupt: ${cut} is not a readable CIFAR-10 file: expected a multiple of 3073 bytes, a class and 3072 pixels for ` +
      'each image, received 3072',
  );
  expect(await rejectionOf(readCifar10([]))).toMatch(
    /^invalid_argument: expected a list of paths for readCifar10/,
  );
  expect(await rejectionOf(readCifar10([await temporaryPath('none')]))).toMatch(/^file_unreadable: /);
});
