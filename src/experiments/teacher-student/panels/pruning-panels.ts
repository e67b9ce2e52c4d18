import { summarize } from '../../../analysis/summary.js';
import { powerLabel, powerOfTen } from '../../../figures/axes.js';
import type { Cell, Figure, FigureStyle, Layer, Panel } from '../../../figures/figure.js';
import { figureFrame } from '../../../figures/frame.js';
import { rampColors } from '../../../figures/theme.js';
import { panelTitle } from '../../../figures/wrapped-text.js';
import { type Series, seriesNames } from './series.js';
import { isShown, type ShownPanels } from './shown-panels.js';
import { lossName, type Parametrization, type TrialGroup, teacherSizes, trialCount } from './trial-groups.js';

export interface CurveRow extends Record<string, Cell> {
  readonly series: string;
  readonly teacherSize: number;
  readonly parametrization: Parametrization;
  readonly width: number;
  readonly kept: number;
  /** kept - h_T */
  readonly excess: number;
  /** |MSE after - MSE before|: median, smallest and largest over trials. */
  readonly median: number;
  readonly smallest: number;
  readonly largest: number;
}

export interface PruningChart {
  readonly title: string;
  readonly groups: readonly TrialGroup[];
  /** Teacher sizes and series with panels. */
  readonly panels: ShownPanels;
  readonly footnotes: readonly string[];
  /** Widths with curves. */
  readonly shown: readonly number[];
  /** Smaller changes are drawn at this value. */
  readonly floor: number;
  /** Rows of the widths and series that are drawn. */
  readonly rows: readonly CurveRow[];
}

/** Range of the axis right of h_T, in teacher sizes, before the reader pans it; arbitrary. */
export const reach = 3;
/** Maximum number of panels side by side. */
const mostColumns = 2;

/** One panel per teacher size and series: its hue encodes the parametrisation, its lightness the width. */
export function pruningChart(chart: PruningChart): Pick<Figure, 'datasets' | 'draw'> {
  const { title, groups, floor, footnotes } = chart;
  const { teacherSizes: sizes, series: shown } = chart.panels;
  const up = (value: number) => Math.max(value, floor);
  return {
    datasets: {
      curves: chart.rows.map((row) => ({
        ...row,
        drawn: up(row.median),
        low: up(row.smallest),
        high: up(row.largest),
      })),
      sizes: effectiveSizeMarks(chart),
    },
    draw: (style) => {
      const columns = style.layout === 'wide' ? Math.min(sizes.length * shown.length, mostColumns) : 1;
      const places = sizes.flatMap((teacherSize) => shown.map((series) => ({ teacherSize, series })));
      const panels = places.map((place, i) => pruningPanel(chart, { ...place, column: i % columns }, style));
      const lines = { subtitle: subtitle(groups), footnotes };
      return figureFrame({ title, ...lines, panels, columns, ownColors: true }, style);
    },
  };
}

function subtitle(groups: readonly TrialGroup[]): string[] {
  const alone = groups.every((group) => group.trials.length === 1);
  return [
    alone ? 'one trial per curve: no spread' : `line: median, band: full range over ${trialCount(groups)}`,
    'circle: effective size n_λ',
  ];
}

/** The points of the curves at the median effective size of their trials. */
function effectiveSizeMarks({ groups, shown, panels, floor, rows }: PruningChart) {
  const nameOf = seriesNames(groups);
  return groups.flatMap((group) => {
    const { parametrization, teacherSize, width, trials } = group;
    const series = nameOf(group);
    if (!shown.includes(width) || !isShown(panels, teacherSize, series)) return [];
    const size = Math.round(summarize(trials.map((trial) => trial.effectiveSize)).median);
    const curve = rows.filter(
      (row) => row.series === series && row.teacherSize === teacherSize && row.width === width,
    );
    const nearest = curve.toSorted((a, b) => Math.abs(a.kept - size) - Math.abs(b.kept - size))[0];
    if (!nearest) return [];
    const { kept, excess, median } = nearest;
    const drawn = Math.max(median, floor);
    return [{ series, parametrization, teacherSize, width, kept, excess, median, drawn }];
  });
}

interface PanelPlace {
  readonly teacherSize: number;
  readonly series: Series;
  readonly column: number;
}

function pruningPanel(
  chart: PruningChart,
  { teacherSize, series, column }: PanelPlace,
  style: FigureStyle,
): Panel {
  const { theme } = style;
  const { name, parametrization } = series;
  const wide = style.layout === 'wide';
  const width = wide ? 320 : 235;
  const drawn = chart.shown.filter((width) =>
    chart.rows.some((row) => row.series === name && row.teacherSize === teacherSize && row.width === width),
  );
  const axes = { x: xAxis(chart, teacherSize), y: yAxis(chart, column === 0) };
  const inPanel = `datum.teacherSize === ${teacherSize} && datum.series === ${JSON.stringify(name)}`;
  return {
    title: {
      text: panelTitle(
        [teacherSizes(chart.groups).length > 1 ? `${name}, h_T = ${teacherSize}` : name],
        width,
      ),
      color: theme[parametrization],
    },
    width,
    height: wide ? 290 : 230,
    layer: [
      ...teacherLayers(teacherSize, axes, theme),
      ...curveLayers(inPanel, axes, {
        inPage: style.inPage,
        loss: lossName(chart.groups),
        params: wide ? [zoom(`${chart.panels.series.indexOf(series)}_${teacherSize}`)] : [],
      }),
    ],
    encoding: { color: widthColor(drawn, theme.ramps[parametrization]) },
  };
}

