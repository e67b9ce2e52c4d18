import { writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ByteSource } from '../../src/data/byte-source.js';
import { readIdx } from '../../src/data/idx.js';
import { fileOf, idxBytes, temporaryPath } from '../data/files.js';
import { rejectionOf } from '../failure.js';
import { inputOf } from './inputs.js';

async function unpacked(packed: Uint8Array): Promise<string> {
  const path = await temporaryPath('packed');
  await writeFile(path, packed);
  const source = await ByteSource.open(path);
  const chunks: Uint8Array[] = [];
  for (let chunk = await source.next(1000); chunk !== undefined; chunk = await source.next(1000))
    chunks.push(Buffer.from(chunk));
  source.close();
  return Buffer.concat(chunks).toString('latin1');
}

const [one, two] = [gzipSync('one'), gzipSync('two')];
/** With the flags that a header may have: extra field, name, comment, in this order. */
function withHeader(flags: number, ...fields: string[]): Buffer {
  const header = Buffer.from(one.subarray(0, 10));
  header[3] = flags;
  return Buffer.concat([header, ...fields.map((field) => Buffer.from(field, 'latin1')), one.subarray(10)]);
}

describe('a gzip file is read as gunzip reads it', () => {
  // libflate #75, SharpZipLib #116, CPython #68489
  it('skips bytes after its last member', async () => {
    expect(
      (await readIdx({ images: inputOf('gzip-tail', 'i-garbage-idx3-ubyte.gz') })).samples,
    ).toBeGreaterThan(0);
    for (const tail of ['garbage', '\0\0\0\0', '\0\0garbage', '\x1f', '\x1fgarbage', '\n'])
      expect(await unpacked(Buffer.concat([one, Buffer.from(tail, 'latin1')])), JSON.stringify(tail)).toBe(
        'one',
      );
  });

  it('reads several members, and ignores bytes after zeros', async () => {
    expect(await unpacked(Buffer.concat([one, two]))).toBe('onetwo');
    expect(await unpacked(Buffer.concat([one, gzipSync(''), two, Buffer.from('tail')]))).toBe('onetwo');
    expect(await unpacked(Buffer.concat([one, Buffer.alloc(3), two]))).toBe('one');
  });

  it('a header may have an extra field, a name, a comment and a checksum of its own', async () => {
    expect(await unpacked(withHeader(4, '\x03\0abc'))).toBe('one');
    expect(await unpacked(withHeader(8, 'name\0'))).toBe('one');
    expect(await unpacked(withHeader(16, `${'comment'.repeat(100)}\0`))).toBe('one');
    expect(await unpacked(withHeader(1 + 4 + 8 + 16, '\0\0', 'name\0', 'comment\0'))).toBe('one');
    const { crc32 } = await import('node:zlib');
    const header = withHeader(2).subarray(0, 10);
    const checksum = crc32(header) & 0xffff;
    expect(await unpacked(withHeader(2, String.fromCharCode(checksum & 255, checksum >> 8)))).toBe('one');
  });

  it('a plain file with the name of a packed one is plain', async () => {
    const path = await temporaryPath('images.gz');
    await writeFile(path, idxBytes([2, 1, 1], [1, 2]));
    expect((await readIdx({ images: path })).samples).toBe(2);
    expect(
      (await readIdx({ images: await fileOf('images.idx', gzipSync(idxBytes([2, 1, 1], [1, 2]))) })).samples,
    ).toBe(2);
  });

  it('reads many members, and chunks that end where members do', async () => {
    const texts = Array.from({ length: 300 }, (_, i) => String(i).repeat(i));
    expect(await unpacked(Buffer.concat(texts.map((text) => gzipSync(text))))).toBe(texts.join(''));
    const large = Buffer.alloc(3_000_000, 'abcdefg');
    expect((await unpacked(Buffer.concat([gzipSync(large, { level: 0 }), one]))).length).toBe(3_000_003);
  });
});

describe('a gzip file that is damaged is refused', () => {
  const changed = (bytes: Buffer, at: number, value: number) => {
    const copy = Buffer.from(bytes);
    copy[at < 0 ? copy.length + at : at] = value;
    return copy;
  };
  const again = 'It is damaged: fetch it again';
  it.each<[string, Buffer, string]>([
    ['a wrong checksum', changed(one, -7, 0x99), `its contents do not have their checksum. ${again}`],
    ['a wrong length', changed(one, -1, 9), `its contents do not have their length. ${again}`],
    [
      'a method that is none',
      changed(one, 2, 9),
      `expected compression method 8 (deflate), received 9. ${again}`,
    ],
    ['flags that are reserved', changed(one, 3, 0x80), `expected no reserved flags, received 128. ${again}`],
    ['contents that are none', changed(one, 10, 0xff), `invalid block type. ${again}`],
    [
      'a wrong checksum of its header',
      withHeader(2, 'xx'),
      `its header does not have its checksum. ${again}`,
    ],
    [
      'a second member with a wrong checksum',
      Buffer.concat([one, changed(two, -7, 1)]),
      `its contents do not have their checksum. ${again}`,
    ],
    [
      'a second member of another method',
      Buffer.concat([one, changed(two, 2, 9)]),
      `expected compression method 8 (deflate), received 9. ${again}`,
    ],
  ])('for %s', async (_, bytes, reason) => {
    expect(await rejectionOf(unpacked(bytes))).toMatch(
      new RegExp(`^file_corrupt: .*packed is not a readable gzip file: ${reason.replace(/[()]/g, '\\$&')}$`),
    );
  });

  it('at every length short of the whole', async () => {
    const whole = Buffer.concat([one, withHeader(4 + 8, '\x03\0abc', 'name\0')]);
    for (let length = 2; length < whole.length; ++length) {
      // after a whole member, one byte is garbage
      if (length === one.length || length === one.length + 1) continue;
      expect(await rejectionOf(unpacked(whole.subarray(0, length))), `${length} bytes`).toMatch(
        /^file_corrupt: .*packed is not a readable gzip file: it is cut short\. Fetch it again$/,
      );
    }
  });
});
