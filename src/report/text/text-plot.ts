import { short } from '../../figures/numbers-in-text.js';
import type { Scale } from './scale.js';

export interface TextSeries {
  readonly name: string;
  /** One character; tells series apart without colours. */
  readonly glyph: string;
  /** Parameter of the escape sequence "select graphic rendition", where there are colours. */
  readonly color: number;
  readonly points: readonly TextPoint[];
}

export interface TextPoint {
  readonly x: number;
  readonly y: number;
  /** Ends of a bar through the point. */
  readonly spread?: readonly [number, number];
}

export interface TextPlot {
  readonly title: string;
  readonly xTitle: string;
  readonly x: Scale;
  readonly y: Scale;
  /** Cells. */
  readonly width: number;
  readonly height: number;
  readonly series: readonly TextSeries[];
  /** A line across, or upright, and what it is called. */
  readonly guide?: { readonly name: string; readonly at: 'x' | 'y'; readonly value: number };
  /** Lines below it: what a reader must know to not misread it. */
  readonly notes: readonly string[];
  readonly colors: boolean;
}

interface Cell {
  readonly glyph: string;
  readonly color?: number;
}

/** Green, as the teacher is in every figure. */
const guideColor = 32;
/** Where series meet. */
const shared = '◉';
/** Characters that every terminal has in a line. */
const narrowest = 60;
/** Of the numbers left of a plot. */
const labelWidth = 8;

/**
 * Lines of a plot: title, cells under their names, axis, numbers. Where series meet there is a glyph of its own. Where no point
 * has a place on the axes, its title and notes alone: ticks would be of no value.
 */
export function textPlot(plot: TextPlot): string {
  const notes = plot.notes.map((note) => `${' '.repeat(labelWidth + 2)}${note}`);
  if (!hasPoints(plot)) return [plot.title, ...notes].join('\n');
  const cells = drawn(plot);
  const labels = new Map(plot.y.ticks.map((tick) => [plot.y.cellOf(tick), short(tick)]));
  const rows = cells.map((row, i) => {
    const label = labels.get(plot.height - 1 - i);
    const text = row.map((cell) => painted(cell, plot.colors)).join('');
    return `${(label ?? '').padStart(labelWidth)} ${label === undefined ? '│' : '┤'}${text}`;
  });
  return [...heading(plot), ...rows.map((row) => row.trimEnd()), ...xAxis(plot), ...notes].join('\n');
}

function hasPoints({ series, x, y }: TextPlot): boolean {
  return series.some(({ points }) =>
    points.some((point) => x.cellOf(point.x) !== undefined && y.cellOf(point.y) !== undefined),
  );
}

function drawn({ x, y, width, height, series, guide }: TextPlot): Cell[][] {
  const cells: Cell[][] = Array.from({ length: height }, () =>
    Array.from({ length: width }, () => ({ glyph: ' ' })),
  );
  const put = (column: number | undefined, row: number | undefined, cell: Cell) => {
    const line = row === undefined ? undefined : cells[height - 1 - row];
    if (line && column !== undefined) line[column] = cell;
  };
  if (guide?.at === 'y')
    for (let i = 0; i < width; ++i) put(i, y.cellOf(guide.value), { glyph: '┄', color: guideColor });
  if (guide?.at === 'x')
    for (let i = 0; i < height; ++i) put(x.cellOf(guide.value), i, { glyph: '┆', color: guideColor });
  for (const { points, color } of series)
    for (const { x: at, spread } of points) {
      const [from, to] = (spread ?? []).map((end) => y.cellOf(end));
      for (let i = from ?? 0; to !== undefined && i <= to; ++i) put(x.cellOf(at), i, { glyph: '│', color });
    }
  const glyphs = new Set(series.map(({ glyph }) => glyph));
  for (const { points, glyph, color } of series)
    for (const point of points) {
      const [column, row] = [x.cellOf(point.x), y.cellOf(point.y)];
      const there = row === undefined ? undefined : cells[height - 1 - row]?.[column ?? -1]?.glyph;
      const taken = there !== undefined && there !== glyph && (glyphs.has(there) || there === shared);
      put(column, row, taken ? { glyph: shared } : { glyph, color });
    }
  return cells;
}

/** Title and legend, on one line where there is room. */
function heading(plot: TextPlot): string[] {
  const [names, plain] = [legend(plot), legend({ ...plot, colors: false })];
  const room = Math.max(narrowest, plot.width + labelWidth);
  const fits = [plot.title, ...plain].join('  ').length < room;
  return fits ? [`${plot.title}   ${names.join('  ')}`] : [plot.title, ...names.map((name) => `  ${name}`)];
}

function legend({ series, guide, colors }: TextPlot): string[] {
  const names = series.map(({ name, glyph, color }) => `${painted({ glyph, color }, colors)} ${name}`);
  if (series.length > 1) names.push(`${shared} ${series.length > 2 ? 'several' : 'both'}`);
  if (guide) {
    const glyph = guide.at === 'y' ? '┄' : '┆';
    names.push(`${painted({ glyph, color: guideColor }, colors)} ${guide.name}`);
  }
  return names;
}

/** The axis and its numbers; one that would touch its neighbour is left out. */
function xAxis({ x, xTitle, width }: TextPlot): string[] {
  const marks = Array.from({ length: width }, () => '─');
  // A number may begin before its axis.
  const numbers = Array.from({ length: width + labelWidth + 2 }, () => ' ');
  let free = 0;
  for (const tick of x.ticks) {
    const column = x.cellOf(tick);
    if (column === undefined) continue;
    const text = short(tick);
    const start = column + labelWidth + 2 - Math.floor(text.length / 2);
    if (start < free) continue;
    marks[column] = '┬';
    numbers.splice(start, text.length, ...text);
    free = start + text.length + 1;
  }
  const margin = ' '.repeat(labelWidth + 1);
  return [`${margin}└${marks.join('')}`, numbers.join('').trimEnd(), `${margin} ${xTitle}`];
}

function painted({ glyph, color }: Cell, colors: boolean): string {
  return colors && color !== undefined ? `\u001b[${color}m${glyph}\u001b[39m` : glyph;
}
