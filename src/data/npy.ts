/** Arrays that NumPy wrote: numpy.save(...). */
import { types } from 'node:util';
import { invalid } from '../arguments.js';
import { signatureBytes } from '../files/file-kind.js';
import { allocateBytes, ByteSource } from './byte-source.js';
import {
  corruptNpy,
  describeHeader,
  headerSpan,
  type NpyData,
  type NpyHeader,
  parseNpyHeader,
} from './npy-format.js';

export type { NpyData } from './npy-format.js';

export interface NpyArray {
  /** Sizes of the dimensions; [] of a single number. */
  readonly shape: readonly number[];
  /** NumPy's name of what the file holds, as in "float32". */
  readonly dtype: string;
  /**
   * Row-major, whatever the order in the file. float16 comes as Float32Array, int64 and uint64 as Float64Array, bool as
   * Uint8Array of 0 and 1; every other dtype as the array of its kind.
   */
  readonly data: NpyData;
}

/** An array, and what messages call it: a path, or "array x_train of mnist.npz". */
export interface NamedArray {
  readonly array: NpyArray;
  readonly where: string;
}

/**
 * The array in the bytes of an NPY file; a copy. As NumPy does, it reads the first array and ignores what follows.
 * @param where names the bytes in errors, as a path does
 * @throws file_corrupt; file_unsupported for arrays of objects, of records, of complex numbers, of text, and for integers
 *   beyond 2^53; invalid_argument for an argument that is not bytes
 */
export function parseNpy(bytes: Uint8Array, where: string): NpyArray {
  if (!types.isUint8Array(bytes)) throw invalid('bytes of parseNpy', 'a Uint8Array', bytes);
  if (typeof where !== 'string') throw invalid('where of parseNpy', 'a text that names the bytes', where);
  const { from, to } = headerSpan(bytes.subarray(0, signatureBytes), where);
  if (to > bytes.length) throw cutWithinHeader(where, bytes.length, to);
  const header = parseNpyHeader(bytes.subarray(from, to), where);
  const size = header.count * header.kind.bytes;
  checkLength(header, bytes.length - to, where);
  const numbers = allocateBytes(size, `the array of ${where}`); // a new buffer: the bytes of the file need not be aligned
  numbers.set(bytes.subarray(to, to + size));
  return decode(header, numbers, where);
}

/**
 * The array of an NPY file, which may be compressed with gzip. The file's size is checked against the header
 * before memory is allocated. As NumPy does, it reads the first array and ignores what follows.
 * @throws file_unreadable, and as parseNpy
 */
export async function readNpy(path: string): Promise<NpyArray> {
  const source = await ByteSource.open(path);
  try {
    return await readNpyFrom(source);
  } finally {
    source.close();
  }
}

/** The next array; what follows is ignored. @throws as readNpy */
export async function readNpyFrom(source: ByteSource): Promise<NpyArray> {
  const { path } = source;
  const { from, to } = headerSpan(await source.peek(), path);
  const start = new Uint8Array(to);
  const filled = await source.fill(start);
  if (filled < to) throw cutWithinHeader(path, filled, to);
  const header = parseNpyHeader(start.subarray(from), path);
  const bytes = header.count * header.kind.bytes;
  if (!source.compressed || bytes > source.most) checkLength(header, source.most - to, path);
  const numbers = allocateBytes(bytes, `the array of ${path}`);
  checkLength(header, await source.fill(numbers), path);
  await source.drain(); // checksums cover all of it
  return decode(header, numbers, path);
}

function cutWithinHeader(where: string, length: number, to: number): Error {
  return corruptNpy(where)(`it ends within its header, at byte ${length} of ${to}`);
}

function checkLength(header: NpyHeader, received: number, where: string): void {
  if (received >= header.count * header.kind.bytes) return;
  throw corruptNpy(where)(`its header describes ${describeHeader(header)}; only ${received} follow it`);
}

/** @param numbers in a buffer that nothing else uses; their bytes are changed in place */
function decode(header: NpyHeader, numbers: Uint8Array, where: string): NpyArray {
  const { kind, shape } = header;
  if (header.bigEndian) toLittleEndian(numbers, kind.bytes);
  const data = kind.view(numbers.buffer as ArrayBuffer, where);
  return { shape, dtype: kind.name, data: header.fortranOrder ? toRowMajor(data, shape) : data };
}

function toLittleEndian(bytes: Uint8Array, width: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (width === 2) buffer.swap16();
  if (width === 4) buffer.swap32();
  if (width === 8) buffer.swap64();
}

/** Converts column-major (first index fastest) to row-major order. */
function toRowMajor(data: NpyData, shape: readonly number[]): NpyData {
  if (shape.length < 2) return data;
  const result = data.slice();
  const index = shape.map(() => 0);
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, size) => product * size, 1));
  let from = 0;
  for (let to = 0; to < data.length; ++to) {
    result[to] = data[from] as number;
    for (let axis = shape.length - 1; axis >= 0; --axis) {
      const [size, stride] = [shape[axis] as number, strides[axis] as number];
      index[axis] = (index[axis] as number) + 1;
      from += stride;
      if (index[axis] !== size) break;
      index[axis] = 0;
      from -= size * stride;
    }
  }
  return result;
}
