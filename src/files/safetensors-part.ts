/** Reads a few tensors of a large safetensors file, or its metadata, without reading the rest. */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { checkPath } from '../arguments.js';
import { allocateBytes } from './allocate-bytes.js';
import { signatureBytes } from './file-kind.js';
import { unreadable } from './read-bytes.js';
import { isReadable, type SafeTensor, tensorOf } from './safetensors.js';
import {
  type Corrupt,
  checkHeader,
  corruptSafetensors,
  entryOf,
  headerLength,
  lengthBytes,
  metadataOf,
  parseHeader,
  type SafetensorsHeader,
} from './safetensors-header.js';

/**
 * The tensors of these names; those that the file lacks, or has in a dtype that is not read, are left out.
 * Other tensors are not checked. Synchronous: small reads take a fifth of the time that they take as
 * promises.
 * @throws file_unreadable, file_corrupt with the path and the reason
 */
export function readSomeTensors(path: string, names: readonly string[]): Map<string, SafeTensor> {
  return withHeader(path, ({ header, numbersAt, size, read, corrupt }) => {
    const tensors = new Map<string, SafeTensor>();
    for (const name of names) {
      if (!Object.hasOwn(header, name)) continue;
      const entry = entryOf(name, header[name], Infinity, corrupt);
      if (!isReadable(entry.dtype)) continue;
      const [from, to] = [numbersAt + entry.start, numbersAt + entry.end];
      if (to > size) throw corrupt(`it describes bytes ${from} to ${to}; it has ${size}`);
      tensors.set(name, tensorOf(entry, read(from, to - from)));
    }
    return tensors;
  });
}

/**
 * The list of tensors in a file, checked against its size, and its metadata; no numbers are read.
 * @throws file_unreadable, file_corrupt with the path and the reason
 */
export function readSafetensorsHeader(path: string): SafetensorsHeader {
  return withHeader(path, ({ header, numbersAt, size, corrupt }) =>
    checkHeader(header, size - numbersAt, corrupt),
  );
}

/**
 * The `__metadata__` of a file. Its tensors are not checked and no numbers are read.
 * @throws file_unreadable, file_corrupt with the path and the reason
 */
export function readMetadata(path: string): Readonly<Record<string, string>> {
  return withHeader(path, ({ header }) => metadataOf(header));
}

interface OpenFile {
  readonly header: Readonly<Record<string, unknown>>;
  /** Byte offsets at which the numbers begin and the file ends. */
  readonly numbersAt: number;
  readonly size: number;
  readonly read: (position: number, length: number) => Uint8Array;
  readonly corrupt: Corrupt;
}

function withHeader<Result>(path: string, use: (file: OpenFile) => Result): Result {
  const corrupt = corruptSafetensors(path);
  const file = open(checkPath('a file to read', path));
  try {
    const { size } = fstatSync(file);
    const read = (position: number, length: number) => readAt(file, path, position, length);
    const length = headerLength(read(0, Math.min(size, signatureBytes)), size, corrupt);
    const header = parseHeader(read(lengthBytes, length), corrupt);
    return use({ header, numbersAt: lengthBytes + length, size, read, corrupt });
  } finally {
    closeSync(file);
  }
}

function open(path: string): number {
  return trying(path, () => openSync(path, 'r'));
}

/** Bytes per read: the system allows less than 2 GiB. */
const mostAtOnce = 2 ** 30;

/** @returns bytes with a buffer of their own; the caller has checked the length against the file's size */
function readAt(file: number, path: string, position: number, length: number): Uint8Array {
  const bytes = allocateBytes(length, `a part of ${path}`);
  for (let filled = 0; filled < length; ) {
    const most = Math.min(length - filled, mostAtOnce);
    const count = trying(path, () => readSync(file, bytes, filled, most, position + filled));
    if (count === 0) throw unreadable(path, new Error('it became shorter while it was read'));
    filled += count;
  }
  return bytes;
}

function trying<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    throw unreadable(path, cause);
  }
}
