/** Content of the charts of the live page. */
import { logDomain, logTicks, zerosText } from '../figures/axes.js';
import { short } from '../figures/numbers-in-text.js';
import { rampColors, type Theme } from '../figures/theme.js';
import type { DrawnCurve } from '../live/broadcast.js';
import type { Curve } from '../live/curve.js';
import type { LiveGroup, LiveState, LiveStatistic } from '../live/live-state.js';
import type { LiveCurves, LiveGroupChart, LiveView } from '../sweep/live-view.js';
import { Chart, theme } from './chart.js';
import { curvesChart, groupsChart } from './chart-specifications.js';
import { byId, withSubscripts } from './elements.js';
import { boxOf, makeSections, panelsOf, wholePanel } from './live-sections.js';
import { spreadText, trialName } from './live-words.js';

export type LiveTrial = DrawnCurve & { readonly curve: Curve };

interface CurveRow {
  readonly trial: LiveTrial;
  readonly label: string;
  readonly key: string;
  readonly color: string;
  readonly epoch: number | null | undefined;
  readonly value: number | null;
}

interface GroupRow {
  readonly group: LiveGroup;
  readonly statistic: LiveStatistic;
  readonly arm: string;
  /** Area of its mark, in square pixels. */
  readonly size: number;
  readonly against: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** The last state; tooltips depend on it. */
let state: LiveState;
let groupChart: Chart<GroupRow>;
/** Keyed by the ids of their elements. */
let curveCharts = new Map<string, Chart<CurveRow>>();

export async function drawCharts(shown: LiveState, trials: readonly LiveTrial[]): Promise<void> {
  state = shown;
  const { view } = state;
  byId('charts').hidden = state.absent !== null;
  if (!view || state.absent !== null) return;
  if (makeSections(view)) makeCharts(view);
  if (view.groupChart) await drawGroups(view, view.groupChart);
  for (const curves of view.curves) {
    byId(curves.name).hidden = trials.length === 0;
    if (trials.length > 0) await drawCurves(view, curves, trials);
  }
}

function makeCharts(view: LiveView): void {
  const made = view.curves.flatMap((curves) =>
    panelsOf(view).map(({ name }): [string, Chart<CurveRow>] => {
      const id = `${curves.name}-${name}-chart`;
      const specification = (colors: Theme) => curvesChart(colors, curves, epochName());
      return [id, new Chart(id, specification, curveText)];
    }),
  );
  curveCharts = new Map(made);
  const { groupChart: groups } = view;
  if (groups)
    groupChart = new Chart(
      `${groups.name}-chart`,
      (colors) => groupsChart(colors, groups, panelsOf(view)),
      (row) => groupText(row, groups),
    );
}

function epochName(): string {
  return state.view?.epochName ?? 'epoch';
}

function armOf(view: LiveView, { place }: Pick<LiveGroup, 'place'>): string {
  return view.armField === undefined ? wholePanel.name : String(place[view.armField]);
}

/** Positive numbers of a field of the groups' places. */
function references(name: string | undefined): number[] {
  if (name === undefined) return [];
  const values = new Set(state.groups.map(({ place }) => Number(place[name])));
  return [...values].filter((value) => value > 0);
}

/** In the words of the report's figures. */
function zerosSentence(zeros: number): string {
  return zeros === 0 ? '' : ` ${zerosText(zeros)}.`;
}

/** Domain and ticks of a logarithmic axis over `values`, as parameters of a specification. */
function logParameters(axis: 'x' | 'y', values: Iterable<number>, ticks?: readonly number[]) {
  const domain = logDomain(values, 0.1);
  return { [`${axis}Domain`]: domain, [`${axis}Ticks`]: ticks ?? logTicks(domain) };
}

/** Parameters of a vertical axis over `values`. */
function verticalParameters(scale: LiveCurves['scale'], values: readonly number[]) {
  if (scale !== 'linear') return logParameters('y', values);
  const [low, high] = values.reduce(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Infinity, -Infinity],
  );
  return { yDomain: low < high ? [low, high] : [low - 1, low + 1] };
}

async function drawGroups(view: LiveView, chart: LiveGroupChart): Promise<void> {
  const groups = state.groups.flatMap((group) => {
    const statistic = group.values[chart.value];
    return statistic ? [groupRow(view, chart, group, statistic)] : [];
  });
  byId(chart.name).hidden = groups.length === 0;
  if (groups.length === 0) return;
  const points = groups.filter(({ mean }) => chart.scale === 'linear' || mean > 0);
  byId(`${chart.name}-zeros`).textContent = zerosSentence(groups.length - points.length);
  const lines = references(chart.reference);
  const places = [...new Set(points.map(({ against }) => against))];
  await groupChart.show({
    rows: { points, references: lines.map((value) => ({ value })) },
    parameters: {
      ...logParameters('x', places, places.length <= 8 ? places : undefined),
      ...verticalParameters(chart.scale, [...points.flatMap(({ low, high }) => [low, high]), ...lines]),
    },
    description: `${chart.title} of ${points.length} ${chart.of}; its numbers are in the table below`,
  });
}

function groupRow(
  view: LiveView,
  chart: LiveGroupChart,
  group: LiveGroup,
  statistic: LiveStatistic,
): GroupRow {
  const { mean, sd } = statistic;
  // Values of 0 and below are not on the axis.
  const low = chart.scale === 'linear' ? mean - (sd ?? 0) : Math.max(mean - (sd ?? 0), mean / 100);
  const against = Number(group.place[chart.against]);
  const arm = armOf(view, group);
  const size = arm === panelsOf(view)[0]?.name ? 160 : 60;
  return { group, statistic, arm, size, against, mean, low, high: mean + (sd ?? 0) };
}

