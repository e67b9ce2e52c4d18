import { copyFile, mkdtemp, readFile, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type NpyArray, parseNpy, readNpy } from '../../src/data/npy.js';
import { readNpz } from '../../src/data/npz.js';
import { failureOf, rejectionOf } from '../failure.js';

/** Written by NumPy: see make.py there. */
const fixtures = join(import.meta.dirname, '..', 'fixtures', 'numpy');
const file = (name: string) => join(fixtures, name);

interface Expected {
  readonly shape: number[];
  readonly dtype: string;
  readonly data: number[];
}
const expected: Record<string, Expected | Record<string, Expected>> = JSON.parse(
  await readFile(file('expected.json'), 'utf8'),
);
const arrays = Object.entries(expected).filter(([name]) => !name.endsWith('.npz')) as [string, Expected][];
const archives = Object.entries(expected).filter(([name]) => name.endsWith('.npz')) as [
  string,
  Record<string, Expected>,
][];

const plain = ({ shape, dtype, data }: NpyArray) => ({ shape, dtype, data: [...data] });

const temporary = async (name: string) => join(await mkdtemp(join(tmpdir(), 'npy-')), name);

describe('arrays that NumPy wrote', () => {
  it.each(arrays)('have the right numbers: %s', async (name, values) => {
    expect(plain(await readNpy(file(name)))).toEqual(values);
  });

  it.each(arrays.filter(([name]) => !name.endsWith('.gz')))(
    'have the right numbers when read from bytes: %s',
    async (name, values) => {
      const bytes = await readFile(file(name));
      expect(plain(parseNpy(bytes, name))).toEqual(values);
      const shifted = Buffer.concat([Buffer.from('x'), bytes]).subarray(1);
      expect(plain(parseNpy(shifted, name))).toEqual(values);
    },
  );

  it('keep the kind of number that an array has', async () => {
    expect((await readNpy(file('u1-little.npy'))).data).toBeInstanceOf(Uint8Array);
    expect((await readNpy(file('f4-big.npy'))).data).toBeInstanceOf(Float32Array);
    expect((await readNpy(file('i8-little.npy'))).data).toBeInstanceOf(Float64Array);
  });

  it.each(archives)('have the right numbers in an archive: %s', async (name, values) => {
    const found = await readNpz(file(name));
    expect(Object.fromEntries([...found].map(([key, array]) => [key, plain(array)]))).toEqual(values);
  });
});