function widthColor(drawn: number[], ramp: readonly [string, string, string]) {
  return {
    field: 'width',
    type: 'ordinal' as const,
    scale: { domain: drawn, range: rampColors(ramp, drawn.length) },
    legend: {
      title: 'width h',
      titleOrient: 'left' as const,
      orient: 'bottom' as const,
      symbolType: 'stroke',
      symbolOpacity: 1,
    },
  };
}

interface Axes {
  readonly x: ReturnType<typeof xAxis>;
  readonly y: ReturnType<typeof yAxis>;
}

function xAxis({ rows }: PruningChart, teacherSize: number) {
  const most = Math.max(...rows.filter((row) => row.teacherSize === teacherSize).map((row) => row.excess), 1);
  const right = teacherSize > 0 ? Math.min(reach * teacherSize, most) : most;
  const title = teacherSize > 0 ? 'nodes kept n_{kept} − h_T' : 'nodes kept n_{kept}';
  return {
    type: 'quantitative' as const,
    scale: { domain: [-teacherSize, right], nice: false },
    axis: { title, grid: false, format: 'd', tickCount: 8 },
  };
}

function yAxis({ groups, rows, floor }: PruningChart, titled: boolean) {
  const most = Math.max(...rows.map((row) => row.largest), 10 * floor);
  const foot = Math.round(Math.log10(floor));
  // Every decade while the labels do not overlap.
  const step = Math.ceil((Math.log10(most * 3) - foot) / 10);
  const values: number[] = [];
  for (let e = foot; powerOfTen(e) <= most * 3; e += step) values.push(powerOfTen(e));
  return {
    type: 'quantitative' as const,
    scale: { type: 'log' as const, domain: [floor, most * 3], nice: false },
    axis: {
      title: titled ? `|${lossName(groups)} after − ${lossName(groups)} before|` : null,
      values,
      labelExpr: `(datum.value < ${floor * 1.5} ? '≤ ' : '') + ${powerLabel}`,
      labelOverlap: 'greedy' as const,
    },
  };
}

/** Not used in a static picture. */
interface Interaction {
  readonly inPage: boolean;
  readonly params: ReturnType<typeof zoom>[];
  /** See lossName. */
  readonly loss: string;
}

function curveLayers(inPanel: string, { x, y }: Axes, { inPage, params, loss }: Interaction): Layer[] {
  const source = { data: { name: 'curves' }, transform: [{ filter: inPanel }] };
  const at = { x: { field: 'excess', ...x } };
  const tooltip = [
    { field: 'series', title: 'student' },
    { field: 'width', title: 'width h' },
    { field: 'kept', title: 'nodes kept' },
    { field: 'median', title: `|${loss} change|, median`, format: '.2~e' },
  ];
  return [
    {
      ...source,
      mark: { type: 'area', opacity: 0.1, clip: true },
      encoding: { ...at, y: { field: 'low', ...y }, y2: { field: 'high' } },
    },
    {
      ...source,
      mark: { type: 'line', strokeWidth: 1.8, clip: true },
      encoding: { ...at, y: { field: 'drawn', ...y } },
    },
    ...(inPage
      ? [
          {
            ...source,
            // Invisible, and large enough for the pointer.
            mark: { type: 'circle' as const, size: 60, opacity: 0, clip: true },
            params,
            encoding: { ...at, y: { field: 'drawn', ...y }, tooltip },
          },
        ]
      : []),
    {
      data: { name: 'sizes' },
      transform: [{ filter: inPanel }],
      mark: { type: 'point', filled: false, size: 55, strokeWidth: 1.8, clip: true, opacity: 1 },
      encoding: { ...at, y: { field: 'drawn', ...y }, tooltip },
    },
  ];
}

/** Dragging pans; the wheel zooms only with a key, so that it still scrolls the page. */
function zoom(name: string) {
  return {
    name: `zoom_${name}`,
    select: { type: 'interval' as const, zoom: 'wheel![event.shiftKey || event.ctrlKey]' },
    bind: 'scales' as const,
  };
}

/** The line h_T, labelled at its top. */
function teacherLayers(teacherSize: number, { x, y }: Axes, theme: FigureStyle['theme']): Layer[] {
  if (teacherSize === 0) return [];
  const top = y.scale.domain[1] as number;
  const data = { values: [{ at: 0, top, label: `h_T = ${teacherSize}` }] };
  const color = { value: theme.teacher };
  return [
    {
      data,
      mark: { type: 'rule', strokeDash: [6, 4], strokeWidth: 1.5, clip: true },
      encoding: { color, x: { field: 'at', ...x } },
    },
    {
      data,
      mark: { type: 'text', align: 'left', baseline: 'top', dx: 4, clip: true },
      encoding: { color, x: { field: 'at', ...x }, y: { field: 'top', ...y }, text: { field: 'label' } },
    },
  ];
}
