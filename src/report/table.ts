import type { Cell, Table } from './figure.js';
import { short } from './numbers-in-text.js';

/** Rows that a page shows; the rest is in the CSV. A table of thousands makes a phone stall. */
const mostRows = 300;

/** RFC 4180, every number with all its digits. */
export function tableCsv({ columns, rows }: Table): string {
  return [columns, ...rows].map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');
}

function csvCell(cell: Cell): string {
  const text = cell === null ? '' : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Numbers to four digits; says so when not all rows are shown. */
export function tableHtml({ columns, rows }: Table): string {
  const head = columns.map((name) => `<th scope="col">${escapeHtml(name)}</th>`).join('');
  const body = rows.slice(0, mostRows).map((row) => `<tr>${row.map(htmlCell).join('')}</tr>`);
  const rest =
    rows.length > mostRows
      ? `<p class="note">The first ${mostRows} of ${rows.length} rows; the CSV file has all of them.</p>`
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
