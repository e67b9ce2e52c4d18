/** NumPy's array format (NEP 1): magic, version, length of the header, a Python literal that describes the numbers. */
import { EigenstudentError } from '../errors.js';
import { halfToNumber } from '../network/half-floats.js';

export interface NpyHeader {
  readonly kind: NumberKind;
  readonly bigEndian: boolean;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Product of the shape. */
  readonly count: number;
}

export type NpyData =
  | Float64Array
  | Float32Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

export interface NumberKind {
  /** NumPy's name. */
  readonly name: string;
  readonly bytes: number;
  /** From an array buffer of little-endian numbers. */
  readonly view: (buffer: ArrayBuffer, where: string) => NpyData;
}

/** Magic, version, and a header's length in two bytes (version 1) or four. */
export const preambleBytes = { 1: 10, 2: 12, 3: 12 } as const;
/** Far more than any array of plain numbers needs; arbitrary. */
const longestHeader = 2 ** 20;

/** By the code that NumPy writes. 64-bit integers come as doubles, half floats as floats, both exactly. */
const kinds: Readonly<Record<string, NumberKind>> = {
  f8: { name: 'float64', bytes: 8, view: (buffer) => new Float64Array(buffer) },
  f4: { name: 'float32', bytes: 4, view: (buffer) => new Float32Array(buffer) },
  f2: {
    name: 'float16',
    bytes: 2,
    view: (buffer) => Float32Array.from(new Uint16Array(buffer), halfToNumber),
  },
  i8: { name: 'int64', bytes: 8, view: (buffer, where) => toDoubles(new BigInt64Array(buffer), where) },
  u8: { name: 'uint64', bytes: 8, view: (buffer, where) => toDoubles(new BigUint64Array(buffer), where) },
  i4: { name: 'int32', bytes: 4, view: (buffer) => new Int32Array(buffer) },
  u4: { name: 'uint32', bytes: 4, view: (buffer) => new Uint32Array(buffer) },
  i2: { name: 'int16', bytes: 2, view: (buffer) => new Int16Array(buffer) },
  u2: { name: 'uint16', bytes: 2, view: (buffer) => new Uint16Array(buffer) },
  i1: { name: 'int8', bytes: 1, view: (buffer) => new Int8Array(buffer) },
  u1: { name: 'uint8', bytes: 1, view: (buffer) => new Uint8Array(buffer) },
  b1: { name: 'bool', bytes: 1, view: (buffer) => new Uint8Array(buffer) },
};

/** @returns what makes the error "<where> is not a readable NPY array: <reason>" */
export function corruptNpy(where: string): (reason: string) => EigenstudentError {
  return (reason) => new EigenstudentError('file_corrupt', `${where} is not a readable NPY array: ${reason}`);
}

function unsupported(where: string, holds: string, advice: string): EigenstudentError {
  return new EigenstudentError('file_unsupported', `${where} holds ${holds}. ${advice}`);
}

/**
 * Where the header stands.
 * @param start the first 12 bytes, or as many as there are
 * @throws file_corrupt
 */
export function headerSpan(start: Uint8Array, where: string): { readonly from: number; readonly to: number } {
  const corrupt = corruptNpy(where);
  const bytes = Buffer.from(start.buffer, start.byteOffset, start.length);
  if (bytes.length < 12) throw corrupt(`it has ${bytes.length} bytes, too few for a header`);
  if (bytes.toString('latin1', 0, 6) !== '\x93NUMPY')
    throw corrupt(`expected the magic 93 4e 55 4d 50 59, received ${spaced(bytes.subarray(0, 6))}`);
  const version = bytes[6] as number;
  const from = preambleBytes[version as keyof typeof preambleBytes];
  if (from === undefined) throw corrupt(`expected format version 1, 2 or 3, received ${version}`);
  const length = version === 1 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8);
  if (length > longestHeader) throw corrupt(`its header should have ${length} bytes, more than any has`);
  return { from, to: from + length };
}

function spaced(bytes: Buffer): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

/**
 * @param text as in "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }"
 * @throws file_corrupt; file_unsupported for what is not an array of plain numbers
 */
export function parseNpyHeader(text: string, where: string): NpyHeader {
  const corrupt = corruptNpy(where);
  const descr = /'descr':\s*(?:'([^']*)'|(\[|\())/.exec(text);
  const order = /'fortran_order':\s*(True|False)/.exec(text);
  const sizes = /'shape':\s*\(([\d,\s]*)\)/.exec(text);
  if (!descr || !order || !sizes)
    throw corrupt(`its header does not tell descr, fortran_order and shape: ${text.slice(0, 200).trim()}`);
  const [, code, structured] = descr;
  if (structured)
    throw unsupported(where, 'a structured array', 'Save each of its fields as an array of its own');
  const [, endianness, name] = /^([<>|=]?)(.*)$/.exec(code as string) as RegExpExecArray;
  if (name?.startsWith('O'))
    throw unsupported(
      where,
      'an array of Python objects, which only Python can read (and which may run code)',
      'Save numbers: numpy.save(file, numpy.asarray(array, dtype=float))',
    );
  const kind = Object.hasOwn(kinds, name as string) ? kinds[name as string] : undefined;
  if (!kind) {
    const known = Object.values(kinds).map((each) => each.name);
    throw unsupported(
      where,
      `numbers of dtype ${code}`,
      `Known: ${known.join(', ')}; save with .astype(...)`,
    );
  }
  const shape = (sizes[1] as string).split(',').flatMap((size) => (size.trim() ? [Number(size)] : []));
  const count = shape.reduce((product, size) => product * size, 1);
  if (!Number.isSafeInteger(count * kind.bytes)) throw corrupt(`its shape [${shape}] is beyond any memory`);
  return { kind, bigEndian: endianness === '>', fortranOrder: order[1] === 'True', shape, count };
}

/** "3 x 4 numbers of dtype float64, 96 bytes" */
export function describeHeader({ kind, shape, count }: NpyHeader): string {
  const size = shape.length === 0 ? 'one number' : `${shape.join(' x ')} numbers`;
  return `${size} of dtype ${kind.name}, ${count * kind.bytes} bytes`;
}

function toDoubles(integers: BigInt64Array | BigUint64Array, where: string): Float64Array {
  const doubles = new Float64Array(integers.length);
  for (let i = 0; i < integers.length; ++i) {
    const value = Number(integers[i]);
    if (!Number.isSafeInteger(value)) {
      const holds = `the integer ${integers[i]} at index ${i}, which no double holds exactly`;
      throw unsupported(where, holds, 'Save it with .astype(float)');
    }
    doubles[i] = value;
  }
  return doubles;
}
