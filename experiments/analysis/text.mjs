// Numbers and tables as Markdown.

/** Three significant digits. */
export function number(value) {
  if (value === undefined || value === null || Number.isNaN(value)) return '';
  if (value === 0) return '0';
  const text = Math.abs(value) >= 1000 ? String(Math.round(value)) : value.toPrecision(3);
  return text.includes('e') ? String(Number(text)) : text;
}

/** "26.4 [25.1, 27.6]"; of a single trial, or where all agree, the estimate alone. */
export function interval(value) {
  if (value === undefined) return '';
  const { estimate, low, high } = value;
  if (Number.isNaN(low) || low === high) return number(estimate);
  return `${number(estimate)} [${number(low)}, ${number(high)}]`;
}

/** columns: names; rows: of cells */
export function table(columns, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n');
}
