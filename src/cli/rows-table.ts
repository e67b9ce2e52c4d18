/** Formats rows of any columns as text: a table that fits a terminal, or a line per value. */
import Table from 'cli-table3';
import type { QueryValue } from '../runs/query/query-result.js';
import { plain } from './tables.js';

export type Row = Readonly<Record<string, QueryValue>>;

/** Maximum number of characters of a text or struct in a table; arbitrary. */
const widestCell = 60;
/** Characters of a column besides its content: a border and a space on either side. */
const besideColumn = 3;
/** The right border of the table. */
const lastBorder = 1;

/** Numbers have six digits, right-aligned; long values are cut, which other formats do not. */
export function rowsTable(columns: readonly string[], rows: readonly Row[]): string {
  const numeric = columns.map((name) => rows.some((row) => typeof row[name] === 'number'));
  const table = new Table({
    head: [...columns],
    colAligns: numeric.map((each) => (each ? 'right' : 'left')),
    style: plain,
  });
  for (const row of rows) table.push(columns.map((name) => cut(cellText(row[name]), widestCell)));
  return table.toString();
}

export interface FittedTable {
  readonly text: string;
  /** Columns that do not fit. */
  readonly leftOut: readonly string[];
}

/**
 * A table that is legible on a terminal: without the last columns where they do not fit; a single row has a line per
 * value instead.
 * @param width of the terminal, in characters
 */
export function fittedTable(columns: readonly string[], rows: readonly Row[], width: number): FittedTable {
  const widths = columns.map((name) =>
    Math.max(name.length, ...rows.map((row) => cut(cellText(row[name]), widestCell).length)),
  );
  let taken = lastBorder;
  const fitting = columns.filter((_, i) => {
    taken += (widths[i] as number) + besideColumn;
    return i === 0 || taken <= width;
  });
  if (fitting.length === columns.length) return { text: rowsTable(columns, rows), leftOut: [] };
  if (rows.length === 1) return { text: verticalTable(columns, rows, width), leftOut: [] };
  return { text: rowsTable(fitting, rows), leftOut: columns.slice(fitting.length) };
}

/**
 * A block per row, a line per value; values are cut only where a width is given.
 * @param width characters of a line
 */
export function verticalTable(
  columns: readonly string[],
  rows: readonly Row[],
  width = Number.POSITIVE_INFINITY,
): string {
  const name = Math.max(0, ...columns.map((column) => column.length));
  const block = (row: Row) =>
    columns
      .map((column) => cut(`${column.padEnd(name)}  ${cellText(row[column])}`.trimEnd(), width))
      .join('\n');
  if (rows.length === 1) return block(rows[0] as Row);
  return rows.map((row, i) => `row ${i + 1}\n${block(row)}`).join('\n\n');
}

function cellText(value: QueryValue | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number')
    return String(Number.isInteger(value) ? value : Number(value.toPrecision(6)));
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
