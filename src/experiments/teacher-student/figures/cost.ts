import { summarize } from '../../../analysis/summary.js';
import type { Cell, Figure, FigureStyle, LeftOut } from '../../../figures/figure.js';
import { figureFrame } from '../../../figures/frame.js';
import { meanAndSpread } from '../../../figures/mean-and-spread.js';
import { listed } from '../../../figures/numbers-in-text.js';
import { canonicalJson } from '../../../protocol/canonical-json.js';
import { clauses, studentsText } from '../panels/caption-text.js';
import { drawnSeries, type Series, settingCells, widestOfSeries } from '../panels/series.js';
import { presentParametrizations, type ReportTrial, type TrialGroup } from '../panels/trial-groups.js';
import {
  type Quantity,
  type WidthChart,
  widthDatasets,
  widthFootnotes,
  widthHint,
  widthNotes,
  widthSubtitle,
} from '../panels/width-chart.js';
import { widthPanel } from '../panels/width-panels.js';

const name = 'cost';
const title = 'Cost of training';

/** Without it, a time that includes the load of other programs could be mistaken for the cost of training. */
const loadNote =
  'Seconds are those of a clock: they depend on the load of the machine, on trials side by side and whatever else it did.';

/** A spectral group, and the cost of its trials relative to the direct group that differs in the arm alone. */
interface Compared extends TrialGroup {
  /** One per trial. */
  readonly ratios: readonly number[];
}

const perPattern: Quantity = {
  id: 'microsecondsPerPattern',
  panelTitle: 'time per pattern',
  values: ({ trials }) => trials.map(microseconds),
};

const ratio: Quantity = {
  id: 'ratio',
  panelTitle: 'spectral / direct, trial by trial',
  values: (group) => [...(group as Compared).ratios],
};

/** Training time per pattern, by the clocks of the records, against width; and the ratio of the arms. */
export function costFigure(groups: readonly TrialGroup[]): Figure | LeftOut {
  const pooled = withoutTeachers(groups).filter(({ trials }) =>
    trials.some((trial) => microseconds(trial) > 0),
  );
  if (pooled.length === 0) return { name, title, reason: 'No record says how long its student trained.' };
  const compared = comparedGroups(pooled);
  const series = drawnSeries(pooled);
  const times = chartOf(pooled, series, perPattern, 'microseconds per pattern');
  const ratios = {
    ...chartOf(compared, series, ratio, 'time, spectral / direct'),
    guide: 1,
  };
  const charts = compared.length > 0 ? [times, ratios] : [times];
  return {
    name,
    title,
    caption: caption(pooled, compared),
    notes: [...new Set([...notes(groups, pooled, compared), ...charts.flatMap(widthNotes)])],
    hint: widthHint,
    table: table(pooled, compared),
    datasets: Object.fromEntries(
      (['summaries', 'trials'] as const).map((rows) => [
        rows,
        charts.flatMap((chart) => [...(widthDatasets(chart)[rows] ?? [])]),
      ]),
    ),
    draw: (style) => draw(charts, style),
  };
}

function microseconds({ seconds, patternsSeen }: ReportTrial): number {
  return patternsSeen > 0 ? (1e6 * seconds) / patternsSeen : 0;
}

/** A teacher labels its patterns before the timing starts, so that its size has no effect. */
function withoutTeachers(groups: readonly TrialGroup[]): TrialGroup[] {
  const merged = new Map<string, TrialGroup>();
  for (const group of groups) {
    const place = canonicalJson([group.parametrization, group.width, group.settings]);
    const existing = merged.get(place);
    merged.set(place, existing ? { ...existing, trials: [...existing.trials, ...group.trials] } : group);
  }
  const [first] = groups;
  return [...merged.values()]
    .map((group) => ({ ...group, teacherSize: first?.teacherSize ?? 0 }))
    .toSorted((a, b) => a.width - b.width);
}

/** Spectral groups with the one direct group of the same width and shared settings; trial by trial in their order. */
function comparedGroups(groups: readonly TrialGroup[]): Compared[] {
  const shared = ({ width, settings }: TrialGroup) =>
    canonicalJson([width, Object.entries(settings).filter(([path]) => !path.startsWith('arms.'))]);
  const direct = new Map<string, TrialGroup[]>();
  for (const group of groups.filter(({ parametrization }) => parametrization === 'direct'))
    direct.set(shared(group), [...(direct.get(shared(group)) ?? []), group]);
  return groups.flatMap((group) => {
    const [other, ...more] = direct.get(shared(group)) ?? [];
    if (group.parametrization !== 'spectral' || !other || more.length > 0) return [];
    const count = Math.min(group.trials.length, other.trials.length);
    const ratios = Array.from(
      { length: count },
      (_, i) => microseconds(group.trials[i] as ReportTrial) / microseconds(other.trials[i] as ReportTrial),
    );
    return [{ ...group, trials: group.trials.slice(0, count), ratios }];
  });
}

