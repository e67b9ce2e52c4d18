import type { Cell, Table } from '../figures/figure.js';
import { short } from '../figures/numbers-in-text.js';

/** Maximum number of rows in a page; the CSV has all. A phone cannot scroll a table of thousands. */
const mostRows = 100;

/** RFC 4180. digits: significant digits of a number that is not an integer; default: all */
export function tableCsv({ columns, rows }: Table, digits?: number): string {
  return [columns, ...rows]
    .map((row) => `${row.map((cell) => csvCell(cell, digits)).join(',')}\r\n`)
    .join('');
}

function csvCell(cell: Cell, digits: number | undefined): string {
  const rounded = typeof cell === 'number' && digits !== undefined ? toDigits(cell, digits) : cell;
  const text = rounded === null ? '' : String(rounded);
  if (rounded === '') return '""'; // An empty cell without quotes is null.
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Integers are not rounded. */
export function toDigits(value: number, digits: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(digits));
}

/** Numbers have four digits; a note states when rows are omitted. */
export function tableHtml({ columns, rows }: Table): string {
  const head = columns.map((name) => `<th scope="col">${escapeHtml(name)}</th>`).join('');
  const body = rows.slice(0, mostRows).map((row) => `<tr>${row.map(htmlCell).join('')}</tr>`);
  const rest =
    rows.length > mostRows
      ? `<p class="note">The first ${mostRows} of ${rows.length} rows; the CSV has all of them.</p>`
      : '';
  return (
    `<div class="table" tabindex="0"><table><thead><tr>${head}</tr></thead>\n<tbody>${body.join('\n')}</tbody></table></div>` +
    rest
  );
}

function htmlCell(cell: Cell): string {
  if (cell === null) return '<td>–</td>';
  return typeof cell === 'number'
    ? `<td class="number">${short(cell, 4)}</td>`
    : `<td>${escapeHtml(cell)}</td>`;
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
