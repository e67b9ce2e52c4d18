/**
 * Whether the pages of a Parquet file can be what they claim: counts, sizes, levels and runs are checked
 * against the rows of the row group and the available bytes, before hyparquet loops or allocates over them.
 */
import {
  type AsyncBuffer,
  type ColumnMetaData,
  type CompressionCodec,
  type Compressors,
  type FileMetaData,
  type PageHeader,
  parquetSchema,
  type RowGroup,
  type SchemaElement,
  type SchemaTree,
} from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import {
  getMaxDefinitionLevel,
  getMaxRepetitionLevel,
  getTreePath,
  isFlatColumn,
} from 'hyparquet/src/schema.js';
import { decompress } from './decompression.js';
import { checkRuns, checkValues, countLevels } from './page-values.js';

/** What the footer says of a column of a row group. */
interface Chunk {
  readonly name: string;
  readonly codec: CompressionCodec;
  readonly meta: ColumnMetaData;
  readonly element: SchemaElement;
  /** Values, nulls included; no page has more. */
  readonly most: number;
  readonly isFlat: boolean;
  readonly levels: { readonly repetition: number; readonly definition: number };
}

interface PlacedChunk extends Chunk {
  readonly start: number;
  readonly end: number;
}

interface CheckedFile {
  readonly file: AsyncBuffer;
  readonly metadata: FileMetaData;
  readonly compressors: Compressors;
}

/**
 * What hyparquet is to read in place of `file`: the same columns, whose pages are checked. hyparquet calls a decompressor by the
 * name of the codec: each chunk gets a codec of its own, by which the decompressor finds the chunk that it unpacks.
 * @throws Error for a chunk whose type is not that of its column; `file` and `compressors` throw for a page that cannot be
 */
export function withCheckedPages(
  file: AsyncBuffer,
  metadata: FileMetaData,
  columns: readonly string[],
): CheckedFile {
  const schema = parquetSchema(metadata);
  const chunks: PlacedChunk[] = [];
  const compressors: Record<string, (bytes: Uint8Array, length: number) => Uint8Array> = {};
  const withOwnCodec = (group: RowGroup): RowGroup => ({
    ...group,
    columns: group.columns.map((column) => {
      const { meta_data: meta } = column;
      if (!meta || !columns.includes(meta.path_in_schema[0] as string)) return column;
      const chunk = chunkOf(meta, Number(group.num_rows), getTreePath(schema, meta.path_in_schema));
      const start = Number(meta.dictionary_page_offset || meta.data_page_offset);
      chunks.push({ ...chunk, start, end: start + Number(meta.total_compressed_size) });
      const codec = `chunk ${chunks.length}`;
      compressors[codec] = (bytes, length) => unpacked(chunk, bytes, length);
      return { ...column, meta_data: { ...meta, codec: codec as CompressionCodec } };
    }),
  });
  const row_groups = metadata.row_groups.map(withOwnCodec);
  chunks.sort((a, b) => a.start - b.start);
  return {
    metadata: { ...metadata, row_groups },
    compressors,
    file: {
      byteLength: file.byteLength,
      slice(start, end = file.byteLength) {
        if (!(Number.isInteger(start) && start >= 0 && start <= end && end <= file.byteLength))
          throw new Error(`the footer claims the bytes ${start} to ${end} of ${file.byteLength}`);
        const chunk = chunkAt(chunks, start);
        const bytes = Promise.resolve(file.slice(start, end)).then((read) => {
          if (chunk) pagesOf(chunk, read);
          return read;
        });
        // hyparquet reads ahead; what it does not use in the end must not end the process
        bytes.catch(() => undefined);
        return bytes;
      },
    },
  };
}

/** @param chunks by their starts */
function chunkAt(chunks: readonly PlacedChunk[], place: number): PlacedChunk | undefined {
  let [low, high] = [0, chunks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((chunks[middle] as PlacedChunk).start <= place) low = middle + 1;
    else high = middle;
  }
  const last = chunks[low - 1];
  return last && place < last.end ? last : undefined;
}

function chunkOf(meta: ColumnMetaData, rows: number, path: SchemaTree[]): Chunk {
  const { element } = path.at(-1) as SchemaTree;
  const name = meta.path_in_schema.join('.');
  const isWide = element.type === 'INT32' && meta.type === 'INT64'; // see withWideDeltas
  if (meta.type !== element.type && !isWide)
    throw new Error(
      `column "${name}" has the type ${element.type} in the schema and ${meta.type} in a row group`,
    );
  const isFlat = isFlatColumn(path);
  const levels = { repetition: getMaxRepetitionLevel(path), definition: getMaxDefinitionLevel(path) };
  return {
    name,
    codec: meta.codec,
    meta,
    element,
    most: isFlat ? rows : Number(meta.num_values),
    isFlat,
    levels,
  };
}

/** By the place in their bytes at which the part that is decompressed begins; of each buffer once. */
const known = new WeakMap<ArrayBufferLike, Map<number, PageHeader>>();

/**
 * Of bytes that begin with a page, up to the last row. Where no header can be read, hyparquet throws if it
 * reaches it.
 */
function pagesOf(chunk: Chunk, bytes: ArrayBufferLike): Map<number, PageHeader> {
  const before = known.get(bytes);
  if (before) return before;
  const pages = new Map<number, PageHeader>();
  known.set(bytes, pages);
  const reader = { view: new DataView(bytes), offset: 0 };
  let rows = 0;
  while (reader.offset < bytes.byteLength - 1 && !(chunk.isFlat && rows >= chunk.most)) {
    const header = headerAt(reader);
    if (!header) break;
    const size = header.compressed_page_size;
    checked(chunk, () => {
      checkFields(header, bytes.byteLength - reader.offset);
      const levelBytes = checkHeader(chunk, header, new DataView(bytes, reader.offset, size));
      pages.set(reader.offset + levelBytes, header);
    });
    rows += header.data_page_header?.num_values ?? header.data_page_header_v2?.num_values ?? 0;
    reader.offset += size;
  }
  return pages;
}

