import { logDomain, logLabel, logTicks, zerosText } from '../../../figures/axes.js';
import type { Cell, FigureStyle, Layer, Panel } from '../../../figures/figure.js';
import { figureFrame } from '../../../figures/frame.js';
import { rampColors } from '../../../figures/theme.js';
import { panelTitle } from '../../../figures/wrapped-text.js';
import type { Series } from './series.js';
import type { ShownPanels } from './shown-panels.js';
import { lossName, type TrialGroup, teacherSizes, trialCount } from './trial-groups.js';

export const sides = [
  { side: 'trainLoss', sideTitle: 'train' },
  { side: 'validationLoss', sideTitle: 'validation' },
] as const;
export type Side = (typeof sides)[number]['side'];

export interface LossRow extends Record<string, Cell | boolean> {
  readonly series: string;
  readonly teacherSize: number;
  readonly width: number;
  readonly side: Side;
  readonly epoch: number;
  readonly trials: number;
  readonly median: number;
  /** Quartiles over trials; for a single one, its value. null where it is 0, which is not on a log axis. */
  readonly low: number | null;
  readonly high: number;
  /** Whether it has a tooltip. */
  readonly found: boolean;
}

export interface LossCurveChart {
  readonly title: string;
  readonly groups: readonly TrialGroup[];
  readonly panels: ShownPanels;
  readonly shown: readonly number[];
  readonly drawn: readonly LossRow[];
  /** Number of medians that are 0. */
  readonly undrawn: number;
  readonly footnotes: readonly string[];
}

/** One row of panels per teacher size and series, one column per side, with common axes. */
export function lossCurvePanels(chart: LossCurveChart, style: FigureStyle) {
  const columns = style.layout === 'wide' ? sides.length : 1;
  const panels = chart.panels.teacherSizes.flatMap((teacherSize) =>
    chart.panels.series.flatMap((series) => {
      const rows = chart.drawn.filter((row) => row.teacherSize === teacherSize && row.series === series.name);
      if (rows.length === 0) return [];
      return sides.map((each, i) =>
        panel(chart, { ...each, teacherSize, series, rows, left: i % columns === 0 }, style),
      );
    }),
  );
  const alone = chart.groups.every((group) => group.trials.length === 1);
  const subtitle = [
    alone
      ? 'one trial per curve: no spread'
      : `line: median, band: quartiles over ${trialCount(chart.groups)}`,
    ...(chart.undrawn > 0 ? [zerosText(chart.undrawn)] : []),
  ];
  const { title, footnotes } = chart;
  return figureFrame({ title, subtitle, footnotes, panels, columns, ownColors: true }, style);
}

interface PanelPlace {
  readonly side: Side;
  readonly sideTitle: string;
  readonly teacherSize: number;
  readonly series: Series;
  readonly rows: readonly LossRow[];
  readonly left: boolean;
}

function panel(chart: LossCurveChart, place: PanelPlace, style: FigureStyle): Panel {
  const { teacherSize, series, rows, side, sideTitle } = place;
  const size = style.layout === 'wide' ? { width: 320, height: 180 } : { width: 235, height: 170 };
  const drawn = chart.shown.filter((width) => rows.some((row) => row.width === width));
  const several = teacherSizes(chart.groups).length > 1;
  return {
    title: {
      text: panelTitle(
        [`${series.name}${several ? `, h_T = ${teacherSize}` : ''}: ${sideTitle}`],
        size.width,
      ),
      color: style.theme[series.parametrization],
    },
    ...size,
    layer: layers(chart, place, {
      filter:
        `datum.side === '${side}' && datum.teacherSize === ${teacherSize} && ` +
        `datum.series === ${JSON.stringify(series.name)}`,
      inPage: style.inPage,
    }),
    encoding: {
      color: {
        field: 'width',
        type: 'ordinal',
        scale: { domain: drawn, range: rampColors(style.theme.ramps[series.parametrization], drawn.length) },
        // The first of a row of panels, which have the same colours.
        legend: place.left
          ? {
              ...{ title: 'width h', titleOrient: 'left', orient: 'bottom' },
              ...{ symbolType: 'stroke', symbolOpacity: 1 },
            }
          : null,
      },
    },
  };
}

function axesOf({ drawn, groups }: LossCurveChart, left: boolean) {
  const domain = logDomain(drawn.flatMap(({ low, high, median }) => [low ?? median, high]));
  const x = {
    field: 'epoch',
    type: 'quantitative' as const,
    scale: { domain: [0, Math.max(1, ...drawn.map(({ epoch }) => epoch))], nice: false },
    axis: { title: 'epoch', grid: false, format: 'd', tickCount: 5 },
  };
  const y = {
    type: 'quantitative' as const,
    scale: { type: 'log' as const, domain, nice: false },
    axis: {
      title: left ? (lossName(groups) === 'MSE' ? 'mean squared error' : 'cross-entropy') : null,
      values: logTicks(domain),
      labelExpr: logLabel(domain),
      labelOverlap: 'greedy' as const,
    },
  };
  return { x, y };
}

const tooltip = [
  { field: 'series', title: 'student' },
  { field: 'width', title: 'width h' },
  { field: 'epoch' },
  { field: 'median', format: '.3~g' },
  { field: 'low', title: 'lower quartile', format: '.3~g' },
  { field: 'high', title: 'upper quartile', format: '.3~g' },
  { field: 'trials' },
];

function layers(
  chart: LossCurveChart,
  { left }: PanelPlace,
  { filter, inPage }: { filter: string; inPage: boolean },
): Layer[] {
  const { x, y } = axesOf(chart, left);
  const source = { data: { name: 'losses' }, transform: [{ filter }] };
  return [
    {
      ...source,
      mark: { type: 'area', opacity: 0.18, clip: true },
      encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' } },
    },
    {
      ...source,
      mark: { type: 'line', strokeWidth: 1.5, clip: true },
      encoding: { x, y: { ...y, field: 'median' } },
    },
    ...(inPage
      ? [
          {
            data: { name: 'losses' },
            transform: [{ filter: `${filter} && datum.found` }],
            // Invisible, and large enough for the pointer.
            mark: { type: 'circle' as const, size: 90, opacity: 0, clip: true, aria: false },
            encoding: { x, y: { ...y, field: 'median' }, tooltip },
          },
        ]
      : []),
  ];
}
