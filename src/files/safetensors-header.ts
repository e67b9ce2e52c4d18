/** The header of a safetensors file, checked against the file's size before any numbers are read. */
import { EigenstudentError } from '../errors.js';
import { describeForeign, signatureBytes } from './file-kind.js';

/** Bytes of the header length at the beginning of a file. */
export const lengthBytes = 8;
/** The format's own limit. */
export const maximumHeader = 100_000_000;

/** Byte range of a tensor's numbers, counted from the end of the header. */
export interface TensorEntry {
  /** As in the file; this package may not read it. */
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly entries: ReadonlyMap<string, TensorEntry>;
  /** Values that are not strings, which the format does not allow, are left out. */
  readonly metadata: Readonly<Record<string, string>>;
}

export type Corrupt = (reason: string, cause?: unknown) => EigenstudentError;

/** @returns what makes the error "<source> is not a readable safetensors file: <reason>" */
export function corruptSafetensors(source: string): Corrupt {
  return (reason, cause) =>
    new EigenstudentError('file_corrupt', `${source} is not a readable safetensors file: ${reason}`, {
      cause,
    });
}

/**
 * Bits of one number (https://github.com/huggingface/safetensors, tensor.rs, version 0.8). For a newer dtype,
 * which is missing here, the bytes are not checked against the shape.
 */
const bitsOf: Readonly<Record<string, number>> = {
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  BOOL: 8,
  I8: 8,
  U8: 8,
  F8_E4M3: 8,
  F8_E5M2: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  I64: 64,
  U64: 64,
  F64: 64,
  C64: 64,
};

/**
 * How long the header is.
 * @param start of the file: signatureBytes of it, or as many as there are
 * @param size of the file in bytes
 * @throws file_corrupt, naming what the file is where it has another format
 */
export function headerLength(start: Uint8Array, size: number, corrupt: Corrupt): number {
  const kind = () => describeForeign(start.subarray(0, signatureBytes), 'a safetensors file');
  const otherwise = (reason: string) => {
    const foreign = kind();
    return corrupt(foreign === undefined ? reason : `it ${foreign}`);
  };
  if (start.length < lengthBytes) throw otherwise(`it has ${size} bytes, too few for a header`);
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > maximumHeader || lengthBytes + length > size)
    throw otherwise(`its header should have ${length} bytes; the file has ${size} in all`);
  if (start[lengthBytes] !== 0x7b && kind() !== undefined) throw otherwise('');
  return length;
}

const notJson = 'its header is not JSON';

/** The parsed JSON of the header, unchecked. @throws file_corrupt */
export function parseHeader(bytes: Uint8Array, corrupt: Corrupt): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (isObject(header)) return header;
  } catch (cause) {
    throw corrupt(notJson, cause);
  }
  throw corrupt('its header is not a JSON object');
}

/**
 * Every tensor, as Python's safetensors checks them: sizes, and that numbers have neither gaps nor overlaps.
 * Metadata may hold anything that another program has written; no file is refused because of them.
 * @param available bytes after the header
 * @throws file_corrupt
 */
export function checkHeader(
  header: Readonly<Record<string, unknown>>,
  available: number,
  corrupt: Corrupt,
): SafetensorsHeader {
  const { __metadata__: _, ...described } = header;
  const entries = new Map(
    Object.entries(described).map(([name, entry]) => [name, entryOf(name, entry, available, corrupt)]),
  );
  checkSpans([...entries.values()], available, corrupt);
  return { entries, metadata: metadataOf(header) };
}

export function metadataOf({ __metadata__: metadata }: Readonly<Record<string, unknown>>) {
  const strings = Object.entries(isObject(metadata) ? metadata : {}).filter(
    (pair): pair is [string, string] => typeof pair[1] === 'string',
  );
  return Object.fromEntries(strings);
}

/** @throws file_corrupt */
export function entryOf(name: string, entry: unknown, available: number, corrupt: Corrupt): TensorEntry {
  if (!isObject(entry)) throw corrupt(`tensor ${name} has no description`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== 'string') throw corrupt(`tensor ${name} has no dtype`);
  if (!isSizes(shape)) throw corrupt(`tensor ${name} has no valid shape`);
  if (!isSizes(offsets) || offsets.length !== 2) throw corrupt(`tensor ${name} has no valid offsets`);
  const [start, end] = offsets as [number, number];
  const bits = Object.hasOwn(bitsOf, dtype) ? bitsOf[dtype] : undefined;
  const expected = shape.reduce((product, length) => product * length, bits ?? 0) / 8;
  if (start > end || end > available || (bits !== undefined && end - start !== expected))
    throw corrupt(
      `tensor ${name} of dtype ${dtype} and shape [${shape}] does not fit bytes ${start} to ${end} of ${available}`,
    );
  return { dtype, shape, start, end };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

/** The format allows neither gaps nor overlaps; either means that header and numbers do not belong together. */
function checkSpans(entries: TensorEntry[], length: number, corrupt: Corrupt): void {
  let position = 0;
  for (const { start, end } of entries.sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (start !== position) throw corrupt(`byte ${position} of its numbers is in no tensor, or in two`);
    position = end;
  }
  if (position !== length) throw corrupt(`its tensors end at byte ${position} of ${length}`);
}
