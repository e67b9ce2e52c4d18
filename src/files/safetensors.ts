/**
 * The safetensors format (https://huggingface.co/docs/safetensors): 8 bytes little-endian length of the header, a JSON
 * header {name: {dtype, shape, data_offsets}}, then the numbers, row-major, little-endian, without gaps.
 */

import { types } from 'node:util';
import { denseArray, invalid, nonNegativeInteger, quote } from '../arguments.js';
import { typedArrayKind } from '../kinds.js';
import { checkAttached } from '../native/arrays.js';
import { writeAtomically } from './atomic-write.js';
import { bfloatToNumber, halfToNumber } from './half-floats.js';
import { readBytes } from './read-bytes.js';
import {
  checkHeader,
  corruptSafetensors,
  headerLength,
  lengthBytes,
  parseHeader,
  type TensorEntry,
} from './safetensors-header.js';

const kinds = { F32: Float32Array, F64: Float64Array, U32: Uint32Array, I64: BigInt64Array } as const;
export type SafeDType = keyof typeof kinds;
/** Read as F32, which holds them exactly; never written. */
const halves = new Map([
  ['F16', halfToNumber],
  ['BF16', bfloatToNumber],
]);
const readable = [...Object.keys(kinds), ...halves.keys()];

export interface SafeTensor {
  readonly dtype: SafeDType;
  readonly shape: readonly number[];
  /** Of the dtype's kind; length is the product of the shape. */
  readonly data: Float32Array | Float64Array | Uint32Array | BigInt64Array;
}

export interface SafetensorsFile {
  readonly tensors: Map<string, SafeTensor>;
  /** Values that are not strings, which the format does not allow, are left out. */
  readonly metadata: Record<string, string>;
  /** After reading: tensors of other dtypes (BOOL, I32, F8_E4M3, ...), which were skipped. */
  readonly unread?: ReadonlyMap<string, UnreadTensor>;
}

/** A tensor whose numbers were not read. */
export interface UnreadTensor {
  /** As in the file. */
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** A tensor of the array's kind. Default shape: [length]. */
export function safeTensor(data: SafeTensor['data'], shape: readonly number[] = [data.length]): SafeTensor {
  const [dtype] = Object.entries(kinds).find(([, { name }]) => name === typedArrayKind(data)) ?? [
    'of no known kind',
  ];
  return { dtype: dtype as SafeDType, shape, data };
}

/**
 * The bytes of a safetensors file. Tensors of 8-byte numbers come first, so that every tensor is aligned.
 * @throws invalid_argument when a tensor's kind or length does not match its dtype and shape
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, SafeTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Buffer {
  if (!types.isMap(tensors)) throw invalid('tensors', 'a Map of tensors by name', tensors);
  checkMetadata(metadata);
  for (const [name, tensor] of tensors) checkTensor(name, tensor);
  const entries = [...tensors];
  const width = ([, { data }]: [string, SafeTensor]) => data.BYTES_PER_ELEMENT;
  entries.sort((a, b) => width(b) - width(a));
  let offset = 0;
  const described = entries.map(([name, { dtype, shape, data }]) => {
    const start = offset;
    offset += data.byteLength;
    return [name, { dtype, shape, data_offsets: [start, offset] }] as const;
  });
  // fromEntries, and not assignment: a tensor may be called "__proto__"
  const header = JSON.stringify(Object.fromEntries([['__metadata__', metadata], ...described]));
  const headerBytes = Math.ceil(Buffer.byteLength(header) / 8) * 8;
  const length = Buffer.alloc(lengthBytes);
  length.writeBigUInt64LE(BigInt(headerBytes));
  const padding = Buffer.alloc(headerBytes - Buffer.byteLength(header), ' ');
  const blocks = entries.map(([, { data }]) => Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  return Buffer.concat([length, Buffer.from(header), padding, ...blocks]);
}

function checkMetadata(metadata: Readonly<Record<string, string>>): void {
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata))
    throw invalid('metadata', 'an object of texts by name', metadata);
  for (const [name, text] of Object.entries(metadata))
    if (typeof text !== 'string') throw invalid(`metadata ${quote(name)}`, 'a text', text);
}

function checkTensor(name: string, tensor: SafeTensor): void {
  if (typeof name !== 'string') throw invalid('the name of a tensor', 'a text', name);
  if (typeof tensor !== 'object' || tensor === null)
    throw invalid(`tensor ${name}`, 'a tensor { dtype, shape, data }', tensor);
  const { dtype, shape, data } = tensor;
  if (name === '__metadata__') throw invalid('the name of a tensor', 'any name but __metadata__', name);
  const kind = typeof dtype === 'string' && Object.hasOwn(kinds, dtype) ? kinds[dtype] : undefined;
  if (!kind) throw invalid(`dtype of tensor ${name}`, `one of ${Object.keys(kinds).join(', ')}`, dtype);
  if (typedArrayKind(data) !== kind.name)
    throw invalid(`tensor ${name} of dtype ${dtype}`, `a ${kind.name}`, data);
  checkAttached(`tensor ${name}`, data);
  denseArray(`shape of tensor ${name}`, 'an array of sizes', shape).forEach((size, i) => {
    nonNegativeInteger(`shape of tensor ${name}[${i}]`, size);
  });
  const size = shape.reduce((product, length) => product * length, 1);
  if (size !== data.length) throw invalid(`tensor ${name} of shape [${shape}]`, `${size} numbers`, data);
}

/**
 * The contents of a safetensors file; the arrays are copies. F16 and BF16 come as F32.
 * @param source names the bytes in error messages, as a path does
 * @throws file_corrupt with the reason
 */
export function decodeSafetensors(bytes: Uint8Array, source = 'these bytes'): SafetensorsFile {
  const corrupt = corruptSafetensors(source);
  const length = headerLength(bytes, bytes.length, corrupt);
  const header = parseHeader(bytes.subarray(lengthBytes, lengthBytes + length), corrupt);
  const numbers = bytes.subarray(lengthBytes + length);
  const { entries, metadata } = checkHeader(header, numbers.length, corrupt);
  const tensors = new Map<string, SafeTensor>();
  const unread = new Map<string, UnreadTensor>();
  for (const [name, entry] of entries) {
    const { dtype, shape, start, end } = entry;
    if (isReadable(dtype)) tensors.set(name, tensorOf(entry, new Uint8Array(numbers.subarray(start, end))));
    else unread.set(name, { dtype, shape });
  }
  return { tensors, metadata, unread };
}

/** Whether tensors of a dtype are read. */
export function isReadable(dtype: string): boolean {
  return readable.includes(dtype);
}

/**
 * A tensor from its bytes.
 * @param bytes a view of a whole buffer, which the tensor shares where possible
 */
export function tensorOf({ dtype, shape }: TensorEntry, { buffer }: Uint8Array): SafeTensor {
  const half = halves.get(dtype);
  if (half) return { dtype: 'F32', shape, data: Float32Array.from(new Uint16Array(buffer), half) };
  return { dtype: dtype as SafeDType, shape, data: new kinds[dtype as SafeDType](buffer as ArrayBuffer) };
}

/**
 * Writes a safetensors file atomically.
 * @throws invalid_argument, file_unwritable
 */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, SafeTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await writeAtomically(path, encodeSafetensors(tensors, metadata));
}

/** @throws file_unreadable, file_corrupt, with the path and the reason */
export async function readSafetensors(path: string): Promise<SafetensorsFile> {
  return decodeSafetensors(await readBytes(path), path);
}
