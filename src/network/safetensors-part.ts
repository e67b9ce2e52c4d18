/** A few tensors of a large safetensors file, or what it says of itself, without reading the rest of it. */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { checkPath } from '../arguments.js';
import { EigenstudentError, reasonOf } from '../errors.js';
import { lengthBytes, parseHeader, readTensor, type SafeTensor } from './safetensors.js';

/**
 * The tensors of these names; those that the file lacks are left out. Synchronous: small reads take a fifth of the time that
 * they take as promises.
 * @throws file_unreadable, file_corrupt with the path and the reason
 */
export function readSomeTensors(path: string, names: readonly string[]): Map<string, SafeTensor> {
  return withHeader(path, ({ header, headerBytes, read, corrupt }) => {
    const tensors = new Map<string, SafeTensor>();
    for (const name of names) {
      if (!Object.hasOwn(header, name)) continue;
      const entry = header[name];
      const [start, end] = offsetsOf(entry);
      const numbers = read(lengthBytes + headerBytes + start, end - start);
      const moved = { ...(entry as object), data_offsets: [0, end - start] };
      const { span: _, ...tensor } = readTensor(name, moved, numbers, corrupt);
      tensors.set(name, tensor);
    }
    return tensors;
  });
}

/**
 * What a file says of itself: its `__metadata__`, none of its numbers.
 * @throws file_unreadable, file_corrupt with the path and the reason
 */
export function readMetadata(path: string): Readonly<Record<string, unknown>> {
  return withHeader(path, ({ header: { __metadata__: metadata } }) =>
    typeof metadata === 'object' && metadata !== null ? { ...metadata } : {},
  );
}

interface OpenFile {
  readonly header: Readonly<Record<string, unknown>>;
  readonly headerBytes: number;
  readonly read: ReturnType<typeof reader>;
  readonly corrupt: (reason: string, cause?: unknown) => EigenstudentError;
}

function withHeader<Result>(path: string, use: (file: OpenFile) => Result): Result {
  const corrupt = (reason: string, cause?: unknown) =>
    new EigenstudentError('file_corrupt', `${path} is not a readable safetensors file: ${reason}`, { cause });
  const file = open(checkPath('a file to read', path));
  try {
    const read = reader(file, corrupt);
    const headerBytes = Number(read(0, lengthBytes).readBigUInt64LE());
    const header = parseHeader(read(lengthBytes, headerBytes), corrupt);
    return use({ header, headerBytes, read, corrupt });
  } finally {
    closeSync(file);
  }
}

function open(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    const reason = reasonOf(cause);
    throw new EigenstudentError('file_unreadable', `cannot read ${path}: ${reason}`, { cause });
  }
}

/** Reads bytes at a position, which are looked for in the file before they are made room for. */
function reader(file: number, corrupt: (reason: string) => EigenstudentError) {
  const { size } = fstatSync(file);
  return (position: number, length: number): Buffer => {
    if (!(length >= 0) || position < 0 || position + length > size)
      throw corrupt(`it describes bytes ${position} to ${position + length}; it has ${size}`);
    const bytes = Buffer.alloc(length);
    readSync(file, bytes, 0, length, position);
    return bytes;
  };
}

/** NaN where there are none, which no file holds. */
function offsetsOf(entry: unknown): [number, number] {
  const offsets = (entry as { readonly data_offsets?: unknown } | null)?.data_offsets;
  const [start, end] = Array.isArray(offsets) ? offsets : [];
  return [Number(start), Number(end)];
}
