import { normalize } from '../../../analysis/effective-size.js';
import { histogram } from '../../../analysis/histogram.js';
import { summarize } from '../../../analysis/summary.js';
import { plainLabel } from '../../../figures/axes.js';
import type { Cell, Figure, FigureStyle, Layer, Panel } from '../../../figures/figure.js';
import { figureFrame } from '../../../figures/frame.js';
import { meanAndSpread, spreadText } from '../../../figures/numbers-in-text.js';
import {
  drawnSeries,
  type Series,
  seriesNames,
  seriesNotes,
  settingCells,
  spreadNotes,
  widestOfSeries,
} from '../panels/series.js';
import {
  hasTeacher,
  type Parametrization,
  type ReportTrial,
  someWidths,
  type TrialGroup,
  tabledGroups,
  tableNotes,
  teacherSizes,
  trialCount,
  widths,
} from '../panels/trial-groups.js';

const title = 'Relevance of the hidden nodes';
/** Of width 0.025, so that the paper's threshold of 0.05 is an edge. */
const bins = 40;
/** Room above the highest bar for the label; arbitrary. */
const headroom = 1.7;
/** As many columns as can be read side by side; arbitrary. */
const mostWidths = 6;

const axisNote = 'The axis of the counts is linear up to one node per trial and logarithmic above.';

