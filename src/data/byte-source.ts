/** Files that are read from front to back, compressed or not, without ever being in memory as a whole. */

import { type FileHandle, open } from 'node:fs/promises';
import { checkPath } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { signatureBytes } from '../files/file-kind.js';
import { unreadable } from '../files/read-bytes.js';
import { gunzip, isGzip } from './gunzip.js';

export { allocateBytes } from '../files/allocate-bytes.js';

/** The most bytes that deflate unpacks from one byte (RFC 1951: 258 from two bits, and a little for the block). */
export const mostFromOne = 1032;
/** Bytes per read. Arbitrary. */
const chunkBytes = 2 ** 20;

/**
 * The bytes of a file, those of a gzip file (recognised by its first two bytes) unpacked; or of a part of a
 * file.
 */
export class ByteSource {
  #rest: Uint8Array = new Uint8Array(0);
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #close: () => void;

  /**
   * @param path names the bytes in errors
   * @param most as many bytes as there are in it; of a compressed file as many as there can be
   * @param chunks the bytes
   * @param close ends the reading of what `chunks` come from
   */
  constructor(
    readonly path: string,
    readonly compressed: boolean,
    readonly most: number,
    chunks: AsyncIterable<Uint8Array>,
    close: () => void = () => {},
  ) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#close = close;
  }

  /** @throws file_unreadable */
  static async open(path: string): Promise<ByteSource> {
    checkPath('a file to read', path);
    let file: FileHandle;
    try {
      file = await open(path);
    } catch (cause) {
      throw unreadable(path, cause);
    }
    try {
      const { size } = await file.stat();
      const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
      const compressed = isGzip(buffer.subarray(0, bytesRead));
      const bytes = file.createReadStream({ start: 0, highWaterMark: chunkBytes });
      const close = () => void bytes.destroy();
      if (!compressed) return new ByteSource(path, false, size, bytes, close);
      return new ByteSource(path, true, size * mostFromOne, gunzip(bytes, path), close);
    } catch (cause) {
      await file.close();
      throw unreadable(path, cause);
    }
  }

  /** The next bytes, as many as are needed to recognise a format, or as there are. They are not consumed. */
  async peek(): Promise<Uint8Array> {
    const start = new Uint8Array(signatureBytes);
    const filled = await this.fill(start);
    const peeked = start.subarray(0, filled);
    this.#rest = this.#rest.length === 0 ? peeked : Buffer.concat([peeked, this.#rest]);
    return peeked;
  }

  /**
   * Fills the array with the next bytes.
   * @returns how many there were: fewer than the array is long only at the end of the file
   * @throws file_unreadable; file_corrupt when the file is compressed and damaged
   */
  async fill(into: Uint8Array): Promise<number> {
    let filled = 0;
    while (filled < into.length) {
      const chunk = await this.next(into.length - filled);
      if (chunk === undefined) break;
      into.set(chunk, filled);
      filled += chunk.length;
    }
    return filled;
  }

  /** Some of the next bytes, at most `atMost`; undefined at the end. The caller uses them before the next call. */
  async next(atMost: number): Promise<Uint8Array | undefined> {
    if (this.#rest.length === 0) {
      try {
        const { value, done } = await this.#chunks.next();
        if (done) return undefined;
        this.#rest = value;
      } catch (cause) {
        throw cause instanceof EigenstudentError ? cause : unreadable(this.path, cause);
      }
    }
    const chunk = this.#rest.subarray(0, atMost);
    this.#rest = this.#rest.subarray(chunk.length);
    return chunk;
  }

  /** Whether all bytes have been read. */
  async atEnd(): Promise<boolean> {
    const chunk = await this.next(1);
    return chunk === undefined;
  }

  /**
   * Skips the remaining bytes: the checksum of a compressed file or of a part of an archive covers all of them.
   * @throws as fill
   */
  async drain(): Promise<void> {
    while ((await this.next(Infinity)) !== undefined);
  }

  close(): void {
    this.#close();
  }
}
