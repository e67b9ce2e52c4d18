/** Checks the declared counts of a page's values before hyparquet loops or allocates by them. */
import type { Encoding, ParquetType } from 'hyparquet';
import { deltaBinaryUnpack } from 'hyparquet/src/delta.js';
import { readRleBitPackedHybrid } from 'hyparquet/src/encoding.js';
import { readVarInt } from 'hyparquet/src/thrift.js';

/** The values of one page, without its levels, from the byte `start` to the end. */
export interface PageValues {
  readonly view: DataView;
  readonly start: number;
  /** How many the page claims that are not null. */
  readonly count: number;
  readonly encoding: Encoding;
  readonly type: ParquetType;
  /** Bytes per value, of FIXED_LEN_BYTE_ARRAY. */
  readonly typeLength: number | undefined;
  /** Whether the page has a header of version 1. */
  readonly isFirstVersion: boolean;
}

/** @throws Error for values that do not fit into the bytes of the page */
export function checkValues(values: PageValues): void {
  const { encoding, count, view, start } = values;
  if (count < 0) throw new Error(`a page claims ${count} values`);
  if (count === 0) return;
  if (encoding === 'PLAIN') checkPlain(values);
  else if (encoding === 'BYTE_STREAM_SPLIT') checkFixed(values);
  else if (encoding === 'DELTA_BINARY_PACKED') checkDeltas(view, start, count);
  else if (encoding === 'DELTA_LENGTH_BYTE_ARRAY' || encoding === 'DELTA_BYTE_ARRAY') checkDeltaBytes(values);
  else if (encoding.endsWith('_DICTIONARY') || encoding === 'RLE') checkIndices(values);
}

/**
 * Runs of RLE and of bit-packed values: no run goes on beyond `count` values, but for padding that has bytes.
 * @throws Error for a run that does, and for runs that end too soon
 */
export function checkRuns(view: DataView, start: number, end: number, width: number, count: number): void {
  if (width > 32) throw new Error(`a page claims values of ${width} bits`);
  if (end > view.byteLength)
    throw new Error(`a page of ${view.byteLength} bytes claims runs up to byte ${end}`);
  const reader = { view, offset: start };
  let seen = 0;
  while (seen < count) {
    if (reader.offset >= end) throw new Error(`the runs of a page end after ${seen} of ${count} values`);
    const header = readVarInt(reader);
    const isPacked = (header & 1) === 1;
    const length = (header >>> 1) * (isPacked ? 8 : 1);
    const left = count - seen;
    // DuckDB pads bit-packed runs to 256 values: they have bytes
    const most = !isPacked ? left : width > 0 ? (8 * (view.byteLength - reader.offset)) / width : left + 7;
    if (length > most) throw new Error(`a page claims a run of ${length} values where ${left} are left`);
    // hyparquet reads a byte of a bit-packed run of none, too
    reader.offset += isPacked ? Math.max(1, (length / 8) * width) : (width + 7) >> 3;
    seen += length;
  }
}

/** How many of the levels are `level`. The runs have been checked. */
export function countLevels(
  view: DataView,
  start: number,
  { width, count, level }: { readonly width: number; readonly count: number; readonly level: number },
): number {
  const first = { view, offset: start };
  const header = count > 0 ? readVarInt(first) : 0;
  // one run for all: nothing is null, most of the time
  if (count > 0 && header === 2 * count && width <= 8)
    return view.getUint8(first.offset) === level ? count : 0;
  const levels: number[] = new Array(count);
  readRleBitPackedHybrid({ view, offset: start }, width, levels, view.byteLength - start);
  let found = 0;
  for (let i = 0; i < count; ++i) if (levels[i] === level) ++found;
  return found;
}

function checkPlain(values: PageValues): void {
  const { view, start, count, type } = values;
  if (type !== 'BYTE_ARRAY') {
    checkFixed(values);
    return;
  }
  let offset = start;
  for (let i = 0; i < count; ++i) {
    const next = offset + 4 <= view.byteLength ? offset + 4 + view.getUint32(offset, true) : Infinity;
    if (next > view.byteLength)
      throw new Error(`a page of ${view.byteLength} bytes ends in value ${i} of ${count}`);
    offset = next;
  }
}

const widths: Partial<Record<ParquetType, number>> = {
  ...{ BOOLEAN: 1 / 8, INT32: 4, INT64: 8, INT96: 12, FLOAT: 4, DOUBLE: 8 },
};

function checkFixed({ view, start, count, type, typeLength }: PageValues): void {
  const width = widths[type] ?? typeLength ?? 0;
  const needed = Math.ceil(count * width);
  const there = view.byteLength - start;
  if (!(needed >= 0 && needed <= there))
    throw new Error(`a page of ${there} bytes claims ${count} values of type ${type}`);
}

function checkIndices({ view, start, count, encoding, type, isFirstVersion }: PageValues): void {
  if (isFirstVersion ? type === 'BOOLEAN' : encoding === 'RLE') {
    const end = start + 4 + view.getUint32(start, true);
    checkRuns(view, start + 4, end, 1, count);
    return;
  }
  const width = view.getUint8(start);
  // one value throughout: hyparquet reads no runs
  if (width === 0 && isFirstVersion) return;
  checkRuns(view, start + 1, view.byteLength, width, count);
}

/** Encodings.md of the format: a block has a multiple of 128 values, a miniblock of 32. The block size is limited arbitrarily. */
function checkDeltas(view: DataView, start: number, count: number): void {
  const reader = { view, offset: start };
  const [block, miniblocks, total] = [readVarInt(reader), readVarInt(reader), readVarInt(reader)];
  const isPossible = block > 0 && block <= 2 ** 24 && miniblocks > 0 && block % miniblocks === 0;
  if (!isPossible || (block / miniblocks) % 8 !== 0)
    throw new Error(`a page claims blocks of ${block} differences in ${miniblocks} miniblocks`);
  if (total !== count) throw new Error(`a page of ${count} values claims ${total} differences`);
}

function checkDeltaBytes({ view, start, count, encoding }: PageValues): void {
  const reader = { view, offset: start };
  const lengths = (): Int32Array => {
    checkDeltas(view, reader.offset, count);
    const unpacked = new Int32Array(count);
    deltaBinaryUnpack(reader, count, unpacked);
    return unpacked;
  };
  const shared = encoding === 'DELTA_BYTE_ARRAY' ? lengths() : new Int32Array(count);
  const own = lengths();
  let previous = 0;
  let offset = reader.offset;
  for (let i = 0; i < count; ++i) {
    const [prefix, length] = [shared[i] as number, own[i] as number];
    offset += length;
    if (prefix < 0 || prefix > previous || length < 0 || offset > view.byteLength)
      throw new Error(
        `value ${i} of a page claims ${prefix} bytes of the one before it and ${length} of its own`,
      );
    previous = prefix + length;
  }
}