interface BinRow extends Record<string, Cell> {
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

/** Figure 1: histograms of relevance, each trial divided by its largest, spectral against direct, on shared axes. */
export function relevanceHistogramFigure(groups: readonly TrialGroup[]): Figure {
  const nameOf = seriesNames(groups);
  const settings = settingCells(groups);
  const series = drawnSeries(groups);
  const shown = someWidths(groups, mostWidths);
  const tabled = new Set(tabledGroups(groups));
  const bars = groups
    .filter((group) => tabled.has(group) || shown.includes(group.width))
    .map((group) => ({ group, rows: binRows(group, nameOf(group)) }));
  const drawn = bars
    .flatMap(({ rows }) => rows)
    .filter(
      (row) => shown.includes(row.width) && row.nodes > 0 && series.some(({ name }) => name === row.series),
    );
  return {
    name: 'relevance-histogram',
    title,
    caption: caption(groups),
    notes: [
      axisNote,
      ...spreadNotes(groups),
      ...seriesNotes(groups),
      ...omissionNotes(groups, shown),
      ...tableNotes(groups),
    ],
    hint: 'Point at a bar for its values.',
    table: {
      columns: [
        'teacherSize',
        'parametrization',
        'width',
        ...settings.columns,
        'relevance from',
        'relevance to',
        'nodes per trial mean',
        'nodes per trial sd',
      ],
      rows: bars
        .filter(({ group }) => tabled.has(group))
        .flatMap(({ group, rows }) =>
          rows.map((row) => [
            row.teacherSize,
            row.parametrization,
            row.width,
            ...settings.cells(group),
            row.from,
            row.to,
            row.nodes,
            row.sd,
          ]),
        ),
    },
    datasets: { bins: drawn.map((row) => ({ ...row, spread: spreadText(row.sd) })) },
    draw: (style) => draw(groups, shown, drawn, style),
  };
}

function binRows({ parametrization, teacherSize, width, trials }: TrialGroup, series: string): BinRow[] {
  const relevances = normalize(
    trials.map((trial) => trial.relevance),
    'trial',
  );
  const perTrial = relevances.map((values) => histogram(values, { bins, range: [0, 1] }));
  return Array.from({ length: bins }, (_, k) => {
    const { mean, sd, count } = summarize(perTrial.map(({ counts }) => counts[k] as number));
    // Through text: 3 * 0.025 is not 0.075.
    const [from, to] = [k, k + 1].map((edge) => Number((edge / bins).toFixed(12))) as [number, number];
    return { series, teacherSize, parametrization, width, from, to, nodes: mean, sd: count > 1 ? sd : null };
  });
}

function omissionNotes(groups: readonly TrialGroup[], shown: readonly number[]): string[] {
  const all = widths(groups);
  if (shown.length === all.length) return [];
  return [`Drawn for ${shown.length} of ${all.length} widths; the table has all of them.`];
}

function draw(
  groups: readonly TrialGroup[],
  shown: readonly number[],
  drawn: readonly BinRow[],
  style: FigureStyle,
) {
  const wide = style.layout === 'wide';
  const places = wide ? placesByRow(groups, shown) : placesByColumn(groups, shown);
  const columns = wide ? shown.length : Math.min(2, drawnSeries(groups).length);
  const thresholds = new Set(groups.flatMap(({ trials }) => trials.map(({ threshold }) => threshold)));
  const subtitle = [
    `bars: mean over ${trialCount(groups)}`,
    `n_λ: nodes above the dashed threshold of ${[...thresholds].join(', ')}`,
  ];
  const most = Math.max(1, ...drawn.map((row) => row.nodes));
  const size = panelSize(wide, columns);
  const panels = places.map((place, i) => {
    const [left, bottom] = [i % columns === 0, i >= places.length - columns];
    return histogramPanel(groups, { ...place, left, bottom, most, size }, style);
  });
  return figureFrame({ title, subtitle, panels, columns, spacing: 14 }, style);
}

/** A row for each teacher size and series, a column for each width. */
function placesByRow(groups: readonly TrialGroup[], shown: readonly number[]) {
  return teacherSizes(groups).flatMap((teacherSize) =>
    drawnSeries(groups).flatMap((series) => shown.map((width) => ({ teacherSize, series, width }))),
  );
}

/** On a phone: a row for each teacher size and width, a column for each series. */
function placesByColumn(groups: readonly TrialGroup[], shown: readonly number[]) {
  return teacherSizes(groups).flatMap((teacherSize) =>
    shown.flatMap((width) => drawnSeries(groups).map((series) => ({ teacherSize, series, width }))),
  );
}

function panelSize(wide: boolean, columns: number) {
  return wide
    ? { width: Math.min(230, Math.floor(700 / columns) - 14), height: 130 }
    : { width: 130, height: 105 };
}

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
  const group = groups.find(
    (each) => each.teacherSize === teacherSize && nameOf(each) === series.name && each.width === width,
  );
  return {
    title: {
      text: [
        ...[series.parametrization, ...(series.label === '' ? [] : [series.label]), `h = ${width}`],
        ...(teacherSizes(groups).length > 1 ? [`h_T = ${teacherSize}`] : []),
      ],
      limit: place.size.width,
      color: theme[series.parametrization],
      fontSize: 11,
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
  // A label at the very top would push the title of its panel up, out of line with its neighbours.
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
      // Linear up to one node, logarithmic above: one node and the crowd at zero must both be seen.
      scale: { type: 'symlog' as const, constant: 1, domain: [0, top], nice: false },
      axis: { title: left ? 'nodes per trial' : null, labels: left, values, labelExpr: plainLabel },
    },
  };
}

const formulas = { L: 'L_i = |λ_i| ‖φ_i‖ √h', M: 'M_i = ‖w_i‖ √h' };

function caption(groups: readonly TrialGroup[]): string {
  const widest = widestOfSeries(groups).map(({ name, group: { trials, width } }) => {
    const share = summarize(trials.map((trial) => trial.effectiveSize)).mean / width;
    const { criterion } = trials[0] as ReportTrial;
    return { name, width, percent: Math.round(100 * share), formula: formulas[criterion] };
  });
  const relevance = widest.map(({ name, formula }) => `${formula} for ${name}`).join(' and ');
  const few = hasTeacher(groups) ? `about h_T = ${teacherSizes(groups).join(', ')}` : 'a few';
  const above = widest.map(
    ({ name, width, percent }) => `${percent} % of the nodes of ${name} students of width ${width}`,
  );
  return (
    `The relevance of hidden node i is ${relevance} students, divided by the largest of its trial: where a sub-network ` +
    `carries the task, most nodes pile up at 0 and ${few} stand well above. ` +
    `Above the threshold are ${above.join(' and ')}.`
  );
}
