import type { Cell, Table } from '../figures/figure.js';
import { short } from '../figures/numbers-in-text.js';

/** Rows that a page shows; the rest is in the CSV. A table of thousands makes a phone stall. */
const mostRows = 100;

/** RFC 4180. digits: significant ones of a number that is not whole; all of them unless given */
export function tableCsv({ columns, rows }: Table, digits?: number): string {
  return [columns, ...rows]
    .map((row) => `${row.map((cell) => csvCell(cell, digits)).join(',')}\r\n`)
    .join('');
}

function csvCell(cell: Cell, digits: number | undefined): string {
  const rounded = typeof cell === 'number' && digits !== undefined ? toDigits(cell, digits) : cell;
  const text = rounded === null ? '' : String(rounded);
  if (rounded === '') return '""'; // an empty cell without quotes is null
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Whole numbers stay what they are. */
export function toDigits(value: number, digits: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(digits));
}

/** Numbers to four digits; says so when not all rows are shown. */
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
