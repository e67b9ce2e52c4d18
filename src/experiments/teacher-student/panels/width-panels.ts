import type { TopLevelSpec } from 'vega-lite';
import { labelledTicks, logLabel, logTicks } from '../../../figures/axes.js';
import type { FigureStyle, Layer, Panel } from '../../../figures/figure.js';
import { figureFrame, legendView, shownOr } from '../../../figures/frame.js';
import { panelTitle } from '../../../figures/wrapped-text.js';
import { seriesColors } from './series.js';
import { teacherSizes, widths } from './trial-groups.js';
import {
  type Quantity,
  shownTeachers,
  valueDomain,
  type WidthChart,
  widthDatasets,
  widthDomain,
  widthFootnotes,
  widthSubtitle,
} from './width-chart.js';

/**
 * One panel per teacher size and quantity, with common axes. Quantities are side by side; a single quantity has its
 * teacher sizes side by side.
 */
export function widthFigure(
  title: string,
  chart: WidthChart,
  style: FigureStyle,
  footnotes: readonly string[] = [],
): TopLevelSpec {
  const shown = shownTeachers(chart);
  const places = shown.flatMap((teacherSize) =>
    chart.quantities.map((quantity) => ({ teacherSize, quantity })),
  );
  const side = chart.quantities.length > 1 ? chart.quantities.length : Math.min(2, places.length);
  const columns = style.layout === 'wide' ? side : 1;
  const panels = places.map(({ teacherSize, quantity }, i) => {
    const place = { teacherSize, titled: i % columns === 0, legend: i === 0, alone: places.length === 1 };
    return widthPanel(chart, quantity, place, style);
  });
  const lines = { subtitle: widthSubtitle(chart), footnotes: [...footnotes, ...widthFootnotes(chart)] };
  return figureFrame({ title, ...lines, panels, columns, withLegend: true }, style);
}

export interface WidthPanelPlace {
  readonly teacherSize: number;
  /** Whether its y axis has a title, beside other panels. */
  readonly titled: boolean;
  /** Whether its legend shows and hides the series of all panels. */
  readonly legend: boolean;
  /** Whether it is the only panel. */
  readonly alone: boolean;
}

export function widthPanel(
  chart: WidthChart,
  quantity: Quantity,
  { teacherSize, titled, legend, alone }: WidthPanelPlace,
  style: FigureStyle,
): Panel {
  const wide = style.layout === 'wide';
  const sizes = teacherSizes(chart.groups);
  const width = wide && alone ? 480 : panelWidth[style.layout];
  const axes = { x: xAxis(chart, width), y: yAxis(chart, titled || !wide) };
  const inPanel = `datum.panel === '${quantity.id}' && datum.teacherSize === ${teacherSize}`;
  return {
    title: panelTitleOf(quantity.panelTitle, sizes.length > 1 ? teacherSize : undefined, width),
    width,
    height: wide ? 270 : 220,
    layer: [
      ...(chart.identity ? identityLayers(axes, style) : []),
      ...teacherLayers(chart, teacherSize, axes, style),
      ...guideLayers(chart, axes, style),
      trialLayer(chart, inPanel, axes),
      ...meanLayers(chart, inPanel, axes, legend),
      ...leavingLayers(chart, inPanel, axes),
    ],
    encoding: { color: seriesColor(chart, wide, style) },
  };
}

function seriesColor({ series }: WidthChart, wide: boolean, { theme }: FigureStyle) {
  return {
    field: 'series',
    type: 'nominal' as const,
    scale: { domain: series.map(({ name }) => name), range: seriesColors(series, theme) },
    legend: {
      title: null,
      orient: 'top' as const,
      symbolType: 'circle',
      symbolOpacity: 1,
      // As many as fit side by side, in full, when they contain more than the parametrisation.
      ...(series.length > 2 && { columns: wide ? 2 : 1, labelLimit: wide ? 320 : 230 }),
    },
  };
}

/** With the teacher's size where a figure has several. */
function panelTitleOf(title: string, teacherSize: number | undefined, width: number): string[] {
  if (teacherSize === undefined) return panelTitle([title], width);
  const line = `${title}, h_T = ${teacherSize}`;
  const one = panelTitle([line], width);
  return one.length === 1 ? one : panelTitle([title, `h_T = ${teacherSize}`], width);
}

interface Axes {
  readonly x: ReturnType<typeof xAxis>;
  readonly y: ReturnType<typeof yAxis>;
}

const panelWidth = { wide: 320, narrow: 235 } as const;

function xAxis(chart: WidthChart, pixels: number) {
  const all = widths(chart.groups);
  const domain = widthDomain(chart);
  // A few widths are the ticks themselves; many would not be legible.
  const values = all.length <= 12 ? all : logTicks(domain);
  const labelled = labelledTicks(values, domain, pixels);
  return {
    type: 'quantitative' as const,
    scale: { type: 'log' as const, domain, nice: false },
    axis: {
      title: 'student width h (nodes)',
      values,
      labelExpr: `indexof([${labelled.join(', ')}], datum.value) < 0 ? '' : format(datum.value, 'd')`,
      labelOverlap: false,
      grid: false,
    },
  };
}

function yAxis(chart: WidthChart, titled: boolean) {
  const domain = valueDomain(chart);
  return {
    type: 'quantitative' as const,
    scale: { type: 'log' as const, domain, nice: false },
    axis: {
      title: titled ? chart.yTitle : null,
      values: logTicks(domain),
      labelExpr: logLabel(domain),
      labelOverlap: 'greedy' as const,
    },
  };
}

function tooltipFields(...fields: { field: string; title?: string; format?: string }[]) {
  return [{ field: 'series', title: 'student' }, { field: 'width', title: 'width h' }, ...fields];
}