describe('readNpy and parseNpy', () => {
  it.each([
    [
      'object.npy',
      /^file_unsupported: .*object\.npy holds an array of Python objects, which only Python can read \(and which may run code\)\. Save numbers: numpy\.save/,
    ],
    [
      'structured.npy',
      /^file_unsupported: .*structured\.npy holds a structured array\. Save each of its fields/,
    ],
    ['complex.npy', /^file_unsupported: .* holds numbers of dtype <c16\. Known: float64, .*bool; save with/],
    ['text.npy', /^file_unsupported: .* holds numbers of dtype <U2\. /],
    [
      'too-large-integer.npy',
      /^file_unsupported: .* holds the integer 1152921504606846976 at index 1, which no double holds exactly/,
    ],
  ])('refuse %s', async (name, message) => {
    expect(await rejectionOf(readNpy(file(name)))).toMatch(message);
    const bytes = await readFile(file(name));
    expect(failureOf(() => parseNpy(bytes, name))).toMatch(message);
  });

  it('refuse arguments that are not bytes', () => {
    expect(failureOf(() => parseNpy([0x93] as never, 'x'))).toBe(
      'invalid_argument: expected a Uint8Array for bytes of parseNpy, received an array of length 1',
    );
    expect(failureOf(() => parseNpy(new Uint8Array(8), undefined as never))).toBe(
      'invalid_argument: expected a text that names the bytes for where of parseNpy, received undefined',
    );
  });

  it('refuse a file truncated at any length', async () => {
    const whole = await readFile(file('i2-little.npy'));
    const path = await temporary('cut.npy');
    for (const length of [0, 5, 11, 12, 60, 127, 128, whole.length - 1]) {
      const bytes = whole.subarray(0, length);
      await writeFile(path, bytes);
      const failure = await rejectionOf(readNpy(path));
      expect(failure).toMatch(/^file_corrupt: .*cut\.npy is not a readable NPY array: it/);
      expect(failureOf(() => parseNpy(bytes, path))).toBe(failure);
    }
  });

  it('name the number of missing bytes', async () => {
    const path = await temporary('cut.npy');
    await copyFile(file('f8-little.npy'), path);
    await truncate(path, 128 + 40);
    expect(await rejectionOf(readNpy(path))).toBe(
      `file_corrupt: ${path} is not a readable NPY array: its header describes 2 x 3 x 4 numbers of dtype float64, ` +
        '192 bytes; only 40 follow it',
    );
  });

  it('refuse another format, and a newer version', async () => {
    const path = await temporary('other.npy');
    await writeFile(path, 'a,b,c,d\n1,2,3,4\n');
    expect(await rejectionOf(readNpy(path))).toMatch(
      /is not a readable NPY array: it is text that begins with "a,b,c,d\\n1,2,3,4"$/,
    );
    await writeFile(path, Buffer.from('0102030405060708', 'hex'));
    expect(await rejectionOf(readNpy(path))).toMatch(
      /expected the magic 93 4e 55 4d 50 59, received 01 02 03 04 05 06$/,
    );
    const bytes = await readFile(file('scalar.npy'));
    bytes[6] = 4;
    expect(failureOf(() => parseNpy(bytes, 'x'))).toMatch(/expected format version 1, 2 or 3, received 4$/);
    expect(await rejectionOf(readNpy('no-such.npy'))).toMatch(
      /^file_unreadable: cannot read no-such\.npy: ENOENT/,
    );
  });

  it("refuse a header's size before they allocate memory", async () => {
    const bytes = await readFile(file('f8-little.npy'));
    const claim = Buffer.from(bytes.toString('latin1').replace('(2, 3, 4), ', '(99999999,)'), 'latin1');
    expect(failureOf(() => parseNpy(claim, 'x'))).toMatch(
      /describes 99999999 numbers of dtype float64, 799999992 bytes; only 192 follow it$/,
    );
    const path = await temporary('claim.npy');
    await writeFile(path, claim);
    expect(await rejectionOf(readNpy(path))).toMatch(/799999992 bytes; only 192 follow it$/);
  });

  it('refuse a gzip file that was cut short', async () => {
    const path = await temporary('cut.npy.gz');
    await writeFile(path, (await readFile(file('gzipped.npy.gz'))).subarray(0, -12));
    expect(await rejectionOf(readNpy(path))).toBe(
      `file_corrupt: ${path} is not a readable gzip file: it is cut short. Fetch it again`,
    );
  });
});

describe('readNpz', () => {
  it('refuses an array of objects by its name', async () => {
    expect(await rejectionOf(readNpz(file('object.npz'), ['bad']))).toMatch(
      /^file_unsupported: array bad of .*object\.npz holds an array of Python objects/,
    );
  });

  it('refuses another zip file, a file that is not zip, and a missing file', async () => {
    expect(await rejectionOf(readNpz(file('other.npz')))).toMatch(
      /^file_unsupported: .*other\.npz holds readme\.txt, and no NPY file: it is a zip file, but none that numpy\.savez wrote$/,
    );
    expect(await rejectionOf(readNpz(file('scalar.npy')))).toMatch(
      /^file_corrupt: .*scalar\.npy is not a readable NPZ file: /,
    );
    expect(await rejectionOf(readNpz('no-such.npz'))).toMatch(
      /^file_unreadable: cannot read no-such\.npz: ENOENT/,
    );
  });

  it('refuses an array in which a bit has changed', async () => {
    const bytes = await readFile(file('stored.npz'));
    const path = await temporary('changed.npz');
    const at = bytes.indexOf('NUMPY') + 130;
    bytes[at] = (bytes[at] as number) ^ 1;
    await writeFile(path, bytes);
    expect(await rejectionOf(readNpz(path))).toBe(
      `file_corrupt: array base of ${path} is damaged: it does not have its checksum`,
    );
  });
});