function groupText({ group, statistic, arm, against }: GroupRow, chart: LiveGroupChart): string {
  const varied = group.settings.flatMap((value, i) =>
    value === null ? [] : [`, ${state.columns[i]} ${value}`],
  );
  const { trials } = statistic;
  const count = `${trials} ${trials === 1 ? 'trial' : 'trials'}`;
  const place = `${arm}, ${chart.againstSymbol} = ${against}${varied.join('')}`;
  return `${place}\n${chart.symbol} = ${spreadText(statistic)}, ${count}`;
}

/** A power of ten, a thousand times the median or more: one diverging trial must not compress the others. */
function highestDrawn(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const median = sorted[sorted.length >> 1];
  return median === undefined ? Infinity : 10 ** Math.ceil(Math.log10(1000 * median));
}

function curveText({ trial, label, epoch, value }: CurveRow): string {
  return `${trialName(trial, state)}\n${epochName()} ${epoch}: ${label} ${short(value ?? Number.NaN)}`;
}

function valuesOf({ curve }: LiveTrial, quantity: string): readonly (number | null)[] {
  return curve[quantity] ?? [];
}

/** One chart per arm, over the same axes. */
async function drawCurves(view: LiveView, curves: LiveCurves, trials: readonly LiveTrial[]): Promise<void> {
  const chosen = curves.quantities.slice(1).find(({ name }) => byId<HTMLInputElement>(boxOf(name)).checked);
  const { name: quantity, label } = chosen ?? curves.quantities[0] ?? { name: '', label: '' };
  const highest = noteCurves(curves, quantity, trials);
  const lines = references(curves.reference);
  const values = trials.flatMap((trial) =>
    valuesOf(trial, quantity).flatMap((value) => (value === null ? [] : [Math.min(value, highest)])),
  );
  const last = trials.reduce((latest, { curve }) => Math.max(latest, curve.epoch.at(-1) ?? 0), 1);
  const axes = { xDomain: [0, last], ...verticalParameters(curves.scale, [...values, ...lines]) };
  const ofArm = (arm: string) => trials.filter((trial) => armOf(view, trial) === arm);
  const panels = panelsOf(view);
  // First of all, since a chart takes the width of its container.
  for (const { name } of panels) byId(`${curves.name}-${name}`).hidden = ofArm(name).length === 0;
  const shades = shadesOf(view, trials);
  for (const { name, color } of panels) {
    const own = ofArm(name);
    if (own.length === 0) continue;
    if (view.shade) byId(`${curves.name}-${name}-range`).textContent = rangeText(view.shade.symbol, shades);
    const colors = rampColors(theme().ramps[color], Math.max(1, shades.length));
    const points = own.flatMap((trial) => {
      const shade = Number(trial.place[view.shade?.field ?? '']);
      return curveRows(
        trial,
        curves.scale,
        quantity,
        label,
        colors[Math.max(0, shades.indexOf(shade))] as string,
      );
    });
    const of = view.arms.length > 0 ? `${own.length} ${name} trials` : `${own.length} trials`;
    await curveCharts.get(`${curves.name}-${name}-chart`)?.show({
      rows: { points, references: lines.map((value) => ({ value })) },
      parameters: { ...axes, opacity: Math.max(0.25, Math.min(1, 12 / Math.sqrt(own.length + 1))) },
      description: `${label} against ${epochName()} of ${of}; latest values are in the table below`,
    });
  }
}

/** Writes what the chart omits. Returns the largest value that it draws. */
function noteCurves(
  { name, note, isCapped, scale }: LiveCurves,
  quantity: string,
  trials: readonly LiveTrial[],
): number {
  const all = trials.map((trial) => valuesOf(trial, quantity));
  const zeros = all.reduce((sum, values) => sum + values.filter((value) => value === 0).length, 0);
  byId(`${name}-zeros`).textContent = scale === 'linear' ? '' : zerosSentence(zeros);
  const highest = isCapped
    ? highestDrawn(all.map((values) => values.at(-1) ?? 0).filter((value) => value > 0))
    : Infinity;
  const isBeyond = all.some((values) => values.some((value) => (value ?? 0) > highest));
  const some = trials.length < state.total ? `${trials.length} of ${state.total} trials. ` : '';
  const beyond = isBeyond ? ` Values above ${short(highest)} are drawn at the edge.` : '';
  byId(`${name}-note`).replaceChildren(...withSubscripts(`${some}${note}${beyond}`));
  return highest;
}

function shadesOf({ shade }: LiveView, trials: readonly LiveTrial[]): number[] {
  if (!shade) return [];
  return [...new Set(trials.map(({ place }) => Number(place[shade.field])))].sort((a, b) => a - b);
}

function rangeText(symbol: string, shades: readonly number[]): string {
  return shades.length === 1 ? `${symbol} = ${shades[0]}` : `${symbol} = ${shades[0]} to ${shades.at(-1)}`;
}

/** A line is interrupted where a value is not on the axis. */
function curveRows(
  trial: LiveTrial,
  scale: LiveCurves['scale'],
  quantity: string,
  label: string,
  color: string,
): CurveRow[] {
  const { key, curve } = trial;
  return valuesOf(trial, quantity).map((value, i) => {
    const drawn = value !== null && (scale === 'linear' || value > 0) ? value : null;
    return { trial, label, key, color, epoch: curve.epoch[i], value: drawn };
  });
}
