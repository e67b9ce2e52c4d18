import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readNpyData, readNpzData } from '../../src/data/numpy-data.js';
import { rejectionOf } from '../failure.js';

/** Written by NumPy: see make.py there. */
const file = (name: string) => join(import.meta.dirname, '..', 'fixtures', 'numpy', name);
const set = file('set.npz');

it('reads samples with classes or targets from an NPZ file', async () => {
  const data = await readNpzData(set, { inputs: 'x', classes: 'y' });
  expect([data.samples, data.inputCount]).toEqual([4, 6]);
  expect([...data.inputs]).toEqual(Array.from({ length: 24 }, (_, i) => i));
  expect(data.inputs).toBeInstanceOf(Float32Array);
  expect([...(data.classes ?? [])]).toEqual([1, 0, 2, 1]);
  const { targets, targetCount } = await readNpzData(set, { inputs: 'x', targets: 't' });
  expect([[...(targets ?? [])], targetCount]).toEqual([[0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5], 2]);
});

it('reads samples and targets from NPY files', async () => {
  const data = await readNpyData({
    inputs: file('fortran-matrix.npy'),
    targets: file('half-special.npy'),
  }).catch(String);
  expect(data).toMatch(
    /expected one label in .*half-special.npy for each of the 6 samples of .*fortran-matrix.npy, received 5/,
  );
  const same = await readNpyData({ inputs: file('fortran-matrix.npy'), targets: file('fortran-matrix.npy') });
  expect([same.samples, same.inputCount, same.targetCount]).toEqual([6, 4, 4]);
});

it.each([
  [
    { inputs: 'x', classes: 'z' },
    /^invalid_data: expected an array z in .*set\.npz, which has x, y, t, bad, holes/,
  ],
  [
    { inputs: 'x', classes: 'bad' },
    /^invalid_data: expected classes \(integers from 0\) in array bad of .*, received -1 for sample 3\. Number them from 0, in all files: labels \+ 1$/,
  ],
  [
    { inputs: 'x', classes: 't' },
    /^invalid_data: expected one label in array t of .* for each of the 4 samples of array x of .*, received an array of shape \[4, 2\]/,
  ],
  [
    { inputs: 'x', classes: 'y', classCount: 2 },
    /^invalid_data: expected classes from 0 to 1 in array y of .*, received 2 for sample 2\. If it is a class, give a larger classCount$/,
  ],
  [
    { inputs: 'holes', classes: 'y' },
    /^invalid_data: expected finite numbers in array holes of .*, received NaN in sample 1, number 0\. Leave/,
  ],
  [
    { inputs: 'x', targets: 'holes' },
    /^invalid_data: expected finite numbers in array holes of .*, received NaN in sample 1, number 0/,
  ],
  [
    { inputs: 'x', classes: 'y', targets: 't' },
    /^invalid_argument: expected classes or targets for readNpzData, received both$/,
  ],
  [
    { input: 'x' },
    /^invalid_argument: unknown option "input" in readNpzData; known: inputs, classes, targets, classCount. Did you mean "inputs"\?$/,
  ],
])('%j is refused', async (arrays, message) => {
  expect(await rejectionOf(readNpzData(set, arrays as { inputs: string }))).toMatch(message);
});

it('an array without samples is refused', async () => {
  expect(await rejectionOf(readNpyData({ inputs: file('empty.npy') }))).toMatch(
    /^invalid_data: expected samples in .*empty\.npy, received an array of shape \[0, 5\]$/,
  );
});
