import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { ByteSource } from '../../src/data/byte-source.js';
import { type NpyArray, parseNpy, readNpy } from '../../src/data/npy.js';
import { EigenstudentError } from '../../src/errors.js';
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafeTensor,
  safeTensor,
} from '../../src/files/safetensors.js';
import { findNumpy, outputOf } from './peers.js';

const folder = mkdtempSync(join(tmpdir(), 'eigenstudent-peers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const seed = 20_261;
const hexOf = (data: ArrayBufferView) =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex');

describe('a safetensors file', () => {
  const shapeAndBytes = fc
    .tuple(
      fc.array(fc.nat(3), { maxLength: 3 }),
      fc.constantFrom('F32', 'F64', 'U32', 'I64'),
      fc.infiniteStream(fc.integer({ min: 0, max: 255 })),
    )
    .map(([shape, dtype, stream]): SafeTensor => {
      const width = dtype === 'F64' || dtype === 'I64' ? 8 : 4;
      const length = shape.reduce((a, b) => a * b, 1) * width;
      const { buffer } = Uint8Array.from(stream.take(length));
      const kind = { F32: Float32Array, F64: Float64Array, U32: Uint32Array, I64: BigInt64Array }[dtype];
      return safeTensor(new kind(buffer), shape);
    });
  const names = fc.string({ unit: 'binary', maxLength: 6 }).filter((name) => name !== '__metadata__');

  it('gives back every bit that was written, -0, infinities and the payloads of NaN too', () => {
    const special = safeTensor(
      new Float64Array(BigUint64Array.of(1n << 63n, 0x7ff8dead_beef0001n, 0xfff0n << 48n, 1n).buffer),
    );
    fc.assert(
      fc.property(fc.dictionary(names, shapeAndBytes), fc.dictionary(names, names), (tensors, metadata) => {
        const written = new Map([...Object.entries(tensors), ['special', special] as const]);
        const read = decodeSafetensors(encodeSafetensors(written, metadata));
        expect(Object.entries(read.metadata).sort()).toEqual(Object.entries(metadata).sort());
        expect([...read.tensors.keys()].sort()).toEqual([...written.keys()].sort());
        for (const [name, { dtype, shape, data }] of written) {
          const same = read.tensors.get(name) as SafeTensor;
          expect([same.dtype, [...same.shape], hexOf(same.data)]).toEqual([dtype, [...shape], hexOf(data)]);
        }
      }),
      { seed, numRuns: 40 },
    );
  });
});

const numpy = findNumpy();
const numpyLacks = numpy ? undefined : 'there is no python3 with NumPy';
if (numpyLacks && process.env.EIGENSTUDENT_REQUIRE_PYTHON) throw new Error(numpyLacks);

/** Headers of every style, most of them valid. */
const blank = fc.constantFrom('', ' ', '  ', '\n', ' # note\n', '\t', '\\\n');
const sizes = fc.constantFrom(
  '()',
  '(2,)',
  '(1, 2)',
  '(2L, 1L)',
  '(0x2,)',
  '(0b10 ,)',
  '(1_0,)',
  '((2),)',
  '(2)',
  '2',
  '[2]',
  '(2.0,)',
  '(+2,)',
  '(0,)',
  '(2 3)',
  '(,)',
);
const descrs = fc.constantFrom(
  "'<f8'",
  '"<f8"',
  "'>f8'",
  "u'<f8'",
  "r'<f8'",
  "'<' 'f8'",
  "'float64'",
  "'d'",
  "'=f8'",
  "'|f8'",
  "'double'",
  "'<d'",
  "'<i8'",
  "'?'",
  "'|b1'",
  "'f8,f8'",
  "[('a', '<f8')]",
  "'<c16'",
  "'<U2'",
  "'|O'",
  "'nonsense'",
  "'<float64'",
  "'\\x3cf8'",
  "'''<f8'''",
  'None',
  "'f8",
);
const orders = fc.constantFrom('False', 'True', '0', 'None', "'False'", 'false');
const often = <Value>(usual: fc.Arbitrary<Value>, value: Value) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(value) }, { weight: 2, arbitrary: usual });
const header = fc
  .tuple(
    often(descrs, "'<f8'"),
    often(orders, 'False'),
    often(sizes, '(2,)'),
    fc.array(blank, { minLength: 9, maxLength: 9 }),
    fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
    fc.constantFrom('', ',', ',', ',,'),
  )
  .map(([descr, order, size, blanks, places, comma]) => {
    const pairs = [
      ["'descr'", descr],
      ['"fortran_order"', order],
      ["'shape'", size],
    ];
    const [b = '', c = '', d = '', e = '', ...rest] = blanks;
    const fields = places
      .map((place) => pairs[place] as string[])
      .map(([key, value], i) => `${rest[i]}${key}${b}:${c}${value}`);
    return `{${fields.join(`${d},`)}${comma}${e}}`;
  });

function fileOf(text: string, version: number): Buffer {
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  length.writeUInt16LE(Buffer.byteLength(text));
  const start = Buffer.from([0x93, ...Buffer.from('NUMPY'), version, 0]);
  return Buffer.concat([
    start,
    length,
    Buffer.from(text),
    Buffer.from(Float64Array.from({ length: 20 }, (_, i) => i % 2).buffer),
  ]);
}

type Read =
  | { readonly shape: number[]; readonly dtype: string; readonly hex: string }
  | { readonly refused: string };

/** The numbers as NumPy widens them: floats as they are, integers to doubles. */
function asNumpy({ shape, dtype, data }: NpyArray, bytes: number): Read {
  const half = dtype === 'float16';
  const numbers =
    data instanceof Float32Array || data instanceof Float64Array ? data : Float64Array.from(data);
  return { shape: [...shape], dtype, hex: half ? String(bytes) : hexOf(numbers) };
}

