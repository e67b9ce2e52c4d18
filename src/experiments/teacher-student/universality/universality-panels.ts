import { evaluateFit } from '../../../analysis/fits/fit.js';
import { powerLabel, powerOfTen, zerosAtFootNotes } from '../../../figures/axes.js';
import type { Figure, FigureStyle, Layer, Panel } from '../../../figures/figure.js';
import { figureFrame } from '../../../figures/frame.js';
import { short } from '../../../figures/numbers-in-text.js';
import { rampColors } from '../../../figures/theme.js';
import { panelTitle } from '../../../figures/wrapped-text.js';
import type { Series } from '../panels/series.js';
import { teacherSizes, widths } from '../panels/trial-groups.js';
import type { Collapse, NormalisedCurve } from './normalised-curves.js';

export interface SeriesCollapse {
  readonly series: Series;
  readonly curves: readonly NormalisedCurve[];
  readonly collapse: Collapse;
}

/** Points of a fitted curve; arbitrary. */
const fitPoints = 80;
/** Distance from the ends, where a power law is 0. Arbitrary. */
const fitMargin = 0.005;

/** One panel per series: hue encodes the parametrisation, lightness the width, and shape the teacher's size. */
export function universalityChart(
  { title, footnotes }: { readonly title: string; readonly footnotes: readonly string[] },
  collapses: readonly SeriesCollapse[],
): Pick<Figure, 'datasets' | 'draw' | 'notes'> {
  const floor = floorOf(collapses);
  const points = collapses.flatMap((each) => pointRows(each, floor));
  const datasets = { points, fits: collapses.flatMap((each) => fitRows(each, floor)) };
  const leaving = points.some(({ leaves }) => leaves) ? [leavingNote] : [];
  // At the full width, from which nothing is removed, y is 0 by definition.
  const zeros = points.filter(({ y, kept, width }) => y === 0 && kept < width).length;
  return {
    notes: [...leaving, ...zerosAtFootNotes(zeros, floor)],
    datasets,
    draw: (style) => {
      const columns = style.layout === 'wide' ? Math.min(2, collapses.length) : 1;
      const panels = collapses.map((each, i) => panel(each, floor, i % columns === 0, style));
      const subtitle = [
        points.every(({ error }) => error === null)
          ? 'one trial per curve: no spread'
          : 'mean ± 1 standard error over trials',
        'lightness: width',
        'shape: h_T',
        ...fitLines
          .filter(([form]) => datasets.fits.some((row) => row.form === form))
          .map(([, text]) => text),
      ];
      const lines = { subtitle, footnotes: [...leaving, ...footnotes] };
      return figureFrame({ title, ...lines, panels, columns, ownColors: true }, style);
    },
  };
}

/** The appearance of a fit, where it converged. */
const fitLines = [
  ['exponential', 'dashed: exponential fit'],
  ['powerLaw', 'dotted: power law'],
] as const;

const leavingNote = 'A bar that ends in a triangle goes on below the axis.';

function pointRows({ series, curves }: SeriesCollapse, floor: number) {
  return curves.flatMap(({ group: { teacherSize, width }, points }) =>
    points.map(({ kept, x, y, error }) => {
      const [low, high] = [y - (error ?? 0), y + (error ?? 0)];
      const place = { series: series.name, teacherSize, width, kept, x, y, error };
      const drawn = { drawn: Math.max(y, floor), low: Math.max(low, floor), high: Math.max(high, floor) };
      return { ...place, ...drawn, leaves: y > floor && low < floor };
    }),
  );
}

/** A power of ten below the rising parts: on the plateau, changes are noise, and would compress the rising parts. */
function floorOf(collapses: readonly SeriesCollapse[]): number {
  const rising = collapses.flatMap(({ curves }) =>
    curves.flatMap(({ points }) => points.filter(({ x, y }) => x < 0 && y > 0).map(({ y }) => y)),
  );
  return powerOfTen(Math.max(-8, Math.floor(Math.log10(Math.min(0.1, ...rising))) - 1));
}

function fitRows({ series, collapse }: SeriesCollapse, floor: number) {
  return [collapse.exponential, collapse.powerLaw].flatMap((fit) => {
    if (!fit.converged) return [];
    return Array.from({ length: fitPoints }, (_, k) => {
      const x = -1 + fitMargin + ((1 - 2 * fitMargin) * k) / (fitPoints - 1);
      const y = evaluateFit(fit, fit.form === 'exponential' ? x + 1 : -x);
      return { series: series.name, form: fit.form, x, y };
    }).filter(({ y }) => y >= floor);
  });
}

