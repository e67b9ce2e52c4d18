/** Packs the data of figures for the script of report.html, which draws live figures and saves CSV files. */
import { deflateRawSync } from 'node:zlib';
import { drawing, type Figure, type FigureStyle } from '../figures/figure.js';
import { darkTheme, lightTheme } from '../figures/theme.js';
import { tableCsv, toDigits } from './table.js';

/** Digits of every number in the page: more than a screen shows. The files in figures/ have all digits. */
const digits = 6;

const styles = (['wide', 'narrow'] as const).flatMap((layout) =>
  [lightTheme, darkTheme].map((theme): FigureStyle => ({ layout, theme, inPage: true })),
);

export interface LiveFigure {
  readonly datasets: Figure['datasets'];
  /** By "layout theme". */
  readonly drawings: Readonly<Record<string, ReturnType<typeof drawing>>>;
  readonly csv: string;
}

/**
 * Base64 of deflated JSON: per figure its data once, its drawings by "layout theme", and its table as CSV. It
 * compresses well: rows repeat their names and drawings differ in colours alone.
 */
export function packedFigures(figures: readonly Figure[]): string {
  const live = figures.map((figure): [string, LiveFigure] => {
    const drawings = styles.map((style) => [`${style.layout} ${style.theme.name}`, drawing(figure, style)]);
    const csv = tableCsv(figure.table, digits);
    return [figure.name, { datasets: figure.datasets, drawings: Object.fromEntries(drawings), csv }];
  });
  const text = JSON.stringify(Object.fromEntries(live), (_, value) =>
    typeof value === 'number' ? toDigits(value, digits) : value,
  );
  return deflateRawSync(text, { level: 9 }).toString('base64');
}
