import { evenly } from '../../../analysis/numbers.js';
import { summarize } from '../../../analysis/summary.js';
import { logDomain, zerosAtFootNotes, zerosNotes, zerosText } from '../../../figures/axes.js';
import type { Cell, Datasets, Table } from '../../../figures/figure.js';
import { spreadText } from '../../../figures/numbers-in-text.js';
import {
  type Series,
  seriesLeftOutNotes,
  seriesNames,
  seriesNotes,
  settingCells,
  spreadNotes,
} from './series.js';
import { mostPanels, teacherLeftOutNotes } from './shown-panels.js';
import { type ReportTrial, type TrialGroup, teacherSizes, trialCount, widths } from './trial-groups.js';
import { binNotes, type WidthBin, widthBins } from './width-bins.js';

/** A quantity of every trial, one panel of a figure. */
export interface Quantity {
  /** Its name in data and tables. */
  readonly id: string;
  readonly panelTitle: string;
  /** One value per trial of the group, in its order. */
  values(group: TrialGroup): number[];
}

/** Quantities against the student's width, both axes logarithmic: the form of figures 2 and 3. */
export interface WidthChart {
  /** Quantities with panels. */
  readonly quantities: readonly Quantity[];
  /** Quantities of the table; default: those with panels. */
  readonly tabled?: readonly Quantity[];
  readonly groups: readonly TrialGroup[];
  /** Series that are drawn; the table has all. */
  readonly series: readonly Series[];
  readonly yTitle: string;
  /** d3 format of the values in tooltips. */
  readonly format: string;
  /** Where zeros are drawn. By default, they are omitted, with a note. */
  readonly floor?: number;
  /** h_T is a value of the quantity (a horizontal line), a width alone (a vertical one), or irrelevant. */
  readonly teacherLine: 'horizontal' | 'vertical' | 'none';
  /** A reference value of the quantity. */
  readonly guide?: number;
  /** Whether to draw "all h nodes", the largest possible value of a count of nodes. */
  readonly identity: boolean;
}

/**
 * Horizontal offsets from the true width, as fractions of the axis, so that marks do not cover one another: one side
 * per parametrisation, and trials beside their whiskers. Arbitrary.
 */
const meanShift = 0.008;
const trialShift = 0.022;

/** Maximum number of trials of a group with separate points; more are not distinguishable. Arbitrary. */
const mostTrials = 50;

type Row = Record<string, Cell | boolean>;

/** Cached: every panel of every style requests them, and thousands of trials take a while. */
const cache = new WeakMap<WidthChart, Datasets>();

/** `summaries`: one row per group and quantity; `trials`: one per trial, none where a group has a single one. */
export function widthDatasets(chart: WidthChart): Datasets {
  const datasets = cache.get(chart) ?? makeDatasets(chart);
  cache.set(chart, datasets);
  return datasets;
}

function makeDatasets(chart: WidthChart): Datasets {
  const { floor } = chart;
  const summaries: Row[] = [];
  const trials: Row[] = [];
  const placeOf = places(chart);
  for (const bin of drawnBins(chart)) {
    const own = bin.groups.flatMap((group) => group.trials);
    for (const quantity of chart.quantities) {
      const values = bin.groups.flatMap((group) => quantity.values(group));
      // A mean is 0 where every trial is.
      if (chart.floor !== undefined || values.some((value) => value > 0))
        summaries.push({ ...placeOf(quantity, bin, meanShift), ...summaryCells(values, floor) });
      if (values.length === 1) continue;
      const at = placeOf(quantity, bin, trialShift);
      for (const i of shownTrials(values)) {
        const value = values[i] as number;
        if (value === 0 && chart.floor === undefined) continue;
        const { trial } = own[i] as ReportTrial;
        trials.push({ ...at, trial, value, valueDrawn: Math.max(value, floor ?? 0) });
      }
    }
  }
  const [foot] = domainOf(chart, summaries, trials);
  return { summaries: summaries.map((row) => withWhisker(row, foot)), trials };
}

/**
 * Range of a whisker: down to the lower end of the axis where the mean less 1 sd is below it, or not above 0. The axis
 * does not include it, since on a log axis it may lie decades below every trial.
 */
function withWhisker(row: Row, foot: number): Row {
  const { sd, low } = row;
  const leaves = sd !== null && (low === null || Number(low) < foot);
  return { ...row, lowDrawn: sd === null ? null : leaves ? foot : Number(low), leaves };
}

/** Indices of all trials, or of `mostTrials` of them: the extremes, and the others evenly between by rank. */
function shownTrials(values: readonly number[]): number[] {
  const all = values.map((_, i) => i);
  if (all.length <= mostTrials) return all;
  const byValue = all.sort((a, b) => (values[a] as number) - (values[b] as number) || a - b);
  return Array.from(
    { length: mostTrials },
    (_, k) => byValue[Math.round((k * (all.length - 1)) / (mostTrials - 1))] as number,
  );
}

function drawnBins({ groups, series }: WidthChart): WidthBin[] {
  const nameOf = seriesNames(groups);
  const names = new Set(series.map(({ name }) => name));
  return widthBins(
    groups.filter((group) => names.has(nameOf(group))),
    nameOf,
  );
}

