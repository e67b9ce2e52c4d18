import type { TopLevelSpec } from 'vega-lite';
import type { FigureStyle, Panel } from './figure.js';
import { chartConfig } from './theme.js';
import { wrappedPieces, wrappedText } from './wrapped-text.js';

/** Name of exactly one layer in a figure whose legend shows and hides series. */
export const legendView = 'legend';

export interface Frame {
  readonly title: string;
  /** The meaning of the marks, in a few pieces: one line on paper, one line each on a phone. */
  readonly subtitle: readonly string[];
  /** Notes without which the picture misleads: in a file they are part of it, in a page they are below it. */
  readonly footnotes?: readonly string[];
  readonly panels: readonly Panel[];
  readonly columns: number;
  /** Pixels between panels. */
  readonly spacing?: number;
  /** Whether a layer is named `legendView`. */
  readonly withLegend?: boolean;
  /** Whether every panel has its own scales of colour and shape and its own legend. */
  readonly ownColors?: boolean;
}

/** Pixels between panels; arbitrary. */
const panelSpacing = 24;

/** Panels in rows of `columns`, under a title and a line that explains the marks. */
export function figureFrame(frame: Frame, style: FigureStyle): TopLevelSpec {
  const { panels, columns, spacing = panelSpacing } = frame;
  return {
    title: titleOf(frame, style),
    ...(frame.withLegend ? { params: [legendParameter()] } : {}),
    ...(frame.ownColors
      ? { resolve: { scale: { color: 'independent' as const, shape: 'independent' as const } } }
      : {}),
    concat: [...panels],
    columns,
    spacing,
    config: chartConfig(style),
  };
}

/** Font size of a line under the title; arbitrary. */
const lineFont = { fontSize: 11 };
/** Maximum width of lines above a single narrow panel; arbitrary. */
const leastLine = { wide: 480, narrow: 300 } as const;

/** In a page the heading is the title, and only the line that explains the marks is drawn. */
function titleOf(frame: Frame, style: FigureStyle) {
  const { title, subtitle, footnotes = [] } = frame;
  const { inPage, layout, theme } = style;
  const pixels = Math.max(panelPixels(frame), leastLine[layout]);
  const wrapped = (text: string) => wrappedText(text, pixels, lineFont);
  const lines = layout === 'wide' ? wrappedPieces(subtitle, pixels, lineFont) : subtitle.flatMap(wrapped);
  const notes = footnotes.length > 0 ? wrapped([...new Set(footnotes)].join(' ')) : [];
  const place = { anchor: 'start' as const, offset: 14 };
  return inPage
    ? { ...place, text: lines, ...lineFont, fontWeight: 'normal' as const, color: theme.muted }
    : { ...place, text: title, subtitle: [...lines, ...notes], fontSize: 15 };
}

/** Width of a row of panels, without their axes. */
function panelPixels({ panels, columns, spacing = panelSpacing }: Frame): number {
  const widths = panels.map(({ width }) => (typeof width === 'number' ? width : 0));
  const side = Math.min(columns, panels.length);
  return side * Math.max(0, ...widths) + (side - 1) * spacing;
}

function legendParameter() {
  return {
    name: 'shown',
    select: { type: 'point' as const, fields: ['series'] },
    bind: 'legend' as const,
    views: [legendView],
  };
}

/** Opacity of a series: low while others are selected in the legend. */
export function shownOr(opacity: number) {
  return { condition: { param: 'shown', value: opacity }, value: 0.06 };
}