// skipped: where there is no Python with NumPy; the reason is in the name of the test
describe.skipIf(numpyLacks !== undefined)(`an NPY file ${numpyLacks ?? ''}`, () => {
  it('has the array that NumPy reads from it, with headers of every style and every dtype, or is refused', async () => {
    const samples = fc.sample(fc.tuple(header, fc.constantFrom(1, 2, 3)), { seed, numRuns: 300 });
    for (const [i, [text, version]] of samples.entries())
      writeFileSync(join(folder, `header-${i}.npy`), fileOf(text, version));
    const script = join(import.meta.dirname, 'read_with_numpy.py');
    const answers: Record<string, Read> = JSON.parse(
      outputOf(numpy as string, ['-W', 'ignore', script], folder),
    );
    const counts = { read: 0, refused: 0, unsupported: 0 };
    for (const [name, answer] of Object.entries(answers)) {
      const path = join(folder, name);
      const place = /^header-(\d+)/.exec(name)?.[1];
      const shown = place === undefined ? name : JSON.stringify(samples[Number(place)]);
      const bytes = await readFile(path);
      try {
        const array = await readNpy(path);
        expect(hexOf(parseNpy(bytes, name).data)).toBe(hexOf(array.data));
        // NumPy's half floats are compared as numbers below
        const { refused: _, ...wanted } = answer as { refused?: string; dtype: string; hex: string };
        if (wanted.dtype === 'float16') {
          counts.read += 1;
          const halves = [
            ...Buffer.from(wanted.hex, 'hex')
              .toString('latin1')
              .matchAll(/[\s\S]{2}/g),
          ].length;
          expect(array.data.length, shown).toBe(halves);
          continue;
        }
        expect(asNumpy(array, 0), shown).toEqual(answer);
        counts.read += 1;
      } catch (error) {
        if (!(error instanceof EigenstudentError)) throw error;
        if ('refused' in answer) counts.refused += 1;
        else {
          // complex numbers, texts and structures are arrays to NumPy alone
          expect(error.code, `${shown}: ${error.message}`).toBe('file_unsupported');
          counts.unsupported += 1;
        }
      }
    }
    expect(counts.read).toBeGreaterThan(200);
    expect(counts.refused).toBeGreaterThan(30);
    expect(counts.unsupported).toBeGreaterThan(5);
  });
});

const noGunzip = spawnSync('gunzip', ['--version']).status === 0 ? undefined : 'there is no gunzip';

// skipped: where there is no gunzip; the reason is in the name of the test
describe.skipIf(noGunzip !== undefined)(`a gzip file ${noGunzip ?? ''}`, () => {
  it('is unpacked to the bytes that gunzip gives, or is refused where gunzip fails', async () => {
    const member = fc.uint8Array({ maxLength: 300 }).map((bytes) => gzipSync(bytes));
    const tail = fc.oneof(
      fc.constant(new Uint8Array(0)),
      fc.uint8Array({ maxLength: 20 }),
      fc.constant(new Uint8Array(9)),
    );
    const damage = fc.option(
      fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 255 })),
    );
    const cut = fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { freq: 5 });
    const files = fc
      .sample(fc.tuple(fc.array(member, { minLength: 1, maxLength: 3 }), tail, damage, cut), {
        seed,
        numRuns: 60,
      })
      .map(([members, end, changed, at]) => {
        const bytes = Buffer.concat([...members, end]);
        // the flag "text" and time, system and level mean nothing; gunzip alone refuses flags of old
        if (changed) {
          const place = Math.floor(changed[0] * (bytes.length - 1));
          if (place > 3) bytes[place] = (bytes[place] as number) ^ changed[1];
        }
        return at === null ? bytes : bytes.subarray(0, Math.max(2, Math.floor(at * bytes.length)));
      });
    for (const [i, bytes] of files.entries()) writeFileSync(join(folder, `${i}.gz`), bytes);
    // gunzip fails at a single byte of garbage, after it has unpacked all: that byte is left out then, as more would be
    const script = `exec 2> /dev/null; for i in $(seq 0 ${files.length - 1}); do gunzip -c < $i.gz > $i.out; status=$?;
      [ $status != 1 ] || { head -c -1 $i.gz | gunzip -c > $i.out; status=$?; }; echo $status; done`;
    const statuses = outputOf('sh', ['-c', script], folder).trim().split('\n').map(Number);
    for (const [i, status] of statuses.entries()) {
      // 2: a warning, of garbage at the end
      const expected = status === 1 ? 'file_corrupt' : hexOf(await readFile(join(folder, `${i}.out`)));
      expect(await unpacked(join(folder, `${i}.gz`)), `file ${i}, ${hexOf(files[i] as Buffer)}`).toBe(
        expected,
      );
    }
    expect(statuses.filter((status) => status === 1).length).toBeGreaterThan(3);
    expect(statuses.filter((status) => status === 2).length).toBeGreaterThan(3);
  });
});

/** As hex, or the code of the error. */
async function unpacked(path: string): Promise<string> {
  const source = await ByteSource.open(path);
  const chunks: Buffer[] = [];
  try {
    for (let chunk = await source.next(64); chunk !== undefined; chunk = await source.next(64))
      chunks.push(Buffer.from(chunk));
    return Buffer.concat(chunks).toString('hex');
  } catch (error) {
    if (error instanceof EigenstudentError) return error.code;
    throw error;
  } finally {
    source.close();
  }
}
