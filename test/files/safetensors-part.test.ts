import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodeSafetensors, safeTensor } from '../../src/files/safetensors.js';
import { readMetadata, readSomeTensors } from '../../src/files/safetensors-part.js';

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-part-'));
  path = join(folder, 'some.safetensors');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const bytes = encodeSafetensors(
  new Map([
    ['wide', safeTensor(Float32Array.of(1, 2, 3))],
    ['first', safeTensor(Float64Array.of(0.1, -0, 7))],
    ['last', safeTensor(Float64Array.of(4, 5), [2, 1])],
  ]),
);

it('reads the metadata of a file, and returns none where it has none', async () => {
  await writeFile(path, encodeSafetensors(new Map(), { steps: '[3]' }));
  expect(readMetadata(path)).toEqual({ steps: '[3]' });
  await writeFile(path, bytes);
  expect(readMetadata(path)).toEqual({});
  await writeFile(path, bytes.subarray(0, 5));
  expect(() => readMetadata(path)).toThrow(
    /some\.safetensors is not a readable safetensors file: it has 5 bytes, too few for a header/,
  );
});

it('reads only the tensors of the given names', async () => {
  await writeFile(path, bytes);
  const found = readSomeTensors(path, ['last', 'absent', 'first', 'toString']);
  expect([...found]).toEqual([
    ['last', safeTensor(Float64Array.of(4, 5), [2, 1])],
    ['first', safeTensor(Float64Array.of(0.1, -0, 7))],
  ]);
});

it('does not need the rest of the file, and refuses a file that lacks the numbers of a given tensor', async () => {
  await writeFile(path, bytes.subarray(0, bytes.length - 1));
  expect([...readSomeTensors(path, ['last']).keys()]).toEqual(['last']);
  expect(() => readSomeTensors(path, ['wide'])).toThrow(
    `${path} is not a readable safetensors file: it describes bytes ${bytes.length - 12} to ${bytes.length}; it has ${bytes.length - 1}`,
  );
});

it.each([
  ['an empty file', Buffer.alloc(0), 'it is empty'],
  [
    'an endless header',
    Buffer.from('ffffffffffffff7f', 'hex'),
    'its header should have 9223372036854776000 bytes; the file has 8 in all',
  ],
  [
    'no header',
    Buffer.concat([Buffer.from('0200000000000000', 'hex'), Buffer.from('??')]),
    'its header is not JSON',
  ],
])('refuses %s', async (_, content, reason) => {
  await writeFile(path, content);
  expect(() => readSomeTensors(path, ['first'])).toThrow(reason);
});

it.each([[[0]], [[0, -8]], [[8, 0]], [['a', 'b']], ['none'], [[0, 1e15]]])(
  'refuses the offsets %j',
  async (offsets) => {
    const header = Buffer.from(
      JSON.stringify({ first: { dtype: 'F64', shape: [1], data_offsets: offsets } }),
    );
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    await writeFile(path, Buffer.concat([length, header, Buffer.alloc(8)]));
    expect(() => readSomeTensors(path, ['first'])).toThrow('is not a readable safetensors file');
  },
);

it('names a file that does not exist', () => {
  expect(() => readSomeTensors(join(folder, 'none'), [])).toThrow(
    `cannot read ${join(folder, 'none')}: ENOENT`,
  );
});
