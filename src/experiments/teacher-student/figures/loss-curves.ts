import { evenly } from '../../../analysis/numbers.js';
import { percentile } from '../../../analysis/percentile.js';
import { logDomain, logLabel, logTicks, zerosNotes, zerosText } from '../../../figures/axes.js';
import type { Cell, Figure, FigureStyle, Layer, LeftOut, Panel } from '../../../figures/figure.js';
import { figureFrame } from '../../../figures/frame.js';
import { short } from '../../../figures/numbers-in-text.js';
import { rampColors } from '../../../figures/theme.js';
import {
  drawnSeries,
  type Series,
  seriesNames,
  seriesNotes,
  settingCells,
  spreadNotes,
} from '../panels/series.js';
import {
  lossName,
  someWidths,
  type TrialGroup,
  tabledGroups,
  tableNotes,
  teacherSizes,
  trialCount,
  widths,
} from '../panels/trial-groups.js';
import { widestOfEach } from '../panels/widest.js';

const name = 'loss-curves';
const title = 'Loss over the epochs';
/** As many curves as can be told apart in one panel; arbitrary. */
const mostWidths = 5;
/** Teacher sizes, each with a row of panels for each series; arbitrary. */
const mostTeachers = 2;
/** Points of a curve that a pointer finds: a page of thousands is slow. Arbitrary. */
const mostFound = 20;

const sides = [
  { side: 'trainLoss', panelTitle: 'train' },
  { side: 'validationLoss', panelTitle: 'validation' },
] as const;
type Side = (typeof sides)[number]['side'];

interface LossRow extends Record<string, Cell | boolean> {
  readonly series: string;
  readonly teacherSize: number;
  readonly width: number;
  readonly side: Side;
  readonly epoch: number;
  readonly trials: number;
  readonly median: number;
  /** Quartiles over trials; of a single one, its value. As it is drawn, null where it is 0, which a log axis has no place for. */
  readonly low: number | null;
  readonly high: number;
  /** Whether a pointer finds it. */
  readonly found: boolean;
}

/** Loss on the patterns trained on and on those held back against epochs: median and quartiles over trials, by width. */
export function lossCurvesFigure(groups: readonly TrialGroup[]): Figure | LeftOut {
  const followed = groups.filter(({ trials }) =>
    trials.some(({ lossHistory }) => lossHistory.epoch.length > 1),
  );
  if (followed.length === 0)
    return {
      name,
      title,
      reason: 'It needs the loss at two epochs at least; no trial was evaluated more than once.',
    };
  const nameOf = seriesNames(groups);
  const settings = settingCells(groups);
  const shown = someWidths(followed, mostWidths);
  const tabled = new Set(tabledGroups(followed));
  const curves = followed
    .filter((group) => tabled.has(group) || shown.includes(group.width))
    .map((group) => ({ group, rows: lossRows(group, nameOf(group)) }));
  const series = drawnSeries(groups).filter(({ name: own }) =>
    followed.some((group) => nameOf(group) === own),
  );
  const chosen = curves
    .flatMap(({ rows }) => rows)
    .filter((row) => shown.includes(row.width) && series.some((each) => each.name === row.series));
  const drawn = chosen
    .filter(({ median }) => median > 0)
    .map((row) => (row.low === 0 ? { ...row, low: null } : row));
  const undrawn = chosen.length - drawn.length;
  return {
    name,
    title,
    caption: caption(followed, nameOf),
    notes: [
      ...spreadNotes(groups),
      ...seriesNotes(groups),
      ...zerosNotes(undrawn),
      ...(shown.length < widths(followed).length
        ? [`Drawn for ${shown.length} of ${widths(followed).length} widths; the table has all of them.`]
        : []),
      ...(teacherSizes(followed).length > mostTeachers
        ? [
            `Drawn for ${mostTeachers} of ${teacherSizes(followed).length} teacher sizes; the table has all of them.`,
          ]
        : []),
      ...tableNotes(followed),
    ],
    hint: 'Point at a curve for its values.',
    table: {
      columns: [
        ...['teacherSize', 'parametrization', 'width', ...settings.columns, 'trials', 'epoch', 'loss'],
        ...['median', 'lower quartile', 'upper quartile'],
      ],
      rows: curves
        .filter(({ group }) => tabled.has(group))
        .flatMap(({ group, rows }) =>
          rows.map((row): Cell[] => [
            ...[group.teacherSize, group.parametrization, group.width, ...settings.cells(group)],
            ...[row.trials, row.epoch, row.side === 'trainLoss' ? 'train' : 'validation'],
            ...[row.median, ...(row.trials > 1 ? [row.low, row.high] : [null, null])],
          ]),
        ),
    },
    datasets: { losses: drawn },
    draw: (style) => draw({ groups: followed, series, shown, drawn, undrawn, nameOf }, style),
  };
}

