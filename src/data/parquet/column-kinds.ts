/** What the columns of a Parquet file hold, by its schema, and how their values are converted. */
import type { SchemaElement, SchemaTree } from 'hyparquet';
import { halfToNumber } from '../../files/half-floats.js';
import {
  dateText,
  decimalText,
  float32Text,
  textOf,
  textOfBytes,
  timestampText,
  timeText,
  uuidOf,
} from './values.js';

export type Cell = number | bigint | boolean | string;
/** Converts a value of the file to a cell of a table. @throws UnreadableValue */
export type Convert = (raw: never) => Cell;

export interface ColumnKind {
  /** As in "holds timestamps". */
  readonly holds: string;
  /** Depth of the nested lists around each value; 0 for a plain column. */
  readonly depth: number;
  /** Absent where values are not numbers. */
  readonly asInput?: Convert;
  /** Absent where values cannot be names of classes. */
  readonly asClass?: Convert;
  /** Advice for a column that cannot be an input. */
  readonly advice?: string;
}
type LeafKind = Omit<ColumnKind, 'depth'>;

/** @param isDuration whether pandas says that integers are differences of times, which the schema does not */
export function columnKind(column: SchemaTree, isDuration: boolean): ColumnKind {
  const list = listElement(column);
  if (list === column) {
    if (column.children.length > 0) return { ...groupKind(column), depth: 0 };
    const kind = isDuration ? duration : leafKind(column.element);
    return { ...(column.element.type === 'INT32' ? from32Bits(kind) : kind), depth: 0 };
  }
  const { holds, depth, asInput, advice } = columnKind(list, isDuration);
  return {
    holds: `lists of ${holds}`,
    depth: depth + 1,
    asInput,
    advice,
  };
}

function from32Bits({ asInput, asClass, ...kind }: LeafKind): LeafKind {
  const from = (convert: Convert) => (raw: number | bigint) => convert(lower32(raw) as never);
  return { ...kind, asInput: asInput && from(asInput), asClass: asClass && from(asClass) };
}

/**
 * The element of a list; the column itself where it is not a list. Lists are written with one, two or three
 * levels of groups.
 */
function listElement(column: SchemaTree): SchemaTree {
  const { element, children } = column;
  const [repeated] = children;
  if (isList(element) && repeated?.element.repetition_type === 'REPEATED') {
    const [only] = repeated.children;
    return only && repeated.children.length === 1 ? only : onlyOne(repeated);
  }
  return element.repetition_type === 'REPEATED' ? onlyOne(column) : column;
}

/** The field as if it occurred exactly once. */
function onlyOne(field: SchemaTree): SchemaTree {
  return { ...field, element: { ...field.element, repetition_type: 'REQUIRED' } };
}

function groupKind({ element, children }: SchemaTree): LeafKind {
  const { converted_type: type, logical_type: logical } = element;
  if (type === 'MAP' || type === 'MAP_KEY_VALUE' || logical?.type === 'MAP') return { holds: 'maps' };
  const fields = children.map((child) => child.element.name);
  // the schema of Spark's VectorUDT
  if (fields.join() === 'type,size,indices,values')
    return {
      holds: 'vectors of Spark',
      advice: 'Write lists of numbers, with vector_to_array of pyspark.ml.functions',
    };
  return { holds: `structs of ${fields.join(', ')}`, advice: 'Write its fields as columns of their own' };
}

const whole: LeafKind = {
  holds: 'integers',
  asInput: (raw: bigint | number) => raw,
  asClass: (raw: bigint) => raw,
};
const text: LeafKind = { holds: 'texts', asInput: textOf, asClass: textOf };
const number: LeafKind = { holds: 'numbers', asInput: (raw: number) => raw, asClass: (raw: number) => raw };
const time =
  'Write what is to be learned from it as a number, such as days since a date or the hour of the day';
const duration: LeafKind = {
  holds: 'differences of times (timedelta64)',
  advice: 'Write them as numbers, such as .dt.total_seconds() of pandas',
};

