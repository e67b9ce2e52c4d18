import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  decodeSafetensors,
  encodeSafetensors,
  readSafetensors,
  type SafeTensor,
  safeTensor,
  writeSafetensors,
} from '../../src/files/safetensors.js';
import { failureOf, rejectionOf } from '../failure.js';

const tensors = new Map<string, SafeTensor>([
  ['a', safeTensor(Float32Array.of(1, -0, 1e-45, Number.NaN, Infinity, 6), [2, 3])],
  ['b', safeTensor(Float64Array.of(Math.PI, -1e300))],
  ['empty', safeTensor(new Float32Array(0), [0, 4])],
  ['scalar', safeTensor(Uint32Array.of(2 ** 32 - 1), [])],
  ['__proto__', safeTensor(BigInt64Array.of(-(2n ** 63n), 7n))],
]);

/** A file with any header, for what the encoder would never write. */
function fileWith(header: unknown, numbers = 0): Buffer {
  const text = typeof header === 'string' ? header : JSON.stringify(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(text)));
  return Buffer.concat([length, Buffer.from(text), Buffer.alloc(numbers)]);
}

describe('a safetensors file', () => {
  it('returns the written numbers, bit for bit', () => {
    const file = decodeSafetensors(encodeSafetensors(tensors, { note: 'λ "quoted"\n' }));
    expect(file.metadata).toEqual({ note: 'λ "quoted"\n' });
    expect([...file.tensors.keys()].sort()).toEqual([...tensors.keys()].sort());
    for (const [name, tensor] of tensors) expect(file.tensors.get(name), name).toEqual(tensor);
  });

  it('may hold numbers of 16 bits, which are read as float32', () => {
    const numbers = {
      F16: {
        bits: [0x3c00, 0xc500, 0x0001, 0x7bff, 0x7c00, 0x8000],
        values: [1, -5, 2 ** -24, 65504, Infinity, -0],
      },
      BF16: {
        bits: [0x3f80, 0xc0a0, 0x0001, 0x7f7f, 0x7f80, 0x8000],
        values: [1, -5, 2 ** -133, 255 * 2 ** 120, Infinity, -0],
      },
    };
    for (const [dtype, { bits, values }] of Object.entries(numbers)) {
      const file = fileWith({ w: { dtype, shape: [2, 3], data_offsets: [0, 12] } }, 12);
      for (const [i, word] of bits.entries()) file.writeUInt16LE(word, file.length - 12 + 2 * i);
      expect(decodeSafetensors(file).tensors.get('w'), dtype).toEqual({
        dtype: 'F32',
        shape: [2, 3],
        data: Float32Array.from(values),
      });
    }
  });

  it('follows the specification of the format', () => {
    const bytes = encodeSafetensors(new Map([['w', safeTensor(Float32Array.of(1, 2), [1, 2])]]), { k: 'v' });
    const length = Number(bytes.readBigUInt64LE());
    expect(length % 8).toBe(0);
    expect(JSON.parse(bytes.subarray(8, 8 + length).toString())).toEqual({
      __metadata__: { k: 'v' },
      w: { dtype: 'F32', shape: [1, 2], data_offsets: [0, 8] },
    });
    expect([...bytes.subarray(8 + length)]).toEqual([0, 0, 128, 63, 0, 0, 0, 64]); // 1.0f, 2.0f little-endian
  });

  it('holds views for what they show, not for their buffers', () => {
    const view = Float64Array.of(1, 2, 3, 4).subarray(1, 3);
    const file = decodeSafetensors(encodeSafetensors(new Map([['v', safeTensor(view)]])));
    expect(file.tensors.get('v')?.data).toEqual(Float64Array.of(2, 3));
  });

  it('has every tensor aligned to its numbers', () => {
    const bytes = encodeSafetensors(tensors);
    const length = Number(bytes.readBigUInt64LE());
    const header = JSON.parse(bytes.subarray(8, 8 + length).toString()) as Record<
      string,
      { data_offsets?: number[] }
    >;
    for (const [name, { data }] of tensors) {
      const [start = NaN] = header[name]?.data_offsets ?? [];
      expect((8 + length + start) % data.BYTES_PER_ELEMENT, name).toBe(0);
    }
  });

  it('is read at any place of a larger buffer', () => {
    const bytes = encodeSafetensors(tensors);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(decodeSafetensors(shifted.subarray(3)).tensors.get('b')).toEqual(tensors.get('b'));
  });

  it('has the bytes that Python writes', () => {
    // safetensors 0.8.0 for Python: save({'w': [[1,2,3],[4,5,6]] / 4 float32, 'n': 7 uint32, 'd': [0.1] float64,
    // 'i': [-2] int64}, metadata={'made': 'by Python'})
    const file =
      'AAEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJtYWRlIjoiYnkgUHl0aG9uIn0sImkiOnsiZHR5cGUiOiJJNjQiLCJzaGFwZSI6WzFdLCJkYXRhX29mZnNl' +
      'dHMiOlswLDhdfSwiZCI6eyJkdHlwZSI6IkY2NCIsInNoYXBlIjpbMV0sImRhdGFfb2Zmc2V0cyI6WzgsMTZdfSwidyI6eyJkdHlwZSI6IkYzMiIsInNo' +
      'YXBlIjpbMiwzXSwiZGF0YV9vZmZzZXRzIjpbMTYsNDBdfSwibiI6eyJkdHlwZSI6IlUzMiIsInNoYXBlIjpbXSwiZGF0YV9vZmZzZXRzIjpbNDAsNDRd' +
      'fX0g/v////////+amZmZmZm5PwAAgD4AAAA/AABAPwAAgD8AAKA/AADAPwcAAAA=';
    const { tensors, metadata } = decodeSafetensors(Buffer.from(file, 'base64'));
    expect(metadata).toEqual({ made: 'by Python' });
    expect(Object.fromEntries(tensors)).toEqual({
      w: safeTensor(Float32Array.of(0.25, 0.5, 0.75, 1, 1.25, 1.5), [2, 3]),
      n: safeTensor(Uint32Array.of(7), []),
      d: safeTensor(Float64Array.of(0.1)),
      i: safeTensor(BigInt64Array.of(-2n)),
    });
  });

  it('may list tensors in any order', () => {
    const y = { dtype: 'F32', shape: [1], data_offsets: [4, 8] };
    const x = { dtype: 'U32', shape: [1], data_offsets: [0, 4] };
    expect([...decodeSafetensors(fileWith({ y, x }, 8)).tensors.keys()]).toEqual(['y', 'x']);
  });
});