function trialLayer(chart: WidthChart, inPanel: string, { x, y }: Axes): Layer {
  return {
    data: { name: 'trials' },
    transform: [{ filter: inPanel }],
    mark: { type: 'circle', size: 16 },
    encoding: {
      x: { field: 'at', ...x },
      y: { field: 'valueDrawn', ...y },
      opacity: shownOr(0.5),
      tooltip: tooltipFields({ field: 'trial' }, { field: 'value', format: chart.format }),
    },
  };
}

function meanLayers(chart: WidthChart, inPanel: string, { x, y }: Axes, withLegend: boolean): Layer[] {
  const source = { data: { name: 'summaries' }, transform: [{ filter: inPanel }] };
  const position = { x: { field: 'at', ...x }, y: { field: 'meanDrawn', ...y } };
  return [
    { ...source, mark: { type: 'line', strokeWidth: 2 }, encoding: { ...position, opacity: shownOr(1) } },
    {
      data: { name: 'summaries' },
      transform: [{ filter: `${inPanel} && isValid(datum.lowDrawn) && !datum.leaves` }],
      mark: { type: 'errorbar', clip: true, thickness: 1.5, ticks: { size: 7, thickness: 1.5 } },
      encoding: {
        x: { field: 'at', ...x },
        y: { field: 'lowDrawn', ...y },
        y2: { field: 'high' },
        opacity: shownOr(1),
      },
    },
    {
      ...source,
      ...(withLegend ? { name: legendView } : {}),
      mark: { type: 'circle', size: 50 },
      encoding: {
        ...position,
        opacity: shownOr(1),
        tooltip: tooltipFields(
          { field: 'mean', format: chart.format },
          { field: 'spread', title: 'standard deviation' },
          { field: 'trials' },
        ),
      },
    },
  ];
}

/** Whiskers that continue below the axis: down to its lower end, with a triangle there. */
function leavingLayers(chart: WidthChart, inPanel: string, { x, y }: Axes): Layer[] {
  if (!(widthDatasets(chart).summaries ?? []).some(({ leaves }) => leaves === true)) return [];
  const source = { data: { name: 'summaries' }, transform: [{ filter: `${inPanel} && datum.leaves` }] };
  const [atX, opacity] = [{ field: 'at', ...x }, shownOr(1)];
  const [foot, high] = [
    { field: 'lowDrawn', ...y },
    { field: 'high', ...y },
  ];
  return [
    {
      ...source,
      mark: { type: 'rule', strokeWidth: 1.5 },
      encoding: { x: atX, y: foot, y2: { field: 'high' }, opacity },
    },
    {
      ...source,
      mark: { type: 'tick', orient: 'horizontal', size: 7, thickness: 1.5 },
      encoding: { x: atX, y: high, opacity },
    },
    {
      ...source,
      mark: { type: 'point', shape: 'triangle-down', filled: true, size: 45, yOffset: -3 },
      encoding: { x: atX, y: foot, opacity },
    },
  ];
}

/** The line h_T, labelled in the margin or at its top. */
function teacherLayers(
  chart: WidthChart,
  teacherSize: number,
  { x, y }: Axes,
  { theme }: FigureStyle,
): Layer[] {
  if (chart.teacherLine === 'none') return [];
  const horizontal = chart.teacherLine === 'horizontal';
  const [left, right] = x.scale.domain;
  if (teacherSize === 0) return [];
  if (!horizontal && (teacherSize < left || teacherSize > right)) return [];
  const data = { values: [{ teacherSize, label: `h_T = ${teacherSize}`, top: y.scale.domain[1], right }] };
  const color = { value: theme.teacher };
  const line = horizontal ? { y: { field: 'teacherSize', ...y } } : { x: { field: 'teacherSize', ...x } };
  return [
    { data, mark: { type: 'rule', strokeDash: [6, 4], strokeWidth: 1.5 }, encoding: { color, ...line } },
    {
      data,
      mark: horizontal
        ? { type: 'text', align: 'left', baseline: 'middle', dx: 6 }
        : { type: 'text', align: 'left', baseline: 'top', dx: 4 },
      encoding: {
        color,
        text: { field: 'label' },
        x: { field: horizontal ? 'right' : 'teacherSize', ...x },
        y: { field: horizontal ? 'teacherSize' : 'top', ...y },
      },
    },
  ];
}

/** A reference value. */
function guideLayers({ guide }: WidthChart, { y }: Axes, { theme }: FigureStyle): Layer[] {
  if (guide === undefined) return [];
  const mark = { type: 'rule' as const, strokeDash: [6, 4] };
  const color = { value: theme.muted };
  return [{ data: { values: [{ guide }] }, mark, encoding: { color, y: { field: 'guide', ...y } } }];
}

/** The line on which all h nodes count. */
function identityLayers({ x, y }: Axes, { theme }: FigureStyle): Layer[] {
  const low = Math.max(x.scale.domain[0], y.scale.domain[0]);
  const high = Math.min(x.scale.domain[1], y.scale.domain[1]);
  if (low >= high) return [];
  const color = { value: theme.muted };
  return [
    {
      data: { values: [{ end: low }, { end: high }] },
      mark: { type: 'line', strokeDash: [1, 3], strokeWidth: 1.2 },
      encoding: { color, x: { field: 'end', ...x }, y: { field: 'end', ...y } },
    },
    {
      data: { values: [{ end: high, label: 'all h nodes' }] },
      mark: { type: 'text', align: 'right', baseline: 'middle', dx: -10 },
      encoding: { color, text: { field: 'label' }, x: { field: 'end', ...x }, y: { field: 'end', ...y } },
    },
  ];
}
