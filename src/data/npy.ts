/** Arrays that NumPy wrote: numpy.save(...). */
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

/**
 * The array in the bytes of an NPY file; a copy.
 * @param where names the bytes in errors, as a path does
 * @throws file_corrupt; file_unsupported for arrays of objects, of records, of complex numbers, of text, and for integers
 *   beyond 2^53
 */
export function parseNpy(bytes: Uint8Array, where: string): NpyArray {
  const { from, to } = headerSpan(bytes.subarray(0, 12), where);
  if (to > bytes.length)
    throw corruptNpy(where)(`it ends within its header, at byte ${bytes.length} of ${to}`);
  const header = parseNpyHeader(Buffer.from(bytes.subarray(from, to)).toString('latin1'), where);
  checkLength(header, bytes.length - to, where);
  const numbers = new Uint8Array(bytes.length - to); // of its own: the file's need not be aligned
  numbers.set(bytes.subarray(to));
  return decode(header, numbers, where);
}

/**
 * The array of an NPY file, which may be compressed with gzip. Its size is held against the header before room is made.
 * @throws file_unreadable, and as parseNpy
 */
export async function readNpy(path: string): Promise<NpyArray> {
  const source = await ByteSource.open(path);
  try {
    const start = new Uint8Array(12);
    const { from, to } = headerSpan(start.subarray(0, await source.fill(start)), path);
    const text = new Uint8Array(to - 12); // a header has at least the two bytes that are read of it already
    const filled = await source.fill(text);
    if (filled < text.length)
      throw corruptNpy(path)(`it ends within its header, at byte ${12 + filled} of ${to}`);
    const header = parseNpyHeader(Buffer.concat([start.subarray(from), text]).toString('latin1'), path);
    const bytes = header.count * header.kind.bytes;
    if (!source.compressed || bytes > source.most) checkLength(header, source.most - to, path);
    const numbers = allocateBytes(bytes, `the array of ${path}`);
    const read = await source.fill(numbers);
    checkLength(header, read < bytes || (await source.atEnd()) ? read : bytes + 1, path);
    return decode(header, numbers, path);
  } finally {
    source.close();
  }
}

function checkLength(header: NpyHeader, received: number, where: string): void {
  const expected = header.count * header.kind.bytes;
  if (received === expected) return;
  const what = received < expected ? `only ${received} follow it` : 'more follow it';
  throw corruptNpy(where)(`its header describes ${describeHeader(header)}; ${what}`);
}

/** @param numbers with a buffer of their own; their bytes are changed */
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

/** From an array whose first index varies fastest to one whose last does. */
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
