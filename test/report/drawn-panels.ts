/** What a specification draws: its panels, their axes, and the rows that each layer is given. */
import type { Cell, Figure, FigureStyle } from '../../src/figures/figure.js';
import { withoutMarks } from '../../src/figures/subscripts.js';
import { lightTheme } from '../../src/figures/theme.js';

export const file: FigureStyle = { theme: lightTheme, layout: 'wide', inPage: false };

export type Row = Readonly<Record<string, Cell | boolean>>;

export interface DrawnAxis {
  readonly field?: string;
  readonly type: string;
  /** 'linear' unless the specification says otherwise. */
  readonly scale: string;
  readonly domain: readonly [number, number];
  readonly title: string | null;
}

export interface DrawnLayer {
  readonly mark: { readonly type: string; readonly shape?: string; readonly clip?: boolean };
  readonly rows: readonly Row[];
  readonly encoding: Readonly<Record<string, Encoding>>;
}

export interface DrawnPanel {
  /** In one line. */
  readonly title: string;
  readonly encoding: Readonly<Record<string, Encoding>>;
  readonly layers: readonly DrawnLayer[];
  readonly x: DrawnAxis;
  readonly y: DrawnAxis;
}

export interface Encoding {
  readonly field?: string;
  readonly type?: string;
  readonly scale?: { readonly type?: string; readonly domain?: unknown[]; readonly range?: unknown[] };
  readonly axis?: { readonly title?: string | null } | null;
  readonly legend?: unknown;
}

interface Layer {
  readonly data: { readonly name?: string; readonly values?: Row[] };
  readonly transform?: readonly { readonly filter: string }[];
  readonly mark: DrawnLayer['mark'];
  readonly encoding: Readonly<Record<string, Encoding>>;
}

interface Specification {
  readonly title: { readonly text: string | string[]; readonly subtitle?: string | string[] };
  readonly concat: readonly {
    readonly title?: string | string[] | { readonly text: string | string[] };
    readonly encoding?: Readonly<Record<string, Encoding>>;
    readonly layer: readonly Layer[];
  }[];
}

const inOneLine = (text: string | readonly string[]) => withoutMarks([text].flat().join(' '));

export function panelsOf(figure: Figure, style = file): DrawnPanel[] {
  const { concat } = figure.draw(style) as unknown as Specification;
  return concat.map(({ title = '', encoding = {}, layer }) => {
    const layers = layer.map((each) => ({ ...each, rows: rowsOf(figure, each) }));
    return {
      title: inOneLine(typeof title === 'object' && 'text' in title ? title.text : title),
      ...{ encoding, layers },
      ...{ x: axisOf(layers, 'x'), y: axisOf(layers, 'y') },
    };
  });
}

/** What stands under the title of a saved picture, in one line. */
export function subtitleOf(figure: Figure): string {
  return inOneLine((figure.draw(file) as unknown as Specification).title.subtitle ?? '');
}

/** The rows of the layers with a mark of this kind, in all panels. */
export function rowsWith(panels: readonly DrawnPanel[], type: string, shape?: string): Row[] {
  return panels.flatMap(({ layers }) =>
    layers.filter(({ mark }) => mark.type === type && mark.shape === shape).flatMap(({ rows }) => rows),
  );
}

export function isWithin(value: unknown, [low, high]: readonly [number, number]): boolean {
  return Number(value) >= low && Number(value) <= high;
}

function rowsOf(figure: Figure, { data, transform = [] }: Layer): Row[] {
  const all = data.values ?? [...(figure.datasets[data.name ?? ''] ?? [])];
  const filters = transform.map(
    ({ filter }) =>
      new Function('datum', 'isValid', `return ${filter}`) as (row: Row, is: unknown) => unknown,
  );
  const isValid = (value: unknown) => value !== null && value !== undefined;
  return all.filter((row) => filters.every((holds) => holds(row, isValid)));
}

/** That of the layers which have one with a domain; a bar's is the scale that it shares. */
function axisOf(layers: readonly DrawnLayer[], channel: 'x' | 'y'): DrawnAxis {
  const own = layers.map(({ encoding }) => encoding[channel]).filter((each) => each !== undefined);
  const { field, type, scale, axis } = own.find((each) => each.scale?.domain) ?? own[0] ?? {};
  return {
    ...(field !== undefined && { field }),
    type: type ?? '',
    scale: scale?.type ?? 'linear',
    domain: (scale?.domain ?? []) as unknown as [number, number],
    title: axis?.title === undefined || axis.title === null ? null : withoutMarks(axis.title),
  };
}

/** Of each panel, as "scale field [low, high]". */
export const axesOf = (panels: readonly DrawnPanel[], which: 'x' | 'y') =>
  panels.map(({ [which]: { scale, field, domain } }) => `${scale} ${field} [${domain}]`);

export const distinct = <Value>(values: readonly Value[]) => [...new Set(values)];
