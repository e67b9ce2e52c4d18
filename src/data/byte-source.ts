/** Files that are read from front to back, compressed or not, without ever being in memory as a whole. */

import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { checkPath } from '../arguments.js';
import { EigenstudentError, reasonOf } from '../errors.js';
import { requireMemory } from '../native/free-memory.js';

/** Bytes that deflate makes of one at most (RFC 1951: 258 of two bits, and a little for the block). */
export const mostFromOne = 1032;
/** Read at once. Arbitrary. */
const chunkBytes = 2 ** 20;

/** The bytes of a file, those of a gzip file (told by its first two bytes) unpacked. */
export class ByteSource {
  #rest: Uint8Array = new Uint8Array(0);
  readonly #chunks: AsyncIterator<Uint8Array>;

  private constructor(
    /** Names the file in errors. */
    readonly path: string,
    readonly compressed: boolean,
    /** As many bytes as there are in it; of a compressed file as many as there can be. */
    readonly most: number,
    readonly stream: Readable,
  ) {
    this.#chunks = stream[Symbol.asyncIterator]();
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
      const compressed = bytesRead === 2 && buffer.readUInt16BE() === 0x1f8b;
      const bytes = file.createReadStream({ start: 0, highWaterMark: chunkBytes });
      if (!compressed) return new ByteSource(path, false, size, bytes);
      const unpacked = createGunzip({ chunkSize: chunkBytes });
      bytes.on('error', (error) => unpacked.destroy(error));
      unpacked.on('close', () => bytes.destroy());
      return new ByteSource(path, true, size * mostFromOne, bytes.pipe(unpacked));
    } catch (cause) {
      await file.close();
      throw unreadable(path, cause);
    }
  }

  /**
   * Fills the array with the next bytes.
   * @returns how many there were: fewer than the array is long only at the end of the file
   * @throws file_unreadable; file_corrupt when the file is compressed and broken
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

  /** Some of the next bytes, at most so many; undefined at the end. To be used before the next call. */
  async next(atMost: number): Promise<Uint8Array | undefined> {
    if (this.#rest.length === 0) {
      try {
        const { value, done } = await this.#chunks.next();
        if (done) return undefined;
        this.#rest = value;
      } catch (cause) {
        const reason = reasonOf(cause);
        const broken = this.compressed && /^Z_/.test((cause as { code?: string }).code ?? '');
        if (!broken) throw unreadable(this.path, cause);
        const message = `${this.path} is not a readable gzip file: ${reason}. It may be cut short; fetch it again`;
        throw new EigenstudentError('file_corrupt', message, { cause });
      }
    }
    const chunk = this.#rest.subarray(0, atMost);
    this.#rest = this.#rest.subarray(chunk.length);
    return chunk;
  }

  /** Whether nothing is left. */
  async atEnd(): Promise<boolean> {
    const chunk = await this.next(1);
    return chunk === undefined;
  }

  close(): void {
    this.stream.destroy();
  }
}

function unreadable(path: string, cause: unknown): EigenstudentError {
  const reason = reasonOf(cause);
  return new EigenstudentError('file_unreadable', `cannot read ${path}: ${reason}`, { cause });
}

/** @throws out_of_memory with the number of bytes and what they were for */
export function allocateBytes(bytes: number, what: string): Uint8Array {
  requireMemory(what, bytes, 'Use fewer samples or inputs');
  try {
    return new Uint8Array(bytes);
  } catch (cause) {
    const message = `${what} needs ${bytes} bytes, more than there are`;
    throw new EigenstudentError('out_of_memory', message, { cause });
  }
}