function chartOf(
  groups: readonly TrialGroup[],
  series: readonly Series[],
  quantity: Quantity,
  yTitle: string,
): WidthChart {
  return {
    ...{ quantities: [quantity], groups, series, yTitle, format: '.3~g' },
    ...{ teacherLine: 'none', identity: false },
  };
}

function draw(charts: readonly WidthChart[], style: FigureStyle) {
  const panels = charts.map((chart, i) => {
    const { teacherSize } = chart.groups[0] as TrialGroup;
    const place = { teacherSize, titled: true, legend: i === 0, alone: charts.length === 1 };
    return widthPanel(chart, chart.quantities[0] as Quantity, place, style);
  });
  const columns = style.layout === 'wide' ? panels.length : 1;
  const subtitle = widthSubtitle(charts[0] as WidthChart);
  const footnotes = [loadNote, ...new Set(charts.flatMap(widthFootnotes))];
  return figureFrame({ title, subtitle, footnotes, panels, columns, withLegend: true }, style);
}

function table(groups: readonly TrialGroup[], compared: readonly Compared[]) {
  const settings = settingCells(groups);
  return {
    columns: [
      ...['parametrization', 'width', ...settings.columns, 'trials', 'batch size'],
      ...[
        'microseconds per pattern mean',
        'microseconds per pattern sd',
        'spectral / direct mean',
        'spectral / direct sd',
      ],
    ],
    rows: groups.map((group): Cell[] => {
      const pair = compared.find((each) => each.width === group.width && each.settings === group.settings);
      const ratios = group.parametrization === 'spectral' && pair ? pair.ratios : [];
      return [
        ...[group.parametrization, group.width, ...settings.cells(group), group.trials.length],
        [...new Set(group.trials.map(({ batchSize }) => batchSize))].join(' '),
        ...meanAndSd(perPattern.values(group)),
        ...meanAndSd(ratios),
      ];
    }),
  };
}

function meanAndSd(values: readonly number[]): Cell[] {
  if (values.length === 0) return [null, null];
  const { mean, sd } = summarize(values);
  return [mean, values.length > 1 ? sd : null];
}

function notes(
  groups: readonly TrialGroup[],
  pooled: readonly TrialGroup[],
  compared: readonly Compared[],
): string[] {
  const engines = new Set(groups.flatMap(({ trials }) => trials.map(({ engine }) => engine)));
  const batches = presentParametrizations(pooled).map((own) => {
    const trials = pooled.filter((group) => group.parametrization === own).flatMap((group) => group.trials);
    return `${listed([...new Set(trials.map(({ batchSize }) => batchSize))])} ${own}`;
  });
  const spectral = pooled.filter(({ parametrization }) => parametrization === 'spectral').length;
  return [
    loadNote,
    'Training alone is timed, on one thread. `npm run bench` of the project times steps by themselves.',
    `A pattern, not a step, as batches differ: ${batches.join('; ')}. What a step costs besides, the optimiser most of all, ` +
      'weighs more on a pattern of a smaller batch.',
    ...(compared.length < spectral
      ? [
          compared.length === 0
            ? 'No ratio: no spectral students have direct ones that differ in nothing but the arm.'
            : `A ratio for ${compared.length} of ${spectral} kinds of spectral students: the others have no direct ones that differ in nothing but the arm.`,
        ]
      : []),
    ...(engines.size > 1 ? [`Engines of different speed are mixed: ${[...engines].sort().join(', ')}.`] : []),
  ];
}

/** The cost of spectral relative to direct training; empty where the run has no such pair. */
export function costText(groups: readonly TrialGroup[]): string {
  return ratioText(comparedGroups(withoutTeachers(groups)));
}

function ratioText(compared: readonly Compared[]): string {
  const last = compared.at(-1);
  if (!last?.ratios.every((value) => Number.isFinite(value) && value > 0)) return '';
  return `At width ${last.width} spectral training takes ${meanAndSpread(last.ratios)} times as long as direct training, per pattern.`;
}

function caption(groups: readonly TrialGroup[], compared: readonly Compared[]): string {
  const values = clauses(
    widestOfSeries(groups),
    (each) => `${meanAndSpread(perPattern.values(each.group))} µs for ${studentsText(each, groups)}`,
  );
  const text = ratioText(compared);
  return (
    'The spectral gradient adds to a step what is small beside its matrix products, so that the curves should lie close ' +
    `together and the ratio near 1. On a machine as busy as it was, a pattern takes ${values}.${text === '' ? '' : ` ${text}`}`
  );
}
