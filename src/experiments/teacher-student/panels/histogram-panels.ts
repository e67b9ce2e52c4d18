import { plainLabel } from '../../../figures/axes.js';
import type { Cell, FigureStyle, Layer, Panel } from '../../../figures/figure.js';
import { figureFrame } from '../../../figures/frame.js';
import { meanAndSpread } from '../../../figures/mean-and-spread.js';
import { panelTitle } from '../../../figures/wrapped-text.js';
import { thresholdText } from './caption-text.js';
import { type Series, seriesNames } from './series.js';
import type { ShownPanels } from './shown-panels.js';
import { type Parametrization, type TrialGroup, teacherSizes, trialCount } from './trial-groups.js';

/** Space above the highest bar for the label; arbitrary. */
const headroom = 1.7;

export interface BinRow extends Record<string, Cell> {
  readonly series: string;
  readonly teacherSize: number;
  readonly parametrization: Parametrization;
  readonly width: number;
  readonly from: number;
  readonly to: number;
  /** Mean over trials of the number of nodes in the bin. */
  readonly nodes: number;
  readonly sd: number | null;
}

export interface HistogramChart {
  readonly title: string;
  readonly groups: readonly TrialGroup[];
  readonly panels: ShownPanels;
  /** Widths with panels. */
  readonly shown: readonly number[];
  /** Rows of the panels. */
  readonly rows: readonly BinRow[];
  readonly footnotes: readonly string[];
}

/** One row of panels per teacher size and series, one column per width; on a phone, one column per series. */
export function histogramFigure(chart: HistogramChart, style: FigureStyle) {
  const { title, groups, shown, footnotes } = chart;
  const wide = style.layout === 'wide';
  const places = wide ? placesByRow(chart) : placesByColumn(chart);
  const columns = wide ? shown.length : Math.min(2, chart.panels.series.length);
  const subtitle = [
    `bars: mean over ${trialCount(groups)}`,
    `n_λ: nodes above the dashed threshold of ${thresholdText(groups)}`,
  ];
  const most = Math.max(1, ...chart.rows.map((row) => row.nodes));
  const size = panelSize(wide, columns);
  const panels = places.map((place, i) => {
    const [left, bottom] = [i % columns === 0, i >= places.length - columns];
    return histogramPanel(groups, { ...place, left, bottom, most, size }, style);
  });
  return figureFrame({ title, subtitle, footnotes, panels, columns, spacing: 14 }, style);
}

function placesByRow({ panels, shown }: HistogramChart) {
  return panels.teacherSizes.flatMap((teacherSize) =>
    panels.series.flatMap((series) => shown.map((width) => ({ teacherSize, series, width }))),
  );
}

function placesByColumn({ panels, shown }: HistogramChart) {
  return panels.teacherSizes.flatMap((teacherSize) =>
    shown.flatMap((width) => panels.series.map((series) => ({ teacherSize, series, width }))),
  );
}

function panelSize(wide: boolean, columns: number) {
  return wide
    ? { width: Math.min(230, Math.floor(700 / columns) - 14), height: 130 }
    : { width: 130, height: 105 };
}

/** Font size of the titles of small panels. */
const titleSize = 11;

interface PanelPlace {
  readonly teacherSize: number;
  readonly series: Series;
  readonly width: number;
  readonly bottom: boolean;
  readonly left: boolean;
  readonly most: number;
  readonly size: { readonly width: number; readonly height: number };
}

function histogramPanel(groups: readonly TrialGroup[], place: PanelPlace, { theme }: FigureStyle): Panel {
  const { teacherSize, series, width } = place;
  const nameOf = seriesNames(groups);
  const several = teacherSizes(groups).length > 1;
  const group = groups.find(
    (each) => each.teacherSize === teacherSize && nameOf(each) === series.name && each.width === width,
  );
  return {
    title: {
      text: panelTitle(
        [
          ...[series.parametrization, ...(series.label === '' ? [] : series.label.split(', '))],
          `h = ${width}${several ? `, h_T = ${teacherSize}` : ''}`,
        ],
        place.size.width,
        titleSize,
      ),
      color: theme[series.parametrization],
      fontSize: titleSize,
      offset: 4,
    },
    ...place.size,
    layer: [barLayer(place, theme), ...labelLayers(group, place, theme)],
  };
}

function barLayer(place: PanelPlace, theme: FigureStyle['theme']): Layer {
  const { x, y } = axes(place);
  const { teacherSize, series, width } = place;
  const inPanel =
    `datum.width === ${width} && datum.teacherSize === ${teacherSize} && ` +
    `datum.series === ${JSON.stringify(series.name)}`;
  const color = theme[series.parametrization];
  return {
    data: { name: 'bins' },
    transform: [{ filter: inPanel }],
    mark: { type: 'bar', color, binSpacing: 0, stroke: theme.background, strokeWidth: 0.4 },
    encoding: {
      x: { field: 'from', ...x },
      x2: { field: 'to' },
      y: { field: 'nodes', ...y },
      y2: { datum: 0 },
      tooltip: [
        { field: 'series', title: 'student' },
        { field: 'width', title: 'width h' },
        { field: 'from', title: 'relevance from', format: '.3f' },
        { field: 'to', title: 'to', format: '.3f' },
        { field: 'nodes', title: 'nodes per trial', format: '.3~g' },
        { field: 'spread', title: 'standard deviation' },
      ],
    },
  };
}

/** The threshold, and how many nodes are above it. */
function labelLayers(group: TrialGroup | undefined, place: PanelPlace, theme: FigureStyle['theme']): Layer[] {
  const { x, y } = axes(place);
  const label = group
    ? `n_λ = ${meanAndSpread(group.trials.map((each) => each.effectiveSize))}`
    : 'no trials';
  const threshold = group?.trials[0]?.threshold;
  return [
    ...(threshold === undefined
      ? []
      : [
          {
            data: { values: [{ threshold }] },
            mark: { type: 'rule' as const, color: theme.muted, strokeDash: [3, 3] },
            encoding: { x: { field: 'threshold', ...x } },
          },
        ]),
    {
      data: { values: [{ at: 1, top: place.most * headroom, label }] },
      mark: { type: 'text', align: 'right', baseline: 'top', fontSize: place.size.width < 150 ? 10 : 11 },
      encoding: { x: { field: 'at', ...x }, y: { field: 'top', ...y }, text: { field: 'label' } },
    },
  ];
}

function axes({ most, bottom, left }: PanelPlace) {
  const top = most * headroom;
  // A label at the upper end would shift the title of its panel, out of line with its neighbours.
  const values = [0, 1, 3, 10, 30, 100, 300, 1000, 3000, 10_000].filter(
    (tick) => Math.log1p(tick) < 0.94 * Math.log1p(top),
  );
  return {
    x: {
      type: 'quantitative' as const,
      scale: { domain: [0, 1] },
      axis: {
        title: bottom ? 'relevance / largest' : null,
        labels: bottom,
        values: [0, 0.25, 0.5, 0.75, 1],
        labelExpr: plainLabel,
        grid: false,
        labelOverlap: 'greedy' as const,
      },
    },
    y: {
      type: 'quantitative' as const,
      // Linear up to one node, logarithmic above: both a single node and the many at zero are visible.
      scale: { type: 'symlog' as const, constant: 1, domain: [0, top], nice: false },
      axis: { title: left ? 'nodes per trial' : null, labels: left, values, labelExpr: plainLabel },
    },
  };
}
