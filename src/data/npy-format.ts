/** NumPy's array format (NEP 1): magic, version, length of the header, a Python literal that describes the numbers. */
import { types } from 'node:util';
import { EigenstudentError } from '../errors.js';
import { describeForeign } from '../files/file-kind.js';
import { halfToNumber } from '../files/half-floats.js';
import { PythonTuple, type PythonValue, parsePythonLiteral } from './python-literal.js';

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

/** Other names that numpy.dtype() accepts, on 64-bit Linux as on macOS; other writers than NumPy use them. */
const aliases: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(kinds).map(([code, { name }]) => [name, code])),
  d: 'f8',
  double: 'f8',
  float: 'f8',
  f: 'f4',
  single: 'f4',
  e: 'f2',
  half: 'f2',
  l: 'i8',
  q: 'i8',
  int: 'i8',
  long: 'i8',
  longlong: 'i8',
  L: 'u8',
  Q: 'u8',
  uint: 'u8',
  i: 'i4',
  intc: 'i4',
  I: 'u4',
  uintc: 'u4',
  h: 'i2',
  short: 'i2',
  H: 'u2',
  ushort: 'u2',
  b: 'i1',
  byte: 'i1',
  B: 'u1',
  ubyte: 'u1',
  '?': 'b1',
  bool_: 'b1',
};

/** @returns what makes the error "<where> is not a readable NPY array: <reason>" */
export function corruptNpy(where: string): (reason: string) => EigenstudentError {
  return (reason) => new EigenstudentError('file_corrupt', `${where} is not a readable NPY array: ${reason}`);
}

function unsupported(where: string, holds: string, advice: string): EigenstudentError {
  return new EigenstudentError('file_unsupported', `${where} holds ${holds}. ${advice}`);
}

/**
 * The position of the header.
 * @param start the first 512 bytes, or as many as there are: they show what the file is if it is not an array
 * @throws file_corrupt
 */
export function headerSpan(start: Uint8Array, where: string): { readonly from: number; readonly to: number } {
  const corrupt = corruptNpy(where);
  const bytes = Buffer.from(start.buffer, start.byteOffset, start.length);
  if (bytes.toString('latin1', 0, 6) !== '\x93NUMPY') {
    const foreign = describeForeign(start);
    if (foreign !== undefined) throw corrupt(`it ${foreign}`);
    if (bytes.length < 6) throw corrupt(`it has ${bytes.length} bytes, too few for a header`);
    const received = spaced(bytes.subarray(0, 6));
    throw corrupt(`expected the magic 93 4e 55 4d 50 59, received ${received}`);
  }
  if (bytes.length < 12) throw corrupt(`it has ${bytes.length} bytes, too few for a header`);
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
 * The header as NumPy reads it: any Python literal, whatever its order, blanks and quotes.
 * @param bytes as in "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }"
 * @throws file_corrupt; file_unsupported for what is not an array of plain numbers
 */
export function parseNpyHeader(bytes: Uint8Array, where: string): NpyHeader {
  const corrupt = corruptNpy(where);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  let literal: PythonValue;
  try {
    literal = parsePythonLiteral(text);
  } catch (cause) {
    const shown = JSON.stringify(text.slice(0, 200).trim());
    throw corrupt(`its header ${shown} cannot be read: ${(cause as SyntaxError).message}`);
  }
  const fields = types.isMap(literal) ? literal : new Map();
  const [descr, order, shape] = ['descr', 'fortran_order', 'shape'].map((key) => fields.get(key));
  if (descr === undefined || typeof order !== 'boolean' || !isShape(shape))
    throw corrupt(`its header does not tell descr, fortran_order and shape: ${text.slice(0, 200).trim()}`);
  const { kind, bigEndian } = numberKind(descr, where);
  const sizes = shape.items as readonly number[];
  const count = sizes.reduce((product, size) => product * size, 1);
  if (!Number.isSafeInteger(count * kind.bytes)) throw corrupt(`its shape [${sizes}] is beyond any memory`);
  return { kind, bigEndian, fortranOrder: order, shape: sizes, count };
}

function isShape(value: unknown): value is PythonTuple {
  return (
    value instanceof PythonTuple &&
    value.items.every((size) => Number.isSafeInteger(size) && (size as number) >= 0)
  );
}

function numberKind(descr: PythonValue, where: string): { kind: NumberKind; bigEndian: boolean } {
  if (typeof descr !== 'string' || descr.includes(','))
    throw unsupported(where, 'a structured array', 'Save each of its fields as an array of its own');
  const [, endianness = '', name = ''] = /^([<>|=]?)(.*)$/s.exec(descr) as RegExpExecArray;
  if (name.startsWith('O'))
    throw unsupported(
      where,
      'an array of Python objects, which only Python can read (and which may run code)',
      'Save numbers: numpy.save(file, numpy.asarray(array, dtype=float))',
    );
  // after a byte order mark NumPy accepts only codes
  const isCode = endianness === '' || name.length <= 2;
  const code = isCode && Object.hasOwn(aliases, name) ? (aliases[name] as string) : name;
  const kind = Object.hasOwn(kinds, code) ? kinds[code] : undefined;
  if (kind) return { kind, bigEndian: endianness === '>' };
  const known = Object.values(kinds).map((each) => each.name);
  throw unsupported(where, `numbers of dtype ${descr}`, `Known: ${known.join(', ')}; save with .astype(...)`);
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
