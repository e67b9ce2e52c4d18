import { logDomain, logLabel, logTicks, zerosNotes, zerosText } from '../../../figures/axes.js';
import type { Cell, Figure, FigureStyle, Layer, Panel } from '../../../figures/figure.js';
import { figureFrame } from '../../../figures/frame.js';
import type { Ranking } from '../../../pruning/rankings.js';
import { parametrizations } from '../protocol/schema.js';
import { reach } from './pruning-panels.js';
import { type Series, seriesColors } from './series.js';
import { lossName, type TrialGroup, teacherSizes, trialCount } from './trial-groups.js';

export type RankingName = 'relevance' | Ranking;

export interface BaselineRow extends Record<string, Cell> {
  readonly series: string;
  readonly ranking: RankingName;
  readonly teacherSize: number;
  readonly width: number;
  readonly kept: number;
  /** kept - h_T */
  readonly excess: number;
  /** Test loss, median over trials. */
  readonly median: number;
}

export interface BaselineChart {
  readonly title: string;
  readonly footnotes: readonly string[];
  /** Groups with curves: one of each teacher size and series. */
  readonly groups: readonly TrialGroup[];
  readonly series: readonly Series[];
  readonly rows: readonly BaselineRow[];
}

/** Relevance, the subject of the other figures, is solid; then long dashes, dots, and dashes with a dot between. */
const dashes: readonly (readonly [RankingName, readonly number[]])[] = [
  ['relevance', [1, 0]],
  ['oracle', [11, 5]],
  ['random', [1.5, 3.5]],
  ['eigenvalue', [6, 3, 1.5, 3]],
];
/** Length of a line in the legend, in pixels, that shows each pattern at least twice. */
const legendLine = 28;

/** A panel per teacher size: hue and lightness encode the student, dashes the ranking. */
export function baselineChart(chart: BaselineChart): Pick<Figure, 'datasets' | 'draw' | 'notes'> {
  const { title, groups, series, footnotes } = chart;
  const first = parametrizations.map((name) =>
    series.find(({ parametrization }) => parametrization === name),
  );
  const wanted = chart.rows.filter(
    (row) =>
      (row.teacherSize === 0 || row.excess <= reach * row.teacherSize) &&
      (row.ranking === 'relevance' || first.some((each) => each?.name === row.series)),
  );
  const rows = wanted.filter(({ median }) => median > 0);
  const undrawn = zerosText(wanted.length - rows.length);
  return {
    notes: zerosNotes(wanted.length - rows.length),
    datasets: { curves: rows },
    draw: (style) => {
      const panels = teacherSizes(groups).map((teacherSize) => panel({ ...chart, rows }, teacherSize, style));
      const columns = style.layout === 'wide' ? Math.min(panels.length, 2) : 1;
      const subtitle = [`median over ${trialCount(groups)}`, ...(undrawn ? [undrawn] : [])];
      return figureFrame({ title, subtitle, footnotes, panels, columns }, style);
    },
  };
}

function panel(chart: BaselineChart, teacherSize: number, style: FigureStyle): Panel {
  const wide = style.layout === 'wide';
  const alone = teacherSizes(chart.groups).length === 1;
  const rows = chart.rows.filter((row) => row.teacherSize === teacherSize);
  // By the students, as every loss may be 0, and no row remains.
  const own = chart.groups.filter((group) => group.teacherSize === teacherSize);
  const width = Math.max(...own.map((group) => group.width));
  const most = Math.max(1, ...rows.map((row) => row.excess));
  const axes = { x: xAxis(teacherSize, most), y: yAxis(rows, lossName(chart.groups)) };
  return {
    title: alone ? `width ${width}` : `h_T = ${teacherSize}, width ${width}`,
    width: wide ? (alone ? 560 : 320) : 235,
    height: wide ? 320 : 250,
    layer: [
      ...(teacherSize > 0 ? [teacherLayer(axes.x, style)] : []),
      ...curveLayers(teacherSize, axes, style),
    ],
    encoding: legends(chart, wide, style),
  };
}

function legends({ series, rows }: BaselineChart, wide: boolean, { theme }: FigureStyle) {
  const domain = dashes.filter(([ranking]) => rows.some((row) => row.ranking === ranking));
  const shape = { orient: 'bottom' as const, symbolType: 'stroke', direction: 'vertical' as const };
  return {
    color: {
      field: 'series',
      type: 'nominal' as const,
      scale: { domain: series.map(({ name }) => name), range: seriesColors(series, theme) },
      legend: { ...shape, title: null, labelLimit: wide ? 800 : 230 },
    },
    strokeDash: {
      field: 'ranking',
      type: 'nominal' as const,
      scale: { domain: domain.map(([ranking]) => ranking), range: domain.map(([, dash]) => [...dash]) },
      legend: {
        ...shape,
        orient: 'top' as const,
        direction: 'horizontal' as const,
        columns: wide ? 4 : 2,
        // The area of a square of that side.
        symbolSize: legendLine ** 2,
        title: 'nodes removed by',
      },
    },
  };
}

function xAxis(teacherSize: number, most: number) {
  return {
    type: 'quantitative' as const,
    scale: { domain: [-teacherSize, most], nice: false },
    axis: {
      title: `nodes kept n_{kept}${teacherSize > 0 ? ' − h_T' : ''}`,
      grid: false,
      format: 'd',
      tickCount: 8,
    },
  };
}

function yAxis(rows: readonly BaselineRow[], loss: string) {
  const domain = logDomain(rows.map((row) => row.median));
  return {
    type: 'quantitative' as const,
    scale: { type: 'log' as const, domain, nice: false },
    axis: {
      title: `test loss (${loss})`,
      values: logTicks(domain),
      labelExpr: logLabel(domain),
      labelOverlap: 'greedy' as const,
    },
  };
}

interface Axes {
  readonly x: ReturnType<typeof xAxis>;
  readonly y: ReturnType<typeof yAxis>;
}

function curveLayers(teacherSize: number, { x, y }: Axes, { inPage }: FigureStyle): Layer[] {
  const source = {
    data: { name: 'curves' },
    transform: [{ filter: `datum.teacherSize === ${teacherSize} && datum.median > 0` }],
  };
  const at = { x: { field: 'excess', ...x }, y: { field: 'median', ...y } };
  const tooltip = [
    { field: 'series', title: 'student' },
    { field: 'ranking', title: 'nodes removed by' },
    { field: 'kept', title: 'nodes kept' },
    { field: 'median', title: 'test loss, median', format: '.3~g' },
  ];
  return [
    { ...source, mark: { type: 'line', strokeWidth: 1.8, clip: true }, encoding: at },
    ...(inPage
      ? [
          {
            ...source,
            // Invisible, and large enough for the pointer.
            mark: { type: 'circle' as const, size: 50, opacity: 0, clip: true },
            encoding: { ...at, strokeDash: { value: [1, 0] }, tooltip },
          },
        ]
      : []),
  ];
}

/** The line h_T. */
function teacherLayer(x: Axes['x'], { theme }: FigureStyle): Layer {
  return {
    data: { values: [{ at: 0 }] },
    mark: { type: 'rule', strokeWidth: 1.5, clip: true },
    encoding: {
      color: { value: theme.teacher },
      strokeDash: { value: [6, 4] },
      x: { field: 'at', ...x },
    },
  };
}
