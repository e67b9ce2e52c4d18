/** Series of a figure: one for each parametrisation, and where other fields vary, one for each of their settings. */

import { evenly } from '../../../analysis/numbers.js';
import type { Cell } from '../../../figures/figure.js';
import { rampColors, type Theme } from '../../../figures/theme.js';
import { type SettingColumn, settingColumns, settingsLabel } from '../../../protocol/settings.js';
import { type Parametrization, parametrizations } from '../protocol/schema.js';
import { leftOutNotes } from './left-out.js';
import type { TrialGroup } from './trial-groups.js';

export interface Series {
  /** "spectral", or "spectral, learningRate 0.001" */
  readonly name: string;
  readonly parametrization: Parametrization;
  /** "learningRate 0.001"; empty where no other field varies. */
  readonly label: string;
}

/** Maximum number of distinguishable series of one parametrisation; arbitrary. */
const mostSeries = 6;

/** The name of a group's series, among all groups of a run. */
export function seriesNames(groups: readonly TrialGroup[]): (group: TrialGroup) => string {
  const columns = separatingColumns(groups);
  return ({ parametrization, settings }) => seriesName(parametrization, settingsLabel(settings, columns));
}

function seriesName(parametrization: Parametrization, label: string): string {
  return label === '' ? parametrization : `${parametrization}, ${label}`;
}

/** By parametrisation, spectral first, then in their order here. */
export function presentSeries(groups: readonly TrialGroup[]): Series[] {
  const columns = separatingColumns(groups);
  return parametrizations.flatMap((parametrization) => {
    const own = groups.filter((group) => group.parametrization === parametrization);
    const labels = new Set(own.map(({ settings }) => settingsLabel(settings, columns)));
    return [...labels].map((label) => ({ name: seriesName(parametrization, label), parametrization, label }));
  });
}

/** The series that fit in a figure: of each parametrisation the first and last, and others evenly between by rank. */
export function drawnSeries(groups: readonly TrialGroup[]): Series[] {
  const present = presentSeries(groups);
  return parametrizations.flatMap((parametrization) =>
    evenly(
      present.filter((series) => series.parametrization === parametrization),
      mostSeries,
    ),
  );
}

/** The widest group of each drawn series, for captions. */
export function widestOfSeries(groups: readonly TrialGroup[]): { name: string; group: TrialGroup }[] {
  const nameOf = seriesNames(groups);
  return drawnSeries(groups).map(({ name }) => ({
    name,
    group: groups.findLast((group) => nameOf(group) === name) as TrialGroup,
  }));
}

/** Notes of a figure that shows the series of drawnSeries. */
export function seriesNotes(groups: readonly TrialGroup[]): string[] {
  return [...seriesLeftOutNotes(groups), ...alongNotes(groups)];
}

/** Notes on series without a curve. */
export function seriesLeftOutNotes(groups: readonly TrialGroup[]): string[] {
  const all = presentSeries(groups).map(({ name }) => name);
  const drawn = drawnSeries(groups).map(({ name }) => name);
  const left = all.filter((name) => !drawn.includes(name));
  return leftOutNotes('settings', drawn.length, all.length, left);
}

/** Notes on fields that change along a curve besides the width. */
export function alongNotes(groups: readonly TrialGroup[]): string[] {
  const separating = separatingColumns(groups).map(({ name }) => name);
  const along = columnsOf(groups).filter(({ name }) => !separating.includes(name));
  return along.length > 0
    ? [
        `Not the width alone changes along a curve: ${along.map(({ name }) => name).join(', ')} too (see the table).`,
      ]
    : [];
}

/** Hue encodes the parametrisation, lightness its settings. */
export function seriesColors(series: readonly Series[], theme: Theme): string[] {
  return parametrizations.flatMap((parametrization) => {
    const count = series.filter((each) => each.parametrization === parametrization).length;
    return count === 1 ? [theme[parametrization]] : rampColors(theme.ramps[parametrization], count);
  });
}

/** Columns of settings in the table of a figure, and the cells of a group. */
export function settingCells(groups: readonly TrialGroup[]): {
  readonly columns: string[];
  cells(group: Pick<TrialGroup, 'settings'>): Cell[];
} {
  const columns = columnsOf(groups);
  return {
    columns: columns.map(({ name }) => name),
    cells: ({ settings }) => columns.map((column) => column.cell(settings)),
  };
}

function columnsOf(groups: readonly TrialGroup[]): SettingColumn[] {
  return settingColumns(groups.map(({ settings }) => settings));
}

/** Fields that differ at one width: one that changes with the width alone does not make a series. */
function separatingColumns(groups: readonly TrialGroup[]): SettingColumn[] {
  return columnsOf(groups).filter((column) => {
    const cells = new Map<string, Cell>();
    return groups.some(({ parametrization, teacherSize, width, settings }) => {
      const place = `${parametrization} ${teacherSize} ${width}`;
      const cell = column.cell(settings);
      if (!cells.has(place)) cells.set(place, cell);
      return cells.get(place) !== cell;
    });
  });
}

/** Notes on groups without a spread. */
export function spreadNotes(groups: readonly TrialGroup[]): string[] {
  const alone = groups.filter((group) => group.trials.length === 1);
  if (alone.length === 0) return [];
  if (alone.length === groups.length) return ['One trial per point: no spread.'];
  const seriesOf = seriesNames(groups);
  const names = alone.slice(0, mostNamed).map((group) => `${seriesOf(group)} h = ${group.width}`);
  const more = alone.length - names.length;
  return [`One trial only, hence no spread: ${names.join(', ')}${more > 0 ? ` and ${more} others` : ''}.`];
}

/** Maximum number of names in a note; arbitrary. */
const mostNamed = 8;