function headerAt(reader: { readonly view: DataView; offset: number }): PageHeader | undefined {
  try {
    return parquetHeader(reader);
  } catch {
    return undefined;
  }
}

/** A header whose fields have been damaged may lack one, or have something else in it. @throws Error for such a header */
function checkFields(header: PageHeader, left: number): void {
  const { uncompressed_page_size: size, compressed_page_size: packed, data_page_header_v2: second } = header;
  const pages = [header.data_page_header, second, header.dictionary_page_header].filter((page) => page);
  const levels = second && [
    ...[second.num_nulls, second.num_rows],
    ...[second.definition_levels_byte_length, second.repetition_levels_byte_length],
  ];
  for (const value of [size, packed, ...pages.map((page) => page?.num_values), ...(levels ?? [])])
    if (!Number.isInteger(value) || (value as number) < 0)
      throw new Error('the header of a page lacks a number, or has a negative one');
  if (packed > left) throw new Error(`a page claims ${packed} bytes where ${left} are left`);
}

/** Bytes of levels in front of what is compressed. */
function checkHeader(chunk: Chunk, header: PageHeader, content: DataView): number {
  const { data_page_header: first, data_page_header_v2: second, dictionary_page_header: dictionary } = header;
  const page = { DATA_PAGE: first, DATA_PAGE_V2: second, DICTIONARY_PAGE: dictionary, INDEX_PAGE: undefined }[
    header.type
  ];
  const claimed = page?.num_values ?? 0;
  if (!(claimed <= chunk.most))
    throw new Error(`a page claims ${claimed} values where the footer says ${chunk.most}`);
  if (header.type !== 'DATA_PAGE_V2' || !second) return 0;
  const { num_nulls: nulls, num_rows: rows, is_compressed: isCompressed } = second;
  if (nulls > claimed || rows > claimed || (chunk.isFlat && rows !== claimed))
    throw new Error(`a page of ${claimed} values claims ${nulls} nulls and ${rows} rows`);
  const repetitionEnd = second.repetition_levels_byte_length;
  const definitionEnd = repetitionEnd + second.definition_levels_byte_length;
  if (definitionEnd > content.byteLength)
    throw new Error(`a page of ${content.byteLength} bytes claims ${definitionEnd} bytes of levels`);
  const { repetition, definition } = chunk.levels;
  if (repetition > 0) checkRuns(content, 0, repetitionEnd, bits(repetition), claimed);
  if (definition > 0) {
    const width = bits(definition);
    checkRuns(content, repetitionEnd, definitionEnd, width, claimed);
    const present = countLevels(content, repetitionEnd, { width, count: claimed, level: definition });
    if (present !== claimed - nulls)
      throw new Error(`a page of ${claimed} values claims ${nulls} nulls and has ${claimed - present}`);
  }
  const values = content.byteLength - definitionEnd;
  if (isCompressed === false)
    checkContent(chunk, header, new DataView(content.buffer, content.byteOffset + definitionEnd, values));
  return definitionEnd;
}

/** @throws Error for bytes that do not unpack to this length, and for a page that cannot be what it claims */
function unpacked(chunk: Chunk, bytes: Uint8Array, length: number): Uint8Array {
  const header = pagesOf(chunk, bytes.buffer).get(bytes.byteOffset);
  return checked(chunk, () => {
    if (!header) throw new Error('a page is longer than the column');
    const page = decompress(chunk.codec, bytes, length);
    checkContent(chunk, header, new DataView(page.buffer, page.byteOffset, page.byteLength));
    return page;
  });
}

/** @param view what was unpacked: levels and values in version 1, values alone in version 2 */
function checkContent({ meta, element, levels }: Chunk, header: PageHeader, view: DataView): void {
  const { data_page_header: first, data_page_header_v2: second, dictionary_page_header: dictionary } = header;
  const common = { view, type: meta.type, typeLength: element.type_length };
  if (header.type === 'DICTIONARY_PAGE' && dictionary)
    checkValues({
      ...common,
      start: 0,
      count: dictionary.num_values,
      encoding: 'PLAIN',
      isFirstVersion: true,
    });
  if (header.type === 'DATA_PAGE_V2' && second) {
    const { encoding, num_values, num_nulls } = second;
    checkValues({ ...common, start: 0, count: num_values - num_nulls, encoding, isFirstVersion: false });
  }
  if (header.type !== 'DATA_PAGE' || !first) return;
  let start = 0;
  let count = first.num_values;
  for (const kind of ['repetition', 'definition'] as const) {
    if (levels[kind] === 0) continue;
    const width = bits(levels[kind]);
    const end = start + 4 + view.getUint32(start, true);
    checkRuns(view, start + 4, end, width, first.num_values);
    if (kind === 'definition')
      count = countLevels(view, start + 4, { width, count: first.num_values, level: levels.definition });
    start = end;
  }
  checkValues({ ...common, start, count, encoding: first.encoding, isFirstVersion: true });
}

function checked<Result>({ name }: Chunk, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    throw new Error(`column "${name}": ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

/** Of a level from 0 to `most`. */
function bits(most: number): number {
  return 32 - Math.clz32(most);
}