/** The table of the figure: mean and sd of each quantity for each group. */
export function widthTable({ groups, quantities: drawn, tabled: quantities = drawn }: WidthChart): Table {
  const settings = settingCells(groups);
  return {
    columns: [
      'teacherSize',
      'parametrization',
      'width',
      ...settings.columns,
      'trials',
      ...quantities.flatMap(({ id }) => [`${id} mean`, `${id} sd`]),
    ],
    rows: groups.map((group) => [
      group.teacherSize,
      group.parametrization,
      group.width,
      ...settings.cells(group),
      group.trials.length,
      ...quantities.flatMap((quantity) => {
        const { mean, sd, count } = summarize(quantity.values(group));
        return [mean, count > 1 ? sd : null];
      }),
    ]),
  };
}

/** The meaning of points, lines and whiskers, for the line under the title. */
export function widthSubtitle(chart: WidthChart): string[] {
  const { groups } = chart;
  const undrawn = chart.floor === undefined ? zerosText(zerosOf(chart)) : '';
  return [
    ...(groups.every((group) => group.trials.length === 1)
      ? ['one trial per point: no spread']
      : ['small points: trials', `line and whiskers: mean ± 1 sd over ${trialCount(groups)}`]),
    ...(undrawn ? [undrawn] : []),
  ];
}

function zerosOf(chart: WidthChart): number {
  return allValues(chart).filter((value) => value === 0).length;
}

/** Explains whiskers that are cut off at the lower end of the axis. */
function whiskerNotes(chart: WidthChart): string[] {
  return (widthDatasets(chart).summaries ?? []).some(({ leaves }) => leaves === true)
    ? [
        'A whisker that ends in a triangle goes on below the axis: the mean less 1 sd is less than the axis shows, or not above 0.',
      ]
    : [];
}

/** Notes that are part of the picture. */
export function widthFootnotes(chart: WidthChart): string[] {
  const { groups } = chart;
  return [
    ...whiskerNotes(chart),
    ...seriesLeftOutNotes(groups),
    ...teacherLeftOutNotes(groups, shownTeachers(chart)),
  ];
}

/** Teacher sizes with panels. */
export function shownTeachers({ groups, quantities }: WidthChart): readonly number[] {
  return evenly(teacherSizes(groups), Math.floor(mostPanels / quantities.length));
}

/** Interactions of the live picture. */
export const widthHint =
  'Point at a mark for its values; click a legend entry to single it out, beside it to go back.';

export function widthNotes(chart: WidthChart): string[] {
  const { groups } = chart;
  const notes = [...spreadNotes(groups), ...seriesNotes(groups), ...binNotes(groups)];
  notes.push(...teacherLeftOutNotes(groups, shownTeachers(chart)));
  const zeros = zerosOf(chart);
  const { floor } = chart;
  notes.push(...(floor === undefined ? zerosNotes(zeros) : zerosAtFootNotes(zeros, floor)));
  notes.push(...whiskerNotes(chart));
  if (chart.groups.some(({ trials }) => trials.length > mostTrials))
    notes.push(
      `Of more than ${mostTrials} trials, ${mostTrials} have a point: the extremes, and others evenly between by rank.`,
    );
  return notes;
}

export function widthDomain({ groups }: WidthChart): [number, number] {
  return logDomain(widths(groups), 0.4);
}

export function valueDomain(chart: WidthChart): [number, number] {
  const { summaries = [], trials = [] } = widthDatasets(chart);
  return domainOf(chart, summaries, trials);
}

function domainOf(
  chart: WidthChart,
  summaries: Datasets[string],
  trials: Datasets[string],
): [number, number] {
  const horizontal = chart.teacherLine === 'horizontal';
  const teachers = horizontal ? teacherSizes(chart.groups).filter((size) => size > 0) : [];
  const guides = chart.guide === undefined ? [] : [chart.guide];
  // Without the lower ends of whiskers: see withWhisker.
  const drawn = [
    ...summaries.flatMap((row) => [row.meanDrawn, row.high]),
    ...trials.map((row) => row.valueDrawn),
  ];
  // null (no spread) becomes 0, which a log domain ignores.
  return logDomain([...drawn.map(Number), ...teachers, ...guides]);
}

/** @param floor where zeros are drawn; without it, a value is positive */
function summaryCells(values: readonly number[], floor: number | undefined): Row {
  const { mean, sd, count } = summarize(values);
  return {
    mean,
    meanDrawn: Math.max(mean, floor ?? 0),
    sd: count > 1 ? sd : null,
    spread: spreadText(count > 1 ? sd : null),
    // Values below zero are not on a log axis.
    low: count > 1 && mean - sd > 0 ? mean - sd : null,
    high: count > 1 ? Math.max(mean + sd, floor ?? 0) : null,
    trials: count,
  };
}

function places(chart: WidthChart): (quantity: Quantity, bin: WidthBin, shift: number) => Row {
  const [low, high] = widthDomain(chart);
  const nameOf = seriesNames(chart.groups);
  const alone = new Set(chart.groups.map(({ parametrization }) => parametrization)).size === 1;
  return ({ id }, { place, groups }, shift) => {
    const { parametrization, teacherSize, width } = place;
    const side = parametrization === 'spectral' ? -1 : 1;
    const at = alone && shift === meanShift ? width : width * (high / low) ** (side * shift);
    return { panel: id, series: nameOf(groups[0] as TrialGroup), parametrization, teacherSize, width, at };
  };
}

function allValues({ groups, quantities }: WidthChart): number[] {
  return groups.flatMap((group) => quantities.flatMap((quantity) => quantity.values(group)));
}
