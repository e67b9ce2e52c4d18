/**
 * Labels that are no class indices: EMNIST letters are 1..26 (pytorch/vision #2630, EMNIST #10), others 3 and 7
 * (mlverse/torchvision #107, tensorflow/models #15). They made outputs that no sample asks for.
 */

import { expect, it } from 'vitest';
import { readIdx } from '../../src/data/idx.js';
import { labelledDataset } from '../../src/data/labelled-samples.js';
import { parseNpy } from '../../src/data/npy.js';
import { sweep } from '../../src/sweep.js';
import { fileOf, idxBytes, temporaryPath } from '../data/files.js';
import { rejectionOf } from '../failure.js';
import { fileProtocol } from '../sweep/files/file-protocol.js';

/** An NPY file of int64. */
function npyBytes(values: readonly number[]): Buffer {
  const text = `{'descr': '<i8', 'fortran_order': False, 'shape': (${values.length},), }`;
  const header = `${text.padEnd(128 - 11)}\n`;
  const start = Buffer.from('\x93NUMPY\x01\x00\x00\x00', 'latin1');
  start.writeUInt16LE(header.length, 8);
  return Buffer.concat([start, Buffer.from(header), Buffer.from(BigInt64Array.from(values, BigInt).buffer)]);
}

async function npyFiles(labels: readonly number[]) {
  return {
    inputs: await fileOf('x.npy', npyBytes(labels.map((_, i) => (i * 7) % 5))),
    classes: await fileOf('y.npy', npyBytes(labels)),
  };
}

const repeated = (values: readonly number[]) =>
  Array.from({ length: 60 }, (_, i) => values[i % values.length] as number);
const renumber = 'Number them from 0';

it.each([
  [
    [1, 2, 3],
    'expected each of the classes 0 to 3 in FILE, received none of 0: its labels are 1, 2 and 3. Number them from 0, in all ' +
      'files: labels - 1. If these classes exist, and only no sample here has them, give classCount: 4',
  ],
  [
    [3, 7],
    'expected each of the classes 0 to 7 in FILE, received none of 0, 1, 2, 4, 5 and 6: its labels are 3 and 7. Number them ' +
      'from 0 without a gap, in all files alike: numpy.searchsorted([3, 7], labels). If these classes exist, and only no sample ' +
      'here has them, give classCount: 8',
  ],
  [
    Array.from({ length: 26 }, (_, i) => i + 1),
    'expected each of the classes 0 to 26 in FILE, received none of 0: its labels are 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 16 more',
  ],
  [
    [0, 5, 2_000_000],
    'expected each of the classes 0 to 2000000 in FILE, received none of 1, 2, 3, 4, 6, 7, 8, 9, 10, 11 and 1999988 more: its ' +
      'labels are 0, 5 and 2000000',
  ],
  [
    [-1, 1],
    'expected classes (integers from 0) in FILE, received -1 for sample 0. Number them from 0 without a gap, in all files ' +
      'alike: numpy.searchsorted([-1, 1], labels)',
  ],
])('labels %j in NPY are refused before anything is trained', async (values, message) => {
  const npy = await npyFiles(repeated(values));
  const directory = await temporaryPath('run');
  expect(await rejectionOf(sweep(fileProtocol({ npy }), { directory }))).toContain(
    `invalid_data: ${message.replace('FILE', npy.classes)}`,
  );
});

it('labels from 1 in IDX are refused', async () => {
  const images = await fileOf('images', idxBytes([4, 1, 1], [1, 2, 3, 4]));
  const labels = await fileOf('labels', idxBytes([4], [1, 2, 3, 1]));
  expect(await rejectionOf(readIdx({ images, labels }))).toContain(
    `received none of 0: its labels are 1, 2 and 3. ${renumber}`,
  );
});

it('classes that do not occur are classes where their number is given', async () => {
  const labels = { array: parseNpy(npyBytes([7, 0, 7]), 'y'), where: 'y' };
  const inputs = { array: parseNpy(npyBytes([1, 2, 3]), 'x'), where: 'x' };
  expect([...(labelledDataset({ inputs, classes: labels, classCount: 10 }).classes ?? [])]).toEqual([
    7, 0, 7,
  ]);
});

it('a test set may lack a class, and may have none that the data to train on lack', async () => {
  const train = await npyFiles(repeated([0, 1, 2]));
  const some = await npyFiles([0, 2, 0, 2]);
  const more = await npyFiles([0, 3]);
  const npy = (test: typeof some) => ({ ...train, testInputs: test.inputs, testClasses: test.classes });
  const small = { epochs: 1, trials: 1, student: { width: 3, secondWidth: 2 } };
  const run = async (test: typeof some) =>
    sweep(fileProtocol({ npy: npy(test) }, small), { directory: await temporaryPath('run') });
  expect((await run(some)).trained).toBe(2);
  expect(await rejectionOf(run(more))).toBe(
    `invalid_data: expected classes from 0 to 2 in ${more.classes}, received 3 for sample 1. If it is a class, give a larger ` +
      'classCount',
  );
});