describe('writing a safetensors file', () => {
  it.each<[string, [string, SafeTensor], string]>([
    [
      'a wrong shape',
      ['w', safeTensor(new Float32Array(5), [2, 3])],
      'expected 6 numbers for tensor w of shape [2,3], received Float32Array(5)',
    ],
    [
      'a wrong kind',
      ['w', { dtype: 'F64', shape: [1], data: new Float32Array(1) }],
      'expected a Float64Array for tensor w of dtype F64, received Float32Array(1)',
    ],
    [
      'an unknown dtype',
      ['w', { dtype: 'BF16' as 'F32', shape: [1], data: new Float32Array(1) }],
      'expected one of F32, F64, U32, I64 for dtype of tensor w, received "BF16"',
    ],
    [
      'a dtype in an array',
      ['w', { dtype: ['F32'] as never, shape: [1], data: new Float32Array(1) }],
      'expected one of F32, F64, U32, I64 for dtype of tensor w, received an array of length 1',
    ],
    [
      'a shape that is a number',
      ['w', { dtype: 'F32', shape: 1 as never, data: new Float32Array(1) }],
      'expected an array of sizes for shape of tensor w, received 1',
    ],
    [
      'negative sizes whose product fits',
      ['w', safeTensor(new Float32Array(2), [-1, -2])],
      'expected a non-negative integer for shape of tensor w[0], received -1',
    ],
    [
      'no tensor',
      ['w', null as never],
      'expected a tensor { dtype, shape, data } for tensor w, received null',
    ],
    [
      'a name that is a number',
      [1 as never, safeTensor(new Float32Array(1))],
      'expected a text for the name of a tensor, received 1',
    ],
    [
      'a reserved name',
      ['__metadata__', safeTensor(new Float32Array(1))],
      'expected any name but __metadata__ for the name of a tensor, received "__metadata__"',
    ],
  ])('refuses %s', (_, entry, message) => {
    expect(failureOf(() => encodeSafetensors(new Map([entry])))).toBe(`invalid_argument: ${message}`);
  });

  it('refuses tensors that are not a Map, and metadata that are not texts', () => {
    expect(failureOf(() => encodeSafetensors({} as never))).toBe(
      'invalid_argument: expected a Map of tensors by name for tensors, received an object (Object)',
    );
    expect(failureOf(() => encodeSafetensors(new Map(), null as never))).toBe(
      'invalid_argument: expected an object of texts by name for metadata, received null',
    );
    expect(failureOf(() => encodeSafetensors(new Map(), { epochs: 3 } as never))).toBe(
      'invalid_argument: expected a text for metadata epochs, received 3',
    );
  });

  it('refuses a detached array', () => {
    const tensor = safeTensor(new Float32Array(2));
    structuredClone(tensor.data.buffer, { transfer: [tensor.data.buffer as ArrayBuffer] });
    expect(failureOf(() => encodeSafetensors(new Map([['w', tensor]])))).toContain('The buffer is detached');
  });
});

