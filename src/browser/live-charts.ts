/** What the charts of the live page show. */
import { logDomain, logTicks, zerosText } from '../figures/axes.js';
import { short } from '../figures/numbers-in-text.js';
import { rampColors, type Theme } from '../figures/theme.js';
import type { DrawnCurve } from '../live/broadcast.js';
import type { Curve } from '../live/curve.js';
import type { LiveGroup, LiveState } from '../live/live-state.js';
import { Chart, theme } from './chart.js';
import { curvesChart, sizesChart } from './chart-specifications.js';
import { byId } from './elements.js';
import { sizeText, trialName } from './live-words.js';

export type LiveTrial = DrawnCurve & { readonly curve: Curve };
type Quantity = Exclude<keyof Curve, 'epoch'>;
type SizedGroup = LiveGroup & { readonly effectiveSize: NonNullable<LiveGroup['effectiveSize']> };

const names: Readonly<Record<Quantity, string>> = {
  trainLoss: 'train loss',
  validationLoss: 'validation loss',
  effectiveSize: 'n_λ',
};
const arms = ['spectral', 'direct'] as const;

/** Told last; what the pointer is told depends on it. */
let state: LiveState;

export async function drawCharts(told: LiveState, trials: readonly LiveTrial[]): Promise<void> {
  state = told;
  const groups = state.absent === null ? state.groups : [];
  const sized = groups.filter((group): group is SizedGroup => group.effectiveSize !== null);
  byId('size').hidden = sized.length === 0;
  byId('loss').hidden = byId('emerging').hidden = state.absent !== null || trials.length === 0;
  if (sized.length > 0) await drawSizes(sized);
  if (byId('loss').hidden) return;
  await drawLoss(trials);
  byId('emerging-zeros').textContent = zerosSentence(zerosOf(trials, 'effectiveSize'));
  await drawCurves('emerging', trials, 'effectiveSize', teacherSizes());
}

function teacherSizes(): number[] {
  return [...new Set(state.groups.map(({ teacherSize }) => teacherSize))].filter((size) => size > 0);
}

/** As the figures of a report say it. */
function zerosSentence(zeros: number): string {
  return zeros === 0 ? '' : ` ${zerosText(zeros)}.`;
}

function zerosOf(trials: readonly LiveTrial[], quantity: Quantity): number {
  return trials.reduce((sum, { curve }) => sum + curve[quantity].filter((value) => value === 0).length, 0);
}

/** Domain and ticks of a logarithmic axis over `values`, as parameters of a specification. */
function logParameters(axis: 'x' | 'y', values: Iterable<number>, ticks?: readonly number[]) {
  const domain = logDomain(values, 0.1);
  return { [`${axis}Domain`]: domain, [`${axis}Ticks`]: ticks ?? logTicks(domain) };
}

