import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NpyArray } from '../../src/data/npy.js';
import { readNpz } from '../../src/data/npz.js';
import { loadNetwork } from '../../src/exchange/load-network.js';
import { allocateBytes } from '../../src/files/allocate-bytes.js';
import { decodeSafetensors } from '../../src/files/safetensors.js';
import { failureOf, rejectionOf } from '../failure.js';
import { inputOf } from './inputs.js';

const input = (name: string) => inputOf('unneeded-part', name);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-unneeded-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const weights = [1, 2, 3, 4, 5, 6];
const fc1 = { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] };

/** A safetensors file with the matrix fc1 and whatever else. */
async function safetensors(name: string, others: object, bytes = 0): Promise<string> {
  const header = Buffer.from(JSON.stringify({ fc1, ...others }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const numbers = Buffer.from(Float32Array.from(weights).buffer);
  const path = join(folder, `${name}.safetensors`);
  await writeFile(path, Buffer.concat([length, header, numbers, Buffer.alloc(bytes, 0xa5)]));
  return path;
}

const description = { layers: [{ weight: 'fc1' }] };

describe('what a network does not need does not keep its file from being read', () => {
  // SKaiNET #822, safetensors #609 and #521, numpy #11220, HEXRD PR #810
  it.each([
    's-bool-mask.safetensors',
    's-i32.safetensors',
    's-u8.safetensors',
    's-meta-description.safetensors',
    's-meta-description-json.safetensors',
    's-meta-network.safetensors',
    'npz-string.npz',
    'npz-objmeta.npz',
  ])('%s is read with a description that is given, and with the one beside it', async (name) => {
    const beside = input(name.replace(/\.\w+$/, '.json'));
    const { network } = await loadNetwork(input(name), { description: beside });
    expect(network.parameters.every(Number.isFinite)).toBe(true);
    expect((await loadNetwork(input(name))).network.parameters).toEqual(network.parameters);
  });

  it.each([
    ['BOOL', 5, 5],
    ['I8', 5, 5],
    ['U16', 5, 10],
    ['I32', 5, 20],
    ['U64', 5, 40],
    ['C64', 5, 40],
    ['F8_E4M3', 5, 5],
    ['F8_E5M2FNUZ', 5, 5],
    ['F4', 6, 3],
    ['F6_E2M3', 4, 3],
    ['X9_OF_TOMORROW', 5, 7],
  ])('a tensor of dtype %s beside those that are needed is skipped', async (dtype, count, bytes) => {
    const other = { dtype, shape: [count], data_offsets: [24, 24 + bytes] };
    const path = await safetensors(dtype, { other }, bytes);
    const { network } = await loadNetwork(path, { description });
    expect([...network.parameters]).toEqual(weights);
  });

  it('a tensor that is needed and of such a dtype is refused by its name', async () => {
    const path = await safetensors(
      'needed',
      { bias: { dtype: 'F8_E4M3', shape: [2], data_offsets: [24, 26] } },
      2,
    );
    const failure = await rejectionOf(
      loadNetwork(path, { description: { layers: [{ weight: 'fc1', bias: 'bias' }] } }),
    );
    expect(failure).toBe(
      `invalid_network: expected tensor "bias" of ${path} to hold floats of 16, 32 or 64 bits, received F8_E4M3. Convert it ` +
        'before the file is written, as with tensor.float()',
    );
  });

  it('readSafetensors lists the tensors that it has skipped', async () => {
    const header = Buffer.from(
      JSON.stringify({ mask: { dtype: 'BOOL', shape: [2, 1], data_offsets: [0, 2] } }),
    );
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    const file = decodeSafetensors(Buffer.concat([length, header, Buffer.alloc(2)]));
    expect([...file.tensors]).toEqual([]);
    expect([...(file.unread ?? [])]).toEqual([['mask', { dtype: 'BOOL', shape: [2, 1] }]]);
  });
});

describe('metadata of other programs', () => {
  it.each<[string, unknown]>([
    ['none', undefined],
    ['null', null],
    ['a text', 'free text'],
    ['a list', ['a']],
    ['numbers', { network: 5, description: null }],
    ['nested', { network: { layers: [] }, format: 'pt' }],
    ['free text', { network: 'mlp', description: 'MLP for digits', format: 'pt' }],
    ['JSON of others', { network: '{"inputs":3,"layers":[2]}', description: '{"layers":12}' }],
    ['JSON that is no object', { network: 'null', description: '[1]' }],
    [
      'layers of others',
      { network: '{"layers":[{"kind":"dense"}]}', description: '{"layers":["fc1","fc2"]}' },
    ],
  ])('%s do not keep a file from being read', async (name, metadata) => {
    const others = metadata === undefined ? {} : { __metadata__: metadata };
    const path = await safetensors(`metadata ${name}`, others);
    expect([...(await loadNetwork(path, { description })).network.parameters]).toEqual(weights);
    expect(await rejectionOf(loadNetwork(path))).toMatch(/^invalid_argument: expected a description of /);
  });

  it('that describe a network in the form of this package are used, unless a description is given', async () => {
    const own = { description: JSON.stringify({ layers: [{ kernel: 'fc1', activation: 'relu' }] }) };
    const path = await safetensors('own', { __metadata__: own });
    expect((await loadNetwork(path)).network.spec).toMatchObject({
      inputs: 2,
      layers: [{ activation: 'relu' }],
    });
    expect((await loadNetwork(path, { description })).network.spec).toMatchObject({ inputs: 3 });
  });

  it('in that form with a mistake are refused by the field, and do not matter beside a description', async () => {
    const own = { description: JSON.stringify({ layers: [{ weight: 'fc1', activation: 'relu6' }] }) };
    const path = await safetensors('mistake', { __metadata__: own });
    expect(await rejectionOf(loadNetwork(path))).toMatch(
      /for activation of layer 0 of the description in .*relu6/,
    );
    expect([...(await loadNetwork(path, { description })).network.parameters]).toEqual(weights);
  });
});

describe('what else is in an NPZ file', () => {
  // numpy #29282, #26004
  const start = (array: NpyArray | undefined) => array?.data[0];

  it('skips a text beside the arrays', async () => {
    expect([...(await readNpz(input('npz-readme.npz'))).keys()]).toEqual(['x', 'y']);
    expect(await rejectionOf(readNpz(input('npz-readme.npz'), ['README.txt']))).toMatch(
      /^file_corrupt: array README\.txt of .*npz-readme\.npz is not a readable NPY array: it is text that begins with "/,
    );
  });

  it('members of any name are read by their name, as NumPy reads them', async () => {
    const wanted = [
      'x',
      'x.npy',
      'data/y',
      '/dense/kernel',
      '../up',
      'C:\\drive',
      'weights',
      'ümlaut',
      'twice',
      'trailing',
    ];
    const arrays = await readNpz(input('members.npz'), wanted);
    expect(wanted.map((name) => start(arrays.get(name)))).toEqual([0, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('a member that is not an array of numbers is refused only when it is requested', async () => {
    const refusal = (name: string) => rejectionOf(readNpz(input('members.npz'), ['x', name]));
    expect(await refusal('objects')).toMatch(
      /^file_unsupported: array objects of .* holds an array of Python objects/,
    );
    expect(await refusal('names')).toMatch(
      /^file_unsupported: array names of .* holds numbers of dtype <U2\./,
    );
    expect(await refusal('README.txt')).toMatch(
      /^file_corrupt: .*: it is text that begins with "what this is"$/,
    );
    expect(await refusal('data/')).toMatch(/^file_corrupt: array data\/ of .*: it is empty$/);
    expect(await refusal('X')).toMatch(
      /^invalid_data: expected an array X in .*, which has x, data\/y, .*Did you mean "x"/,
    );
    expect([...(await readNpz(input('members.npz'))).keys()]).toEqual([
      'x',
      'data/y',
      '/dense/kernel',
      '../up',
      'C:\\drive',
      'ümlaut',
      'twice',
      'trailing',
    ]);
  });

  it('members of a stream, and with sizes of 64 bits, are read', async () => {
    const arrays = await readNpz(input('streamed.npz'));
    expect([...arrays].map(([name, array]) => [name, [...array.data]])).toEqual([
      ['stored', [0, 1, 2, 3, 4, 5]],
      ['deflated', [0, 1, 2, 3, 4, 5]],
    ]);
  });

  it('members with another compression, or encrypted, are refused by name when they are requested', async () => {
    const path = input('compressed-otherwise.npz');
    expect(start((await readNpz(path, ['x'])).get('x'))).toBe(0);
    expect(await rejectionOf(readNpz(path, ['bzip2']))).toBe(
      `file_unsupported: array bzip2 of ${path} is compressed with method bzip2. Write it again with numpy.savez_compressed`,
    );
    expect(await rejectionOf(readNpz(path, ['lzma']))).toMatch(
      /^file_unsupported: array lzma of .* method LZMA\./,
    );
    const bytes = await readFile(input('streamed.npz'));
    const entry = bytes.indexOf('PK\x01\x02');
    bytes[entry + 8] = (bytes[entry + 8] as number) | 1;
    const encrypted = join(folder, 'encrypted.npz');
    await writeFile(encrypted, bytes);
    expect(start((await readNpz(encrypted, ['deflated'])).get('deflated'))).toBe(0);
    expect(await rejectionOf(readNpz(encrypted, ['stored']))).toBe(
      `file_unsupported: array stored of ${encrypted} is encrypted. Write the file again without a password`,
    );
  });

  it('a size beyond the memory is refused before memory is allocated', async () => {
    const bytes = await readFile(input('streamed.npz'));
    const claim = "'shape': (99999999999,), }";
    bytes.write(claim.padEnd(40), bytes.indexOf("'shape'"), 'latin1');
    const path = join(folder, 'claim.npz');
    await writeFile(path, bytes);
    expect(await rejectionOf(readNpz(path, ['stored']))).toMatch(
      /describes 99999999999 numbers of dtype float64, 799999999992 bytes; only 48 follow it$/,
    );
    expect(failureOf(() => allocateBytes(2 ** 46, 'the array of x'))).toMatch(
      /^out_of_memory: the array of x needs 70368744177664 bytes of memory, and \d+ are free\. Use fewer samples or inputs, /,
    );
  });

  it('all arrays of numbers are read when none are named', async () => {
    expect([...(await readNpz(input('npz-string.npz'))).keys()]).toEqual(['W1', 'W2']);
    expect(await rejectionOf(readNpz(input('npz-string.npz'), ['activation']))).toMatch(
      /^file_unsupported: array activation of .* holds numbers of dtype <U4\. Known: /,
    );
    expect(await rejectionOf(readNpz(input('npz-objmeta.npz'), ['history']))).toMatch(
      /^file_unsupported: array history of .* holds an array of Python objects/,
    );
  });
});
