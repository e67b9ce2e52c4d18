import type { TopLevelSpec } from 'vega-lite';
import { reasonOf } from '../errors.js';
import type { Theme } from './theme.js';

/** null: the value is undefined (as the spread of a single trial); the cell is empty. */
export type Cell = number | string | null;

/** The data of a figure as a table; the same cells are written to HTML and CSV. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** Rows for Vega-Lite, by the name under which a specification refers to them. */
export type Datasets = Readonly<Record<string, readonly Readonly<Record<string, Cell | boolean>>[]>>;

export interface FigureStyle {
  readonly theme: Theme;
  /** 'wide': panels side by side; 'narrow': for a phone, stacked, without interactions that capture swiping. */
  readonly layout: 'wide' | 'narrow';
  /** In a page a heading is the title and a pointer can zoom; a file is self-contained and static. */
  readonly inPage: boolean;
}

/** A figure, computed from rows alone. In all texts `X_y` and `X_{word}` are subscripts (subscripts.ts). */
export interface Figure {
  /** File name without its extension. */
  readonly name: string;
  readonly title: string;
  /** Two sentences: how to read it, and the result of this run. */
  readonly caption: string;
  /** Notes that prevent a misreading: one trial only, zeros on a log axis, omitted widths. */
  readonly notes: readonly string[];
  /** Interactions of the live picture. */
  readonly hint: string;
  readonly table: Table;
  readonly datasets: Datasets;
  /** The specification without its data, so that the styles of a page share one copy of the data. */
  draw(style: FigureStyle): TopLevelSpec;
}

/** A figure for which a run lacks the trials. */
export interface LeftOut {
  readonly name: string;
  readonly title: string;
  /** One sentence: what it requires and what the run has. */
  readonly reason: string;
}

/** A figure whose computation or drawing threw: an error of the program, not of the run. */
export interface FailedFigure {
  readonly name: string;
  readonly title: string;
  /** The error. */
  readonly failure: unknown;
}

/** A message with the name of the figure and the reason. */
export function failedText({ name, failure }: FailedFigure): string {
  return `the figure ${name} could not be drawn: ${reasonOf(failure)}. The others are; please report this with the run directory`;
}

export function isDrawn(figure: Figure | LeftOut): figure is Figure {
  return !('reason' in figure);
}

/** The specification without its data, and with the description for screen readers. */
export function drawing(figure: Figure, style: FigureStyle): TopLevelSpec {
  return { description: `${figure.title}. ${figure.caption}`, ...figure.draw(style) };
}

/** A complete specification. */
export function specification(figure: Figure, style: FigureStyle): TopLevelSpec {
  return { ...drawing(figure, style), datasets: mutableDatasets(figure.datasets) };
}

// Vega-Lite's types require mutable arrays; the copy is shallow.
function mutableDatasets(datasets: Datasets): Record<string, object[]> {
  return Object.fromEntries(Object.entries(datasets).map(([name, rows]) => [name, [...rows]]));
}

type Concat = Extract<TopLevelSpec, { concat: unknown }>;
/** One panel of a concatenated figure: a stack of layers over shared axes. */
export type Panel = Extract<Concat['concat'][number], { layer: unknown }>;
export type Layer = Panel['layer'][number];
