import type { TopLevelSpec } from 'vega-lite';
import { reasonOf } from '../errors.js';
import type { Theme } from './theme.js';

/** A cell that is null was not defined (the spread of a single trial, say) and is left empty. */
export type Cell = number | string | null;

/** What a figure was drawn from; the same cells go to HTML and CSV. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** Rows as Vega-Lite sees them, by the name under which a specification refers to them. */
export type Datasets = Readonly<Record<string, readonly Readonly<Record<string, Cell | boolean>>[]>>;

export interface FigureStyle {
  readonly theme: Theme;
  /** 'wide': panels side by side; 'narrow': for a phone, stacked, and nothing that captures a swipe. */
  readonly layout: 'wide' | 'narrow';
  /** In the page a heading is the title and a pointer can zoom; a file stands alone and is still. */
  readonly inPage: boolean;
}

/**
 * One figure: everything that can be said of it, computed from rows and from nothing else. In all texts `X_y` and
 * `X_{word}` are subscripts (subscripts.ts).
 */
export interface Figure {
  /** File name without its extension. */
  readonly name: string;
  readonly title: string;
  /** Two sentences: how to read it, and what this run shows. */
  readonly caption: string;
  /** What a reader must know to not misread it: one trial only, zeros on a log axis, widths left out. */
  readonly notes: readonly string[];
  /** What a reader can do with the live picture. */
  readonly hint: string;
  readonly table: Table;
  readonly datasets: Datasets;
  /** The specification without its data, so that the styles of a page share one copy of it. */
  draw(style: FigureStyle): TopLevelSpec;
}

/** A figure that a run does not have the trials for. */
export interface LeftOut {
  readonly name: string;
  readonly title: string;
  /** One sentence: what it needs and what there is. */
  readonly reason: string;
}

/** A figure that threw while it was made or drawn: a fault of the program, not of the run. */
export interface FailedFigure {
  readonly name: string;
  readonly title: string;
  /** What was thrown. */
  readonly failure: unknown;
}

/** For a message: which figure, and why. */
export function failedText({ name, failure }: FailedFigure): string {
  return `the figure ${name} could not be drawn: ${reasonOf(failure)}. The others are; please report this with the run directory`;
}

export function isDrawn(figure: Figure | LeftOut): figure is Figure {
  return !('reason' in figure);
}

/** The specification without its data, and with the text that screen readers read out. */
export function drawing(figure: Figure, style: FigureStyle): TopLevelSpec {
  return { description: `${figure.title}. ${figure.caption}`, ...figure.draw(style) };
}

/** A specification that stands alone. */
export function specification(figure: Figure, style: FigureStyle): TopLevelSpec {
  return { ...drawing(figure, style), datasets: mutableDatasets(figure.datasets) };
}

// Vega-Lite's types want mutable arrays; the copy is shallow.
function mutableDatasets(datasets: Datasets): Record<string, object[]> {
  return Object.fromEntries(Object.entries(datasets).map(([name, rows]) => [name, [...rows]]));
}

type Concat = Extract<TopLevelSpec, { concat: unknown }>;
/** One panel of a concatenated figure: a stack of layers over shared axes. */
export type Panel = Extract<Concat['concat'][number], { layer: unknown }>;
export type Layer = Panel['layer'][number];
