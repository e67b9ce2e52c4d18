/**
 * gzip (RFC 1952) as gunzip unpacks it: any number of members one after the other; zeros and other bytes
 * after the last are skipped. Node's createGunzip loses what it has unpacked when anything but a member
 * follows.
 */
import { crc32, createInflateRaw } from 'node:zlib';
import { EigenstudentError } from '../errors.js';

/** Bytes that are unpacked per step. Arbitrary. */
const chunkBytes = 2 ** 16;
const flags = { headerChecksum: 2, extra: 4, name: 8, comment: 16, unknown: 0xe0 } as const;

/** Whether bytes begin as a gzip file does. */
export function isGzip(start: Uint8Array): boolean {
  return start[0] === 0x1f && start[1] === 0x8b;
}

/**
 * The contents of a gzip file. They are checked against checksums and lengths after they were returned.
 * @param packed bytes of the file
 * @throws file_corrupt: damaged or cut short; whatever reading `packed` throws
 */
export async function* gunzip(packed: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Uint8Array> {
  const input = new PackedBytes(packed, path);
  // gunzip too: after a whole member, what does not begin as one is garbage
  for (let member = 0; member === 0 || isGzip(await input.peek(2)); ++member) {
    await skipHeader(input);
    let [checksum, length] = [0, 0];
    for await (const chunk of inflate(input)) {
      checksum = crc32(chunk, checksum);
      length = (length + chunk.length) % 2 ** 32;
      yield chunk;
    }
    const trailer = Buffer.from(await input.take(8));
    if (trailer.readUInt32LE(0) !== checksum) throw input.damaged('its contents do not have their checksum');
    if (trailer.readUInt32LE(4) !== length) throw input.damaged('its contents do not have their length');
  }
}

/** @throws file_corrupt */
async function skipHeader(input: PackedBytes): Promise<void> {
  const fixed = await input.take(10);
  const [, , method, flag = 0] = fixed;
  if (method !== 8) throw input.damaged(`expected compression method 8 (deflate), received ${method}`);
  if (flag & flags.unknown) throw input.damaged(`expected no reserved flags, received ${flag}`);
  let checksum = crc32(fixed);
  const take = async (bytes: Promise<Uint8Array>) => {
    checksum = crc32(await bytes, checksum);
    return bytes;
  };
  if (flag & flags.extra) {
    const [low = 0, high = 0] = await take(input.take(2));
    await take(input.take(low + 256 * high));
  }
  if (flag & flags.name) await take(input.takeText());
  if (flag & flags.comment) await take(input.takeText());
  if (!(flag & flags.headerChecksum)) return;
  const [low = 0, high = 0] = await input.take(2);
  if (low + 256 * high !== checksum % 2 ** 16) throw input.damaged('its header does not have its checksum');
}

/** The contents of one member; what follows it stays in the input. */
async function* inflate(input: PackedBytes): AsyncGenerator<Uint8Array> {
  const engine = createInflateRaw({ chunkSize: chunkBytes });
  let [last, fed]: [Uint8Array, number] = [new Uint8Array(0), 0];
  const feed = async () => {
    // one chunk at a time: when the engine leaves some of it, its stream has ended within
    while (engine.bytesWritten === fed) {
      const chunk = await input.next();
      if (chunk === undefined) return void engine.end();
      last = chunk;
      fed += chunk.length;
      await new Promise<void>((resolve, reject) => {
        engine.write(chunk, (error) => (error ? reject(error) : resolve()));
      });
    }
  };
  const feeding = feed().catch((error) => void engine.destroy(error));
  try {
    for await (const chunk of engine) yield chunk as Uint8Array;
    await feeding;
  } catch (cause) {
    const { code = '', message } = cause as NodeJS.ErrnoException;
    if (code === 'Z_BUF_ERROR') throw input.cutShort();
    throw code.startsWith('Z_') ? input.damaged(message, cause) : cause;
  } finally {
    engine.destroy();
  }
  input.putBack(last.subarray(last.length - (fed - engine.bytesWritten)));
}

class PackedBytes {
  readonly #chunks: AsyncIterator<Uint8Array>;
  /** Bytes that were read and not yet consumed. */
  #rest: Uint8Array = new Uint8Array(0);

  constructor(
    packed: AsyncIterable<Uint8Array>,
    readonly path: string,
  ) {
    this.#chunks = packed[Symbol.asyncIterator]();
  }

  /** Some bytes; undefined at the end. */
  async next(): Promise<Uint8Array | undefined> {
    const rest = this.#rest;
    this.#rest = new Uint8Array(0);
    if (rest.length > 0) return rest;
    const { value, done } = await this.#chunks.next();
    return done ? undefined : value;
  }

  putBack(bytes: Uint8Array): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([bytes, this.#rest]);
  }

  /** The next `count` bytes, or those that there are; they are not consumed. */
  async peek(count: number): Promise<Uint8Array> {
    const parts = [this.#rest];
    let { length } = this.#rest;
    while (length < count) {
      const { value, done } = await this.#chunks.next();
      if (done) break;
      parts.push(value);
      length += value.length;
    }
    if (parts.length > 1) this.#rest = Buffer.concat(parts);
    return this.#rest.subarray(0, count);
  }

  /** @throws file_corrupt where there are fewer */
  async take(count: number): Promise<Uint8Array> {
    const bytes = await this.peek(count);
    if (bytes.length < count) throw this.cutShort();
    this.#rest = this.#rest.subarray(count);
    return bytes;
  }

  /** Skips bytes up to and including a zero. */
  async takeText(): Promise<Uint8Array> {
    for (let count = 256; ; count *= 2) {
      const bytes = await this.peek(count);
      const end = bytes.indexOf(0);
      if (end >= 0) return this.take(end + 1);
      if (bytes.length < count) throw this.cutShort();
    }
  }

  cutShort(): EigenstudentError {
    return this.#corrupt('it is cut short. Fetch it again');
  }

  damaged(reason: string, cause?: unknown): EigenstudentError {
    return this.#corrupt(`${reason}. It is damaged: fetch it again`, cause);
  }

  #corrupt(reason: string, cause?: unknown): EigenstudentError {
    const message = `${this.path} is not a readable gzip file: ${reason}`;
    return new EigenstudentError('file_corrupt', message, { cause });
  }
}
