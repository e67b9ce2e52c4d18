/** Selects the teacher sizes, series and widths that have a panel: a grid may have too many. */
import { evenly } from '../../../analysis/numbers.js';
import { parametrizations } from '../protocol/schema.js';
import { leftOutNotes } from './left-out.js';
import { presentSeries, type Series } from './series.js';
import { type TrialGroup, teacherSizes, widths } from './trial-groups.js';

/** Maximum number of panels in one figure, unless they are small; arbitrary. */
export const mostPanels = 8;
/** Maximum number of teacher sizes in one figure; arbitrary. */
const mostTeachers = 2;
/** Maximum number of series per parametrisation in one figure; arbitrary. */
const mostSeries = 6;

export interface ShownPanels {
  readonly teacherSizes: readonly number[];
  readonly series: readonly Series[];
}

interface PanelCounts {
  /** Number of panels of a series per teacher size; default: one. */
  readonly panelsOf?: (series: Series) => number;
  /** Maximum number of panels in the figure. */
  readonly most?: number;
}

/**
 * The first and last teacher sizes, and of each parametrisation the first and last series and others evenly between, as
 * many as fit. A single teacher, the largest, where two would leave one series of several.
 */
export function shownPanels(
  groups: readonly TrialGroup[],
  { panelsOf = () => 1, most = mostPanels }: PanelCounts = {},
): ShownPanels {
  const sizes = teacherSizes(groups);
  const all = presentSeries(groups);
  const total = (teachers: number, series: readonly Series[]) =>
    teachers * series.reduce((sum, each) => sum + panelsOf(each), 0);
  for (const teachers of [mostTeachers, 1]) {
    const shownSizes = teachers === 1 ? sizes.slice(-1) : evenly(sizes, teachers);
    for (let count = mostSeries; count > 1; --count) {
      const series = someSeries(all, count);
      if (total(shownSizes.length, series) <= most) return { teacherSizes: shownSizes, series };
    }
  }
  return { teacherSizes: sizes.slice(-1), series: someSeries(all, 1) };
}

/** At most `most` series, of each parametrisation the first and last and others evenly between; at least one of each. */
export function shownSeries(groups: readonly TrialGroup[], most: number): Series[] {
  const all = presentSeries(groups);
  for (let count = mostSeries; count > 1; --count) {
    const series = someSeries(all, count);
    if (series.length <= most) return series;
  }
  return someSeries(all, 1);
}

function someSeries(all: readonly Series[], count: number): Series[] {
  return parametrizations.flatMap((parametrization) => {
    const own = all.filter((each) => each.parametrization === parametrization);
    return count === 1 ? own.slice(0, 1) : evenly(own, count);
  });
}

export function isShown(shown: ShownPanels, teacherSize: number, series: string): boolean {
  return shown.teacherSizes.includes(teacherSize) && shown.series.some(({ name }) => name === series);
}

/** Notes on series and teacher sizes without a panel; empty where all have one. */
export function panelNotes(groups: readonly TrialGroup[], shown: ShownPanels): string[] {
  return [...shownSeriesNotes(groups, shown.series), ...teacherLeftOutNotes(groups, shown.teacherSizes)];
}

export function shownSeriesNotes(groups: readonly TrialGroup[], shown: readonly Series[]): string[] {
  const all = presentSeries(groups).map(({ name }) => name);
  const left = all.filter((name) => shown.every((each) => each.name !== name));
  return leftOutNotes('settings', shown.length, all.length, left);
}

export function teacherLeftOutNotes(groups: readonly TrialGroup[], shown: readonly number[]): string[] {
  const all = teacherSizes(groups);
  const left = all.filter((size) => !shown.includes(size)).map((size) => `h_T = ${size}`);
  return leftOutNotes('teacher sizes', shown.length, all.length, left);
}

/** Notes on widths without a curve or panel. */
export function widthLeftOutNotes(groups: readonly TrialGroup[], shown: readonly number[]): string[] {
  const all = widths(groups);
  const left = all.filter((width) => !shown.includes(width)).map((width) => `h = ${width}`);
  return leftOutNotes('widths', shown.length, all.length, left);
}