/** The logical type that the writer declares decides first, then the storage type. */
function leafKind(element: SchemaElement): LeafKind {
  const { type } = element;
  const annotated = numberKind(element) ?? timeKind(element) ?? textKind(element);
  if (annotated) return annotated;
  if (type === 'BOOLEAN')
    return { holds: 'booleans', asInput: (raw: boolean) => raw, asClass: (raw: boolean) => raw };
  if (type === 'FLOAT') return { ...number, asClass: float32Text };
  if (type === 'DOUBLE') return number;
  if (type === 'INT96') return timestamps(1_000_000_000n, true);
  if (type === 'INT32' || type === 'INT64') return whole;
  return type === 'BYTE_ARRAY' ? { holds: 'bytes', asClass: textOfBytes } : { holds: 'bytes' };
}

function numberKind(element: SchemaElement): LeafKind | undefined {
  const { type, converted_type: converted, logical_type: logical } = element;
  if (converted === 'DECIMAL' || logical?.type === 'DECIMAL') {
    const scale = (logical?.type === 'DECIMAL' ? logical.scale : element.scale) ?? 0;
    const asText = (raw: number | bigint | Uint8Array) => decimalText(raw, scale);
    return { holds: 'decimal numbers', asInput: asText, asClass: asText };
  }
  if (logical?.type === 'FLOAT16') {
    const asNumber = ([low = 0, high = 0]: Uint8Array) => halfToNumber((high << 8) | low);
    return { holds: 'numbers', asInput: asNumber, asClass: asNumber };
  }
  const isSigned = logical?.type === 'INTEGER' ? logical.isSigned : !converted?.startsWith('UINT_');
  if (isSigned) return undefined;
  const unsigned = (raw: number | bigint) =>
    type === 'INT64' ? BigInt.asUintN(64, BigInt(raw)) : Number(raw) >>> 0;
  return { holds: 'integers', asInput: unsigned, asClass: unsigned };
}

const unitsPerSecond = { MILLIS: 1000n, MICROS: 1_000_000n, NANOS: 1_000_000_000n } as const;

function timeKind({ converted_type: converted, logical_type: logical }: SchemaElement): LeafKind | undefined {
  if (converted === 'DATE' || logical?.type === 'DATE')
    return { holds: 'dates', asClass: dateText, advice: time };
  if (logical?.type === 'TIMESTAMP') return timestamps(unitsPerSecond[logical.unit], logical.isAdjustedToUTC);
  if (logical?.type === 'TIME') return times(unitsPerSecond[logical.unit]);
  const [, kind, unit] = /^(TIMESTAMP|TIME)_(MILLIS|MICROS)$/.exec(converted ?? '') ?? [];
  if (kind === undefined) return undefined;
  const perSecond = unitsPerSecond[unit as keyof typeof unitsPerSecond];
  // those without a logical type are UTC (LogicalTypes.md of the format)
  return kind === 'TIME' ? times(perSecond) : timestamps(perSecond, true);
}

function timestamps(perSecond: bigint, utc: boolean): LeafKind {
  return {
    holds: 'timestamps',
    asClass: (raw: number | bigint) => timestampText(BigInt(raw), perSecond, utc),
    advice: time,
  };
}

function times(perSecond: bigint): LeafKind {
  return {
    holds: 'times of day',
    asClass: (raw: number | bigint) => timeText(BigInt(raw), perSecond),
    advice: time,
  };
}

function textKind({ converted_type: converted, logical_type: logical }: SchemaElement): LeafKind | undefined {
  const kind = logical?.type ?? converted;
  if (kind === 'STRING' || kind === 'UTF8' || kind === 'ENUM') return text;
  if (kind === 'JSON')
    return { holds: 'JSON', asClass: textOf, advice: 'Write its fields as columns of their own' };
  if (kind === 'UUID') return { holds: 'UUIDs', asClass: uuidOf };
  const others = ['BSON', 'INTERVAL', 'GEOMETRY', 'GEOGRAPHY', 'VARIANT'] as const;
  const other = others.find((name) => name === kind);
  return other && { holds: `values of type ${other}` };
}

export function isList({ converted_type: type, logical_type: logical }: SchemaElement): boolean {
  return type === 'LIST' || logical?.type === 'LIST';
}

/** For an INT32, which may have been unpacked as INT64. */
export function lower32(raw: number | bigint): number {
  return typeof raw === 'bigint' ? Number(BigInt.asIntN(32, raw)) : raw;
}
