/**
 * The safetensors format (https://huggingface.co/docs/safetensors): 8 bytes little-endian length of the header, a JSON
 * header {name: {dtype, shape, data_offsets}}, then the numbers, row-major, little-endian, without gaps.
 */

import { invalid } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { typedArrayKind } from '../kinds.js';
import { checkAttached } from './arrays.js';
import { writeAtomically } from './atomic-write.js';
import { bfloatToNumber, halfToNumber } from './half-floats.js';
import { readBytes } from './read-bytes.js';

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
  readonly metadata: Record<string, string>;
}

/** Of the length that a file begins with. */
export const lengthBytes = 8;
const maximumHeader = 100_000_000; // the format's own limit

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

function checkTensor(name: string, { dtype, shape, data }: SafeTensor): void {
  if (name === '__metadata__') throw invalid('the name of a tensor', 'any name but __metadata__', name);
  const kind = Object.hasOwn(kinds, dtype) ? kinds[dtype] : undefined;
  if (!kind) throw invalid(`dtype of tensor ${name}`, `one of ${Object.keys(kinds).join(', ')}`, dtype);
  if (typedArrayKind(data) !== kind.name)
    throw invalid(`tensor ${name} of dtype ${dtype}`, `a ${kind.name}`, data);
  checkAttached(`tensor ${name}`, data);
  const size = shape.reduce((product, length) => product * length, 1);
  if (size !== data.length) throw invalid(`tensor ${name} of shape [${shape}]`, `${size} numbers`, data);
}

/**
 * What a safetensors file holds; the arrays are copies. F16 and BF16 come as F32.
 * @param source names the bytes in error messages, as a path does
 * @throws file_corrupt with the reason
 */
export function decodeSafetensors(bytes: Uint8Array, source = 'these bytes'): SafetensorsFile {
  const corrupt = (reason: string, cause?: unknown) =>
    new EigenstudentError('file_corrupt', `${source} is not a readable safetensors file: ${reason}`, {
      cause,
    });
  if (bytes.length < lengthBytes) throw corrupt(`it has ${bytes.length} bytes, too few for a header`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = Number(view.getBigUint64(0, true));
  if (headerBytes > maximumHeader || lengthBytes + headerBytes > bytes.length)
    throw corrupt(`its header should have ${headerBytes} bytes; the file has ${bytes.length} in all`);
  const header = parseHeader(bytes.subarray(lengthBytes, lengthBytes + headerBytes), corrupt);
  const numbers = bytes.subarray(lengthBytes + headerBytes);
  const { __metadata__: metadata = {}, ...entries } = header;
  if (!isObject(metadata) || Object.values(metadata).some((value) => typeof value !== 'string'))
    throw corrupt('its metadata are not strings');
  const tensors = new Map<string, SafeTensor>();
  const spans: [number, number][] = [];
  for (const [name, entry] of Object.entries(entries)) {
    const { span, ...tensor } = readTensor(name, entry, numbers, corrupt);
    tensors.set(name, tensor);
    spans.push(span);
  }
  checkSpans(spans, numbers.length, corrupt);
  return { tensors, metadata: metadata as Record<string, string> };
}

type Corrupt = (reason: string, cause?: unknown) => EigenstudentError;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function parseHeader(bytes: Uint8Array, corrupt: Corrupt): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (isObject(header)) return header;
  } catch (cause) {
    throw corrupt('its header is not JSON', cause);
  }
  throw corrupt('its header is not a JSON object');
}

export function readTensor(name: string, entry: unknown, numbers: Uint8Array, corrupt: Corrupt) {
  if (!isObject(entry)) throw corrupt(`tensor ${name} has no description`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== 'string' || !readable.includes(dtype))
    throw corrupt(`tensor ${name} has dtype ${String(dtype)}; those known here are ${readable.join(', ')}`);
  if (!isSizes(shape)) throw corrupt(`tensor ${name} has no valid shape`);
  if (!isSizes(offsets) || offsets.length !== 2) throw corrupt(`tensor ${name} has no valid offsets`);
  const [start, end] = offsets as [number, number];
  const size = shape.reduce((product, length) => product * length, 1);
  if (end - start !== size * bytesOf(dtype) || end > numbers.length)
    throw corrupt(
      `tensor ${name} of dtype ${dtype} and shape [${shape}] does not fit bytes ${start} to ${end} of ${numbers.length}`,
    );
  const span: [number, number] = [start, end];
  return { ...decodeNumbers(dtype, numbers.subarray(start, end)), shape, span };
}

/** Of a number in the file. */
function bytesOf(dtype: string): number {
  return halves.has(dtype) ? 2 : kinds[dtype as SafeDType].BYTES_PER_ELEMENT;
}

/** A copy: the file's bytes need not be aligned. */
function decodeNumbers(dtype: string, bytes: Uint8Array): Pick<SafeTensor, 'dtype' | 'data'> {
  const { buffer } = new Uint8Array(bytes);
  const half = halves.get(dtype);
  if (half) return { dtype: 'F32', data: Float32Array.from(new Uint16Array(buffer), half) };
  return { dtype: dtype as SafeDType, data: new kinds[dtype as SafeDType](buffer) };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

/** The format allows neither gaps nor overlaps; either means that header and numbers do not belong together. */
function checkSpans(spans: [number, number][], length: number, corrupt: Corrupt): void {
  let position = 0;
  for (const [start, end] of spans.sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    if (start !== position) throw corrupt(`byte ${position} of its numbers is in no tensor, or in two`);
    position = end;
  }
  if (position !== length) throw corrupt(`its tensors end at byte ${position} of ${length}`);
}

/**
 * Writes a safetensors file, whole or not at all.
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