function panel(
  { series, curves, collapse }: SeriesCollapse,
  floor: number,
  left: boolean,
  style: FigureStyle,
): Panel {
  const { theme, layout } = style;
  const size = layout === 'wide' ? { width: 320, height: 290 } : { width: 235, height: 230 };
  const groups = curves.map(({ group }) => group);
  const [sizes, all] = [teacherSizes(groups), widths(groups)];
  const inSeries = `datum.series === ${JSON.stringify(series.name)}`;
  const axes = { x: xAxis, y: yAxis(floor, left) };
  return {
    title: {
      text: panelTitle([series.name, qualityText(collapse)], size.width),
      color: theme[series.parametrization],
    },
    ...size,
    layer: [
      transitionLayer(axes, theme),
      ...pointLayers(inSeries, axes, sizes, floor),
      leavingLayer(inSeries, axes),
      fitLayer(inSeries, axes, theme),
    ],
    encoding: {
      color: {
        field: 'width',
        type: 'ordinal',
        scale: { domain: all, range: rampColors(theme.ramps[series.parametrization], all.length) },
        legend: {
          ...{ title: 'width h', titleOrient: 'left', orient: 'bottom' },
          ...{ symbolType: 'stroke', symbolOpacity: 1, columns: layout === 'wide' ? 5 : 3 },
        },
      },
    },
  };
}

function qualityText({ factor, quality }: Collapse): string {
  return [
    ...(factor === undefined ? [] : [`apart by a factor of ${short(factor)}`]),
    quality ? `S = ${short(quality.quality)}` : 'no S: one trial',
  ].join(', ');
}

const xAxis = {
  field: 'x',
  type: 'quantitative' as const,
  scale: { domain: [-1, 1], nice: false },
  axis: { title: 'n_{kept} / h_T − 1', grid: false, values: [-1, -0.5, 0, 0.5, 1] },
};

function yAxis(floor: number, left: boolean) {
  const values: number[] = [];
  for (let e = Math.round(Math.log10(floor)); e <= 0; ++e) values.push(powerOfTen(e));
  return {
    type: 'quantitative' as const,
    scale: { type: 'log' as const, domain: [floor, 1.5], nice: false },
    axis: {
      title: left ? '|MSE after − MSE before| / largest' : null,
      values,
      labelExpr: `(datum.value < ${floor * 1.5} ? '≤ ' : '') + ${powerLabel}`,
    },
  };
}

interface Axes {
  readonly x: typeof xAxis;
  readonly y: ReturnType<typeof yAxis>;
}

function transitionLayer({ x }: Axes, theme: FigureStyle['theme']): Layer {
  return {
    data: { values: [{ x: 0 }] },
    mark: { type: 'rule', strokeDash: [6, 4], strokeWidth: 1.5 },
    encoding: { x, color: { value: theme.teacher } },
  };
}

const shapes = ['circle', 'square', 'triangle-up', 'diamond', 'cross', 'triangle-down'];

function pointLayers(inSeries: string, { x, y }: Axes, sizes: readonly number[], floor: number): Layer[] {
  const source = { data: { name: 'points' }, transform: [{ filter: inSeries }] };
  const shape = {
    field: 'teacherSize',
    type: 'nominal' as const,
    scale: { domain: [...sizes], range: sizes.map((_, i) => shapes[i % shapes.length] as string) },
    legend: { title: 'h_T', titleOrient: 'left' as const, orient: 'bottom' as const, symbolOpacity: 1 },
  };
  return [
    {
      ...source,
      mark: { type: 'rule', opacity: 0.5, clip: true },
      encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' } },
    },
    {
      ...source,
      mark: { type: 'line', strokeWidth: 1.2, opacity: 0.7, clip: true },
      encoding: { x, y: { ...y, field: 'drawn' }, detail: { field: 'teacherSize' } },
    },
    {
      data: { name: 'points' },
      // Marks at the lower end of the axis would only cover it.
      transform: [{ filter: `${inSeries} && datum.y > ${floor}` }],
      mark: { type: 'point', filled: true, size: 28, opacity: 0.9, clip: true },
      encoding: {
        x,
        y: { ...y, field: 'drawn' },
        shape,
        tooltip: [
          { field: 'teacherSize', title: 'h_T' },
          { field: 'width', title: 'width h' },
          { field: 'kept', title: 'nodes kept' },
          { field: 'y', title: '|MSE change| / largest', format: '.2~e' },
        ],
      },
    },
  ];
}

/** A triangle at the lower end of the axis under each bar that continues below it. */
function leavingLayer(inSeries: string, { x, y }: Axes): Layer {
  return {
    data: { name: 'points' },
    transform: [{ filter: `${inSeries} && datum.leaves` }],
    mark: { type: 'point', shape: 'triangle-down', filled: true, size: 22, opacity: 0.7, yOffset: -2 },
    encoding: { x, y: { ...y, field: 'low' } },
  };
}

function fitLayer(inSeries: string, { x, y }: Axes, theme: FigureStyle['theme']): Layer {
  return {
    data: { name: 'fits' },
    transform: [{ filter: inSeries }],
    mark: { type: 'line', strokeWidth: 2, clip: true },
    encoding: {
      x,
      y: { ...y, field: 'y' },
      color: { value: theme.ink },
      strokeDash: {
        field: 'form',
        type: 'nominal',
        scale: {
          domain: ['exponential', 'powerLaw'],
          range: [
            [7, 4],
            [1.5, 3],
          ],
        },
        legend: null,
      },
    },
  };
}