interface SizeRow extends SizedGroup {
  readonly arm: string;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

const sizes = new Chart('size-chart', sizesChart, ({ arm, width, settings, effectiveSize }: SizeRow) => {
  const varied = settings.flatMap((value, i) => (value === null ? [] : [`, ${state.columns[i]} ${value}`]));
  const { trials } = effectiveSize;
  const count = `${trials} ${trials === 1 ? 'trial' : 'trials'}`;
  return `${arm}, h = ${width}${varied.join('')}\nn_λ = ${sizeText(effectiveSize)}, ${count}`;
});

function sizeRow(group: SizedGroup): SizeRow {
  const { mean, sd } = group.effectiveSize;
  // What is below 0 has no place on the axis.
  const low = Math.max(mean - (sd ?? 0), mean / 100);
  return { ...group, arm: group.parametrization, mean, low, high: mean + (sd ?? 0) };
}

async function drawSizes(groups: readonly SizedGroup[]): Promise<void> {
  const points = groups.map(sizeRow).filter(({ mean }) => mean > 0);
  byId('size-zeros').textContent = zerosSentence(groups.length - points.length);
  const teachers = teacherSizes();
  const widths = [...new Set(points.map(({ width }) => width))];
  await sizes.show({
    rows: { points, teachers: teachers.map((teacherSize) => ({ teacherSize })) },
    parameters: {
      ...logParameters('x', widths, widths.length <= 8 ? widths : undefined),
      ...logParameters('y', [...points.flatMap(({ low, high }) => [low, high]), ...teachers]),
    },
    description: `Effective size against width of ${points.length} kinds of students; its numbers are in the table below`,
  });
}

/** A power of ten, a thousand times the median or more: one trial that goes astray must not flatten the others. */
function highestDrawn(losses: readonly number[]): number {
  const sorted = losses.toSorted((a, b) => a - b);
  const median = sorted[sorted.length >> 1];
  return median === undefined ? Infinity : 10 ** Math.ceil(Math.log10(1000 * median));
}

async function drawLoss(trials: readonly LiveTrial[]): Promise<void> {
  const quantity = byId<HTMLInputElement>('validation').checked ? 'validationLoss' : 'trainLoss';
  const latest = trials.map(({ curve }) => curve[quantity].at(-1) ?? 0);
  const highest = highestDrawn(latest.filter((value) => value > 0));
  const isBeyond = trials.some(({ curve }) => curve[quantity].some((value) => (value ?? 0) > highest));
  const some = trials.length < state.total ? `${trials.length} of ${state.total} trials. ` : '';
  const beyond = isBeyond ? ` Losses above ${short(highest)} are drawn at the edge.` : '';
  const zeros = zerosSentence(zerosOf(trials, quantity));
  byId('loss-note').textContent = `${some}Mean squared error, one line per trial.${beyond}${zeros}`;
  await drawCurves('loss', trials, quantity, [], highest);
}

interface CurveRow {
  readonly trial: LiveTrial;
  readonly quantity: Quantity;
  readonly key: string;
  readonly color: string;
  readonly epoch: number | null | undefined;
  readonly value: number | null;
}

function curveText({ trial, quantity, epoch, value }: CurveRow): string {
  return `${trialName(trial, state)}\nepoch ${epoch}: ${names[quantity]} ${short(value ?? Number.NaN)}`;
}

const curveCharts = new Map(
  ['loss', 'emerging'].flatMap((section) =>
    arms.map((arm): [string, Chart<CurveRow>] => {
      const title = section === 'loss' ? 'loss' : 'effective size';
      const specification = (colors: Theme) => curvesChart(colors, title);
      return [`${section} ${arm}`, new Chart(`${section}-${arm}-chart`, specification, curveText)];
    }),
  ),
);

/** One chart per parametrisation, over the same axes. */
async function drawCurves(
  section: 'loss' | 'emerging',
  trials: readonly LiveTrial[],
  quantity: Quantity,
  teachers: readonly number[],
  highest = Infinity,
): Promise<void> {
  const widths = [...new Set(trials.map(({ width }) => width))].sort((a, b) => a - b);
  const values = trials.flatMap(({ curve }) => curve[quantity].map((value) => Math.min(value ?? 0, highest)));
  const last = trials.reduce((latest, { curve }) => Math.max(latest, curve.epoch.at(-1) ?? 0), 1);
  const axes = { xDomain: [0, last], ...logParameters('y', [...values, ...teachers]) };
  const ofArm = (arm: string) => trials.filter(({ parametrization }) => parametrization === arm);
  // First of all, since a chart takes the width that it finds.
  for (const arm of arms) byId(`${section}-${arm}`).hidden = ofArm(arm).length === 0;
  for (const arm of arms) {
    const own = ofArm(arm);
    if (own.length === 0) continue;
    byId(`${section}-${arm}-range`).textContent =
      widths.length === 1 ? `h = ${widths[0]}` : `h = ${widths[0]} to ${widths.at(-1)}`;
    const colors = rampColors(theme().ramps[arm], widths.length);
    const points = own.flatMap((trial) =>
      curveRows(trial, quantity, colors[widths.indexOf(trial.width)] as string),
    );
    await curveCharts.get(`${section} ${arm}`)?.show({
      rows: { points, teachers: teachers.map((teacherSize) => ({ teacherSize })) },
      parameters: { ...axes, opacity: Math.max(0.25, Math.min(1, 12 / Math.sqrt(own.length + 1))) },
      description: `${names[quantity]} against epoch of ${own.length} ${arm} trials; latest values are in the table below`,
    });
  }
}

/** A line breaks where the axis has no place for its value. */
function curveRows(trial: LiveTrial, quantity: Quantity, color: string): CurveRow[] {
  const { key, curve } = trial;
  return curve[quantity].map((value, i) => {
    const drawn = value !== null && value > 0 ? value : null;
    return { trial, quantity, key, color, epoch: curve.epoch[i], value: drawn };
  });
}
