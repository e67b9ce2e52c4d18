/**
 * The pages of a Parquet file, unpacked to the declared size, which is checked for plausibility before memory
 * is allocated.
 */
import { createContext, Script } from 'node:vm';
import { brotliDecompressSync, unzipSync } from 'node:zlib';
import type { CompressionCodec } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

/**
 * @param length of what comes out, in bytes
 * @throws Error for bytes that do not unpack to this length, or for an unknown codec
 */
export function decompress(codec: CompressionCodec, bytes: Uint8Array, length: number): Uint8Array {
  if (length < 0) throw new Error(`a page claims ${length} bytes`);
  if (codec === 'UNCOMPRESSED' || (length === 0 && bytes.length === 0)) return bytes;
  const limits = { maxOutputLength: Math.max(1, length) };
  if (codec === 'GZIP') return unzipSync(bytes, limits);
  if (codec === 'BROTLI') return brotliDecompressSync(bytes, limits);
  const unpack = compressors[codec];
  if (!unpack) throw new Error(`parquet unsupported compression codec: ${codec}`);
  const possible = lengthOf[codec]?.(bytes, length);
  if (possible !== undefined && possible !== length)
    throw new Error(
      `a page of ${bytes.length} bytes (${codec}) claims to unpack to ${length} bytes, not ${possible}`,
    );
  return codec === 'ZSTD'
    ? withTimeLimit(() => unpack(bytes, length), 500 + length / 10_000)
    : unpack(bytes, length);
}

const context = createContext({ work: undefined });
const script = new Script('work()');

/**
 * fzstd never returns for some damaged bytes (a table of one symbol for Huffman weights), or far beyond its output.
 * Nothing but a time limit ends code that does not return. It is meant as processor time, several times what fzstd needs:
 * a process that was stopped, or had to wait, starts again.
 */
function withTimeLimit(work: () => Uint8Array, milliseconds: number): Uint8Array {
  context.work = work;
  for (const before = process.cpuUsage(); ; ) {
    try {
      return script.runInContext(context, { timeout: Math.ceil(milliseconds) });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw cause;
      const { user, system } = process.cpuUsage(before);
      if (user + system >= 900 * milliseconds) throw new Error('a page (ZSTD) does not unpack', { cause });
    }
  }
}

/** The unpacked length that the bytes themselves declare; undefined where they declare none. */
const lengthOf: Partial<Record<CompressionCodec, (bytes: Uint8Array, length: number) => number | undefined>> =
  {
    SNAPPY: snappyLength,
    ZSTD: zstdLength,
    LZ4: (bytes) => hadoopLength(bytes) ?? lz4Length(bytes),
    LZ4_RAW: lz4Length,
  };

/**
 * A varint in front. At most 64 bytes come out of three (format_description.txt of Snappy): a larger length
 * is wrong.
 */
function snappyLength(bytes: Uint8Array): number {
  let length = 0;
  for (let i = 0; i < 5; ++i) {
    const byte = bytes[i] ?? 0;
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) break;
  }
  return Math.min(length, Math.ceil((64 / 3) * bytes.length));
}

/** RFC 8878: the content size of a frame, and a window of at most 128 MiB, as in the programs of Zstandard. */
function zstdLength(bytes: Uint8Array, length: number): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 6 || view.getUint32(0, true) !== 0xfd2fb528) return undefined;
  const flags = view.getUint8(4);
  const isSingleSegment = (flags & 0x20) !== 0;
  const at = (isSingleSegment ? 5 : 6) + ([0, 1, 2, 4][flags & 3] as number);
  const sizes = [isSingleSegment ? 1 : 0, 2, 4, 8];
  const width = sizes[flags >> 6] as number;
  if (at + width > bytes.length) return undefined;
  if (!isSingleSegment && view.getUint8(5) >> 3 > 17)
    throw new Error('a page (ZSTD) has a window above 128 MiB');
  const size =
    width === 8
      ? Number(view.getBigUint64(at, true))
      : width === 4
        ? view.getUint32(at, true)
        : width === 2
          ? view.getUint16(at, true) + 256
          : view.getUint8(at);
  // more frames may follow
  return width === 0 || size <= length ? undefined : size;
}

/** Of one block (lz4_Block_format.md). @throws Error for one that ends too soon */
function lz4Length(bytes: Uint8Array): number {
  let [i, length] = [0, 0];
  const count = (nibble: number) => {
    let sum = nibble;
    for (let byte = nibble === 15 ? 255 : 0; byte === 255; sum += byte) byte = bytes[i++] ?? 0;
    return sum;
  };
  while (i < bytes.length) {
    const token = bytes[i++] as number;
    const literals = count(token >> 4);
    i += literals;
    length += literals;
    if (i >= bytes.length) break;
    i += 2;
    length += count(token & 15) + 4;
  }
  if (i !== bytes.length) throw new Error('a page (LZ4) ends in the middle');
  return length;
}

/** The length of blocks that begin with two big-endian lengths; undefined where the bytes have another form. */
function hadoopLength(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let [i, sum] = [0, 0];
  while (i + 8 < bytes.length) {
    const [out, inside] = [view.getUint32(i), view.getUint32(i + 4)];
    i += 8 + inside;
    if (i > bytes.length) return undefined;
    try {
      if (lz4Length(bytes.subarray(i - inside, i)) !== out) return undefined;
    } catch {
      return undefined;
    }
    sum += out;
  }
  return i === bytes.length ? sum : undefined;
}
