/** Small files of data, written for a test. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** A path in a new folder. */
export async function temporaryPath(name: string): Promise<string> {
  return join(await mkdtemp(join(tmpdir(), 'eigenstudent-data-')), name);
}

/** The path of a new file with this in it, compressed where the name ends in .gz. */
export async function fileOf(name: string, contents: string | Uint8Array): Promise<string> {
  const path = await temporaryPath(name);
  await writeFile(path, name.endsWith('.gz') ? gzipSync(contents) : contents);
  return path;
}

/** An IDX file of unsigned bytes. */
export function idxBytes(shape: readonly number[], values: ArrayLike<number>): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.writeUInt32BE(0x0800 + shape.length);
  shape.forEach((size, i) => {
    header.writeUInt32BE(size, 4 + 4 * i);
  });
  return Buffer.concat([header, Uint8Array.from(values)]);
}
