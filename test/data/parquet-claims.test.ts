import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { CompressionCodec, ParquetType } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { decompress } from '../../src/data/parquet/decompression.js';
import { checkRuns, checkValues } from '../../src/data/parquet/page-values.js';
import { readParquet } from '../../src/data/parquet.js';
import { rejectionOf } from '../failure.js';

const viewOf = (...bytes: number[]) => new DataView(Uint8Array.from(bytes).buffer);

describe('runs of levels or indices of a Parquet page', () => {
  it('are refused where one claims more values than are left', () => {
    // 2 ** 30 times the value 1
    const huge = viewOf(0x80, 0x80, 0x80, 0x80, 0x08, 1);
    expect(() => checkRuns(huge, 0, 6, 1, 20)).toThrow(
      'a page claims a run of 1073741824 values where 20 are left',
    );
    // 16 times 1, then 8 times 1, of 20 values
    expect(() => checkRuns(viewOf(32, 1, 16, 1), 0, 4, 1, 20)).toThrow('a run of 8 values where 4 are left');
    // values without bits take no bytes, so that bytes do not limit them
    expect(() => checkRuns(viewOf(0xff, 0xff, 0x03), 0, 3, 0, 20)).toThrow('a run of 262136 values');
  });

  it('are refused where they end too soon', () => {
    expect(() => checkRuns(viewOf(8, 1), 0, 2, 1, 20)).toThrow('the runs of a page end after 4 of 20 values');
    expect(() => checkRuns(viewOf(8, 1), 0, Number.MAX_SAFE_INTEGER, 1, 20)).toThrow(
      'a page of 2 bytes claims',
    );
    // 8 groups of eight values of two bits
    expect(() => checkRuns(viewOf(17, 1, 2, 3), 0, 4, 2, 64)).toThrow('a run of 64 values');
  });

  it('are accepted where bit-packed values are padded, to eight or further', () => {
    checkRuns(viewOf(3, 0xff), 0, 2, 1, 5);
    checkRuns(viewOf(9, 1, 2, 3, 4), 0, 5, 1, 5);
    checkRuns(viewOf(40, 1), 0, 2, 1, 20);
  });
});

describe('the values of a Parquet page', () => {
  const values =
    (
      encoding: 'PLAIN' | 'BYTE_STREAM_SPLIT' | 'RLE_DICTIONARY',
      type: ParquetType,
      view: DataView,
      count: number,
    ) =>
    () =>
      checkValues({ view, start: 0, count, encoding, type, typeLength: undefined, isFirstVersion: true });

  it('are refused where they do not fit into its bytes', () => {
    const eight = viewOf(1, 0, 0, 0, 65, 0, 0, 0);
    expect(values('PLAIN', 'DOUBLE', eight, 1)).not.toThrow();
    expect(values('PLAIN', 'DOUBLE', eight, 2)).toThrow('a page of 8 bytes claims 2 values of type DOUBLE');
    expect(values('BYTE_STREAM_SPLIT', 'INT32', eight, 3)).toThrow(
      'a page of 8 bytes claims 3 values of type INT32',
    );
    expect(values('PLAIN', 'BOOLEAN', eight, 65)).toThrow('claims 65 values');
    expect(values('PLAIN', 'BYTE_ARRAY', eight, 1)).not.toThrow();
    expect(values('PLAIN', 'BYTE_ARRAY', eight, 2)).toThrow('a page of 8 bytes ends in value 1 of 2');
    expect(values('RLE_DICTIONARY', 'INT32', viewOf(33, 2, 0), 1)).toThrow('values of 33 bits');
    expect(values('PLAIN', 'INT32', eight, -1)).toThrow('a page claims -1 values');
  });

  it('are refused where differences have invalid blocks, or another count', () => {
    const deltas = (bytes: number[]) => () =>
      checkValues({
        ...{ view: viewOf(...bytes), start: 0, count: 3, typeLength: undefined, isFirstVersion: false },
        ...{ encoding: 'DELTA_BINARY_PACKED', type: 'INT64' },
      });
    expect(deltas([0x80, 1, 4, 3, 0])).not.toThrow();
    expect(deltas([0x80, 1, 0, 3, 0])).toThrow('blocks of 128 differences in 0 miniblocks');
    expect(deltas([0x80, 1, 4, 5, 0])).toThrow('a page of 3 values claims 5 differences');
  });
});

describe('a page of a Parquet file', () => {
  const text = Buffer.from('a'.repeat(50));

  it('unpacks to the bytes that were packed', () => {
    expect(Buffer.from(decompress('GZIP', gzipSync(text), 50))).toEqual(text);
    expect(Buffer.from(decompress('BROTLI', brotliCompressSync(text), 50))).toEqual(text);
    // one literal, then 49 bytes copied from one byte before
    const lz4 = Uint8Array.of(0x1f, 97, 1, 0, 25, 0x50, 97, 97, 97, 97, 97);
    expect(Buffer.from(decompress('LZ4_RAW', lz4, 50))).toEqual(text);
  });

  it.each<[CompressionCodec, number[]]>([
    ['SNAPPY', [50, 0, 97]],
    ['LZ4_RAW', [0x1f, 97, 1, 0, 25]],
    ['ZSTD', [0x28, 0xb5, 0x2f, 0xfd, 0x20, 50, 3, 0, 0]],
  ])('is refused before memory is allocated for a size that its bytes do not have, %s', (codec, bytes) => {
    const claimed = codec === 'ZSTD' ? 10 : 2 ** 31 - 1;
    expect(() => decompress(codec, Uint8Array.from(bytes), claimed)).toThrow(
      `a page of ${bytes.length} bytes (${codec}) claims to unpack to ${claimed} bytes`,
    );
  });

  it('is refused where unpacking does not end, zstd', () => {
    // Huffman weights from a table of one symbol, whose states have no bits
    const weights = [4, 0xf0, 3, 0xff, 0xff, 0];
    const block = [0x12, 0x80, 1, ...weights, 0];
    const frame = [0x28, 0xb5, 0x2f, 0xfd, 0x20, 50, (block.length << 3) | 5, 0, 0, ...block];
    expect(() => decompress('ZSTD', Uint8Array.from(frame), 50)).toThrow('a page (ZSTD) does not unpack');
  });

  it('is refused where more comes out than it claims, gzip and brotli', () => {
    expect(() => decompress('GZIP', gzipSync(text), 49)).toThrow('larger than 49 bytes');
    expect(() => decompress('BROTLI', brotliCompressSync(text), 49)).toThrow('larger than 49 bytes');
  });
});

describe('a Parquet file', () => {
  it.each([
    ['header-without-length', 'column "a": the header of a page lacks a number, or has a negative one'],
    ['header-without-size', 'the header of a page lacks a number, or has a negative one'],
    ['footer-without-offset', 'the footer claims the bytes NaN to NaN of 1101'],
  ])('is refused as corrupt within a second, %s', async (name, message) => {
    const file = join(import.meta.dirname, `../fixtures/damage/${name}.parquet`);
    const failure = await rejectionOf(readParquet(file, { label: 'label' }));
    expect(failure).toMatch(/^file_corrupt: .*\.parquet is not a readable Parquet file: /);
    expect(failure).toContain(message);
  });
});