/** One row for each epoch at which trials were evaluated, and side. */
export function lossRows({ teacherSize, width, trials }: TrialGroup, series: string): LossRow[] {
  return sides.flatMap(({ side }) => {
    const at = new Map<number, number[]>();
    for (const { lossHistory } of trials) {
      for (const [k, epoch] of lossHistory.epoch.entries()) {
        const loss = lossHistory[side][k] as number;
        if (!Number.isFinite(loss)) continue;
        const known = at.get(epoch);
        if (known) known.push(loss);
        else at.set(epoch, [loss]);
      }
    }
    const found = new Set(evenly([...at.keys()], mostFound));
    return [...at.entries()]
      .sort(([a], [b]) => a - b)
      .map(([epoch, values]): LossRow => {
        const [low, median, high] = [25, 50, 75].map((p) => percentile(values, p)) as [
          number,
          number,
          number,
        ];
        return {
          series,
          teacherSize,
          width,
          side,
          epoch,
          trials: values.length,
          median,
          low,
          high,
          found: found.has(epoch),
        };
      });
  });
}

interface Chart {
  readonly groups: readonly TrialGroup[];
  readonly series: readonly Series[];
  readonly shown: readonly number[];
  readonly drawn: readonly LossRow[];
  /** How many medians are 0, in words; empty where none is. */
  readonly undrawn: number;
  readonly nameOf: (group: TrialGroup) => string;
}

/** A row for each teacher size and series, a column for each side; axes shared by all. */
function draw(chart: Chart, style: FigureStyle) {
  const columns = style.layout === 'wide' ? sides.length : 1;
  const panels = evenly(teacherSizes(chart.groups), mostTeachers).flatMap((teacherSize) =>
    chart.series.flatMap((series) => {
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
  return figureFrame({ title, subtitle, panels, columns, ownColors: true }, style);
}

interface PanelPlace {
  readonly side: Side;
  readonly panelTitle: string;
  readonly teacherSize: number;
  readonly series: Series;
  readonly rows: readonly LossRow[];
  readonly left: boolean;
}

function panel(chart: Chart, place: PanelPlace, style: FigureStyle): Panel {
  const { teacherSize, series, rows, side, panelTitle } = place;
  const size = style.layout === 'wide' ? { width: 320, height: 180 } : { width: 235, height: 170 };
  const drawn = chart.shown.filter((width) => rows.some((row) => row.width === width));
  const several = teacherSizes(chart.groups).length > 1;
  return {
    title: {
      text: `${series.name}${several ? `, h_T = ${teacherSize}` : ''}: ${panelTitle}`,
      color: style.theme[series.parametrization],
      limit: size.width,
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
        // Of a row of panels, which have the same colours, the first has it.
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

function layers(
  { drawn, groups }: Chart,
  { left }: PanelPlace,
  { filter, inPage }: { filter: string; inPage: boolean },
): Layer[] {
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
  const source = { data: { name: 'losses' }, transform: [{ filter }] };
  const tooltip = [
    { field: 'series', title: 'student' },
    { field: 'width', title: 'width h' },
    { field: 'epoch' },
    { field: 'median', format: '.3~g' },
    { field: 'low', title: 'lower quartile', format: '.3~g' },
    { field: 'high', title: 'upper quartile', format: '.3~g' },
    { field: 'trials' },
  ];
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
            // Invisible, and large enough to be met by a pointer.
            mark: { type: 'circle' as const, size: 90, opacity: 0, clip: true, aria: false },
            encoding: { x, y: { ...y, field: 'median' }, tooltip },
          },
        ]
      : []),
  ];
}

function caption(groups: readonly TrialGroup[], nameOf: (group: TrialGroup) => string): string {
  const largest = Math.max(...teacherSizes(groups));
  const texts = widestOfEach(groups, nameOf)
    .filter(({ teacherSize }) => teacherSize === largest)
    .map((group) => {
      const rows = lossRows(group, '').filter(({ side }) => side === 'validationLoss');
      const last = rows.at(-1) as LossRow;
      const half = rows[rows.findLastIndex((row) => row.median > 2 * last.median) + 1] as LossRow;
      return (
        `${short(last.median, 2)} for ${nameOf(group)} students of width ${group.width} (less than twice that from epoch ` +
        `${half.epoch} on)`
      );
    });
  return (
    'All panels share their axes: what a curve rises from the left to the right is what the student loses on patterns that ' +
    'it was not trained on, and a curve that still falls at the end says that training longer would help. ' +
    `After the last of ${Math.max(...groups.flatMap(({ trials }) => trials.map(({ lossHistory }) => lossHistory.epoch.at(-1) ?? 0)))} ` +
    `epochs the median validation loss is ${texts.join(', and ')}.`
  );
}
