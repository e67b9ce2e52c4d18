import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { type NpyArray, parseNpy, readNpy } from '../../src/data/npy.js';
import { failureOf } from '../failure.js';
import { inputOf } from './inputs.js';

const plain = ({ shape, dtype, data }: NpyArray) => ({ shape, dtype, data: [...data] });

/** An NPY file with any header and as many bytes of numbers as are asked for. */
function npy(header: string, numbers = Buffer.alloc(0), version = 1): Buffer {
  const text = Buffer.from(header, version === 3 ? 'utf8' : 'latin1');
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  if (version === 1) length.writeUInt16LE(text.length);
  else length.writeUInt32LE(text.length);
  return Buffer.concat([
    Buffer.from([0x93]),
    Buffer.from(`NUMPY${String.fromCharCode(version)}\0`),
    length,
    text,
    numbers,
  ]);
}

const six = Buffer.from(Float32Array.of(1, 2, 3, 4, 5, 6).buffer);

describe('a header is any literal of Python that NumPy reads', () => {
  // npy-matlab #2, numpy PR #5183
  it.each(['npy-py2-long.npy', 'npy-spaces.npy'])('is read: %s', async (name) => {
    const path = inputOf('npy-headers', name);
    const { shape, data } = await readNpy(path);
    expect(shape).toEqual([6, 4]);
    expect(data.length).toBe(24);
    expect(plain(parseNpy(await readFile(path), name))).toEqual(plain(await readNpy(path)));
  });

  it.each([
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L), }",
    '{"shape":(2,3),"fortran_order":False,"descr":"<f4"}',
    "  {\n'descr' :\t'<f4' ,\n  'fortran_order'\n:False, 'shape':( 2 , 3 ,)\n}\n\n",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (0x2, 0b1_1)} # of six numbers",
    "{'descr': u'<f4', 'fortran_order': False, 'shape': (+2, 3)}",
    "{'descr': '<' 'f4', 'fortran_order': False, 'shape': (2, 3)}",
    "{'descr': '\\x3cf4', 'fortran_order': False, 'shape': ((2), 3)}",
    "{'descr': '''<f4''', 'fortran_order': False, 'shape': (2, \\\n3)}",
    "({'descr': r'<f4', 'fortran_order': False, 'shape': (2, 3)})",
    "{'descr': 'float32', 'fortran_order': False, 'shape': (2, 3)}",
    "{'descr': '=f4', 'fortran_order': False, 'shape': (2, 3)}",
    "{'descr': '|f4', 'fortran_order': False, 'shape': (2, 3)}",
    "{'descr': 'f', 'fortran_order': False, 'shape': (2, 3)}",
  ])('reads %j', (header) => {
    for (const version of [1, 2, 3])
      expect(plain(parseNpy(npy(header, six, version), 'x'))).toEqual({
        shape: [2, 3],
        dtype: 'float32',
        data: [1, 2, 3, 4, 5, 6],
      });
  });

  it('shapes of one dimension and of none are tuples too', () => {
    const of = (shape: string) =>
      parseNpy(npy(`{'descr':'<f4','fortran_order':False,'shape':${shape}}`, six), 'x').shape;
    expect([of('()'), of('(3,)'), of('(6 ,)'), of('(1,2,3)')]).toEqual([[], [3], [6], [1, 2, 3]]);
  });

  it('ignores bytes after the array, as NumPy does', () => {
    const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (4,)}";
    expect([...parseNpy(npy(header, six), 'x').data]).toEqual([1, 2, 3, 4]);
  });
});

describe('a header that NumPy does not read is refused', () => {
  const corrupt = 'file_corrupt: x is not a readable NPY array: its header';
  it.each([
    [
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)",
      `${corrupt} "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)" cannot be read: it is no Python literal: the end stands at character 56`,
    ],
    [
      "{'descr': '<f4', 'fortran_order': False, 'shape': [2, 3]}",
      `${corrupt} does not tell descr, fortran_order and shape: {'descr': '<f4', 'fortran_order': False, 'shape': [2, 3]}`,
    ],
    [
      "{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 3)}",
      `${corrupt} does not tell descr, fortran_order and shape: {'descr': '<f4', 'fortran_order': 0, 'shape': (2, 3)}`,
    ],
    [
      "{'descr': '<f4', 'fortran_order': False, 'shape': (-2, 3)}",
      `${corrupt} does not tell descr, fortran_order and shape: {'descr': '<f4', 'fortran_order': False, 'shape': (-2, 3)}`,
    ],
    [
      "{'descr': '<f4', 'fortran_order': False}",
      `${corrupt} does not tell descr, fortran_order and shape: {'descr': '<f4', 'fortran_order': False}`,
    ],
    [
      "{'descr': f(), 'fortran_order': False, 'shape': (2, 3)}",
      `${corrupt} "{'descr': f(), 'fortran_order': False, 'shape': (2, 3)}" cannot be read: it is no Python literal: "f(), 'fort" stands at character 10`,
    ],
    [
      "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}",
      'file_unsupported: x holds a structured array. Save each of its fields as an array of its own',
    ],
    [
      "{'descr': '<f4,<i4', 'fortran_order': False, 'shape': (2,)}",
      'file_unsupported: x holds a structured array. Save each of its fields as an array of its own',
    ],
    [
      "{'descr': ('<f4', (2,)), 'fortran_order': False, 'shape': (2,)}",
      'file_unsupported: x holds a structured array. Save each of its fields as an array of its own',
    ],
    [
      "{'descr': '|O', 'fortran_order': False, 'shape': (2,)}",
      'file_unsupported: x holds an array of Python objects, which only Python can read (and which may run code). Save numbers: numpy.save(file, numpy.asarray(array, dtype=float))',
    ],
  ])('refuses %j', (header, message) => {
    expect(failureOf(() => parseNpy(npy(header, six), 'x'))).toBe(message);
  });

  it('brackets that nest without end do not exhaust the stack', () => {
    expect(failureOf(() => parseNpy(npy('('.repeat(60_000)), 'x'))).toMatch(
      /cannot be read: it is no Python literal: brackets nest deeper than 200$/,
    );
  });
});
