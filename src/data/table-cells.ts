/** Classifies the cells of a table: a number, true or false, a missing value, or something else. */
import { losesDigits, parseDecimal } from './decimal-text.js';

/**
 * Where cells come from. In 'text' (CSV) a missing value is a word, such as NA; 'typed' cells (Parquet) use
 * null and NaN, and their texts are never missing values.
 */
export type CellFormat = 'text' | 'typed';

/** What pandas.read_csv takes for a missing value, besides an empty cell (pandas 2.3, `STR_NA_VALUES`). */
const missingWords: ReadonlySet<string> = new Set([
  '#N/A',
  '#N/A N/A',
  '#NA',
  '-1.#IND',
  '-1.#QNAN',
  '-NaN',
  '-nan',
  '1.#IND',
  '1.#QNAN',
  '<NA>',
  'N/A',
  'NA',
  'NULL',
  'NaN',
  'None',
  'n/a',
  'nan',
  'null',
]);
/** As pandas.read_csv reads them. */
const truths: ReadonlyMap<string, number> = new Map([
  ['True', 1],
  ['TRUE', 1],
  ['true', 1],
  ['False', 0],
  ['FALSE', 0],
  ['false', 0],
]);

export function isMissing(cell: unknown, format: CellFormat): boolean {
  if (typeof cell === 'string')
    return cell.trim() === '' || (format === 'text' && missingWords.has(cell.trim()));
  return cell === null || cell === undefined || Number.isNaN(cell);
}

/** 1 or 0 for a cell that is true or false; undefined for any other. */
export function truthOf(cell: unknown): number | undefined {
  if (typeof cell === 'boolean') return Number(cell);
  return typeof cell === 'string' ? truths.get(cell.trim()) : undefined;
}

/** NaN or an infinity where a cell holds no finite number, or one that a double cannot hold. */
export function numberOf(cell: unknown): number {
  if (typeof cell === 'number') return cell;
  if (typeof cell === 'bigint') return BigInt(Number(cell)) === cell ? Number(cell) : NaN;
  if (typeof cell !== 'string') return NaN;
  const text = cell.trim();
  return losesDigits(text) ? NaN : parseDecimal(text);
}

/** "received ...", with advice, for a cell without a number. */
export function refusedNumber(cell: unknown): string {
  const received = describeCell(cell);
  if (isMissing(cell, 'text'))
    return `${received}, a missing value. Fill it in, or leave the row or the column out`;
  return `${received}. ${adviceFor(typeof cell === 'bigint' ? String(cell) : cell)}`;
}

export function describeCell(cell: unknown): string {
  if (typeof cell === 'string') return cell.trim() === '' ? 'nothing' : JSON.stringify(cell);
  if (cell === null || cell === undefined) return 'nothing';
  if (Array.isArray(cell) || ArrayBuffer.isView(cell)) return 'a list';
  return typeof cell === 'object' ? 'an object' : String(cell);
}

function adviceFor(cell: unknown): string {
  const other =
    'A column of something else is left out by naming it in exclude, or by naming the others as inputs';
  if (typeof cell === 'number') return 'Leave the row or the column out';
  if (typeof cell !== 'string') return other;
  const text = cell.trim();
  if (losesDigits(text))
    return `As a 64-bit floating-point number it would become ${BigInt(Number(text))}. If it is an identifier, leave the column out with exclude`;
  if (/^[+-]?inf(?:inity)?$/i.test(text))
    return 'Infinity cannot be learned from: leave the row or the column out';
  if (!Number.isNaN(parseDecimal(text))) return 'It is beyond the range of 64-bit floating point';
  if (/^[+-]?0x[\da-f]+$/i.test(text)) return 'Write hexadecimal numbers in decimal notation';
  if (/^[+-]?[\d.]*,\d+(?:[eE][+-]?\d+)?$/.test(text) || /^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?$/.test(text))
    return 'Write it with a decimal point, and without a separator between thousands';
  if (
    /^[+-]?\d{1,3}(?:[ _'’\u00a0\u2009\u202f]\d{3})+(?:[.,]\d*)?$|^[+-]?\d{1,3}(?:\.\d{3}){2,}(?:,\d*)?$/.test(
      text,
    )
  )
    return 'Write it without a separator between thousands';
  if (/^[^\d\w]?\s*[+-]?[\d.]+\s*[%€$£¥]?$/.test(text)) return 'Write the number without its unit';
  return other;
}
