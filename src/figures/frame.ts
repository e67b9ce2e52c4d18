import type { TopLevelSpec } from 'vega-lite';
import type { FigureStyle, Panel } from './figure.js';
import { chartConfig } from './theme.js';

/** Exactly one layer bears this name where a figure has a legend that shows and hides series. */
export const legendView = 'legend';

export interface Frame {
  readonly title: string;
  /** What the marks mean, in a few pieces: one line on paper, one line each on a phone. */
  readonly subtitle: readonly string[];
  readonly panels: readonly Panel[];
  readonly columns: number;
  /** Between panels, in pixels. */
  readonly spacing?: number;
  /** Whether a layer is called `legendView`. */
  readonly withLegend?: boolean;
  /** Whether every panel has scales of colour and shape and a legend of its own. */
  readonly ownColors?: boolean;
}

/** Panels in rows of `columns`, under a title and a line that explains the marks. */
export function figureFrame(frame: Frame, style: FigureStyle): TopLevelSpec {
  const { panels, columns, spacing = 24 } = frame;
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

/** In a page the heading is the title, and the line that explains the marks stands alone. */
function titleOf({ title, subtitle }: Frame, { inPage, layout, theme }: FigureStyle) {
  const lines = layout === 'wide' ? subtitle.join('; ') : [...subtitle];
  const place = { anchor: 'start' as const, offset: 14 };
  return inPage
    ? { ...place, text: lines, fontSize: 11, fontWeight: 'normal' as const, color: theme.muted }
    : { ...place, text: title, subtitle: lines, fontSize: 15 };
}

function legendParameter() {
  return {
    name: 'shown',
    select: { type: 'point' as const, fields: ['series'] },
    bind: 'legend' as const,
    views: [legendView],
  };
}

/** Opacity of a series: faded almost away while the legend has others selected. */
export function shownOr(opacity: number) {
  return { condition: { param: 'shown', value: opacity }, value: 0.06 };
}