describe('reading a safetensors file', () => {
  const tensor = (entry: object, numbers = 8) =>
    fileWith({ w: { dtype: 'F32', shape: [2], data_offsets: [0, 8], ...entry } }, numbers);

  it.each<[string, Uint8Array, string]>([
    ['too few bytes', Buffer.alloc(5), 'it has 5 bytes, too few for a header'],
    [
      'a header longer than the file',
      fileWith({}).subarray(0, 9),
      'its header should have 2 bytes; the file has 9 in all',
    ],
    [
      'a header of absurd length',
      Buffer.alloc(64, 255),
      'its header should have 18446744073709552000 bytes; the file has 64 in all',
    ],
    ['a header that is no JSON', fileWith('{"w":'), 'its header is not JSON'],
    [
      'a header that is no text',
      Buffer.concat([fileWith('').subarray(0, 0), Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 255])]),
      'its header is not JSON',
    ],
    ['a header that is an array', fileWith([1]), 'its header is not a JSON object'],
    ['a tensor that is null', fileWith({ w: null }), 'tensor w has no description'],
    ['no dtype', tensor({ dtype: 8 }), 'tensor w has no dtype'],
    [
      'a dtype of another size',
      tensor({ dtype: 'F8_E4M3' }),
      'tensor w of dtype F8_E4M3 and shape [2] does not fit bytes 0 to 8 of 8',
    ],
    ['a negative shape', tensor({ shape: [-2] }), 'tensor w has no valid shape'],
    [
      'a shape that overflows',
      tensor({ shape: [2 ** 40, 2 ** 40] }),
      'tensor w of dtype F32 and shape [1099511627776,1099511627776] does not fit bytes 0 to 8 of 8',
    ],
    ['offsets of three', tensor({ data_offsets: [0, 4, 8] }), 'tensor w has no valid offsets'],
    [
      'offsets beyond the end',
      tensor({}, 4),
      'tensor w of dtype F32 and shape [2] does not fit bytes 0 to 8 of 4',
    ],
    ['bytes that belong to none', tensor({}, 12), 'its tensors end at byte 8 of 12'],
    ['a gap', tensor({ data_offsets: [4, 12] }, 12), 'byte 0 of its numbers is in no tensor, or in two'],
    [
      'an overlap',
      fileWith(
        {
          v: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
          w: { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
        },
        8,
      ),
      'byte 4 of its numbers is in no tensor, or in two',
    ],
  ])('refuses %s', (_, bytes, reason) => {
    expect(failureOf(() => decodeSafetensors(bytes, 'x.safetensors'))).toBe(
      `file_corrupt: x.safetensors is not a readable safetensors file: ${reason}`,
    );
  });

  it('refuses every truncation of a valid file', () => {
    const bytes = encodeSafetensors(tensors);
    for (let length = 0; length < bytes.length; ++length) {
      expect(
        failureOf(() => decodeSafetensors(bytes.subarray(0, length))),
        `${length} bytes`,
      ).toMatch(/^file_corrupt: /);
    }
  });
});

describe('on disk', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'safetensors-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('replaces a file and leaves nothing else behind', async () => {
    const path = join(folder, 'a.safetensors');
    await writeSafetensors(path, new Map());
    await writeSafetensors(path, tensors, { k: 'v' });
    expect((await readSafetensors(path)).tensors.get('a')).toEqual(tensors.get('a'));
    expect(await readdir(folder)).toEqual(['a.safetensors']);
  });

  it('keeps the old file when the new one cannot be written', async () => {
    const path = join(folder, 'a.safetensors');
    const before = await readFile(path);
    const wrong = new Map([['w', safeTensor(new Float32Array(5), [2])]]);
    expect(await rejectionOf(writeSafetensors(path, wrong))).toMatch(/^invalid_argument: /);
    expect(await readFile(path)).toEqual(before);
  });

  it('leaves no temporary file behind when it fails', async () => {
    const path = join(folder, 'directory');
    await mkdir(join(path, 'full'), { recursive: true });
    expect(await rejectionOf(writeSafetensors(path, tensors))).toMatch(
      /^file_unwritable: cannot write .*directory: /,
    );
    expect((await readdir(folder)).sort()).toEqual(['a.safetensors', 'directory']);
  });

  it('says where it could not write and why', async () => {
    const path = join(folder, 'missing', 'a.safetensors');
    const message = await rejectionOf(writeSafetensors(path, tensors));
    expect(message).toMatch(/^file_unwritable: cannot write .*a\.safetensors: ENOENT/);
  });

  it('says what it could not read and why', async () => {
    const path = join(folder, 'none.safetensors');
    expect(await rejectionOf(readSafetensors(path))).toMatch(
      /^file_unreadable: cannot read .*none\.safetensors: ENOENT/,
    );
    await writeFile(path, 'hello');
    expect(await rejectionOf(readSafetensors(path))).toBe(
      `file_corrupt: ${path} is not a readable safetensors file: it is text that begins with "hello"`,
    );
  });
});
