import { summarize } from '../../../analysis/summary.js';
import { powerOfTen, zerosAtFootNotes } from '../../../figures/axes.js';
import type { Cell, Figure, Table } from '../../../figures/figure.js';
import { short } from '../../../figures/numbers-in-text.js';
import { clauses, studentsText } from '../panels/caption-text.js';
import { type CurveRow, pruningChart, reach } from '../panels/pruning-panels.js';
import { alongNotes, seriesNames, settingCells, spreadNotes, widestOfSeries } from '../panels/series.js';
import { isShown, panelNotes, shownPanels, widthLeftOutNotes } from '../panels/shown-panels.js';
import {
  hasTeacher,
  lossName,
  type ReportTrial,
  someWidths,
  type TrialGroup,
  tabledGroups,
  tableNotes,
} from '../panels/trial-groups.js';
import { layerNotes } from '../structure/layer-notes.js';

const title = 'Error caused by pruning';
/** Maximum number of distinguishable curves in one panel; arbitrary. */
const mostWidths = 6;
/** Right of the drawn range, curves are sampled in steps of 3 %: they are smooth there, and may have 1500 nodes. */
const sampleRatio = 1.03;
const lastDrawn = (teacherSize: number) => (1 + reach) * teacherSize;

/** Figure 4: |MSE after - MSE before| against n_kept - h_T, nodes removed lowest relevance first. */
export function pruningFigure(groups: readonly TrialGroup[]): Figure {
  const nameOf = seriesNames(groups);
  const panels = shownPanels(groups);
  const shown = someWidths(groups, mostWidths);
  const tabled = new Set(tabledGroups(groups));
  const curves = groups
    .filter((group) => tabled.has(group) || shown.includes(group.width))
    .map((group) => ({ group, rows: curveRows(group, nameOf(group)) }));
  const all = curves.flatMap((curve) => curve.rows);
  const floor = errorFloor(groups, all);
  const rows = all.filter((row) => shown.includes(row.width) && isShown(panels, row.teacherSize, row.series));
  // At the full width, from which nothing is removed, the change is 0 by definition.
  const zeros = rows.filter((row) => row.median === 0 && row.kept < row.width).length;
  const leftOut = [...widthLeftOutNotes(groups, shown), ...panelNotes(groups, panels)];
  const footnotes = [...leftOut, ...layerNotes(groups)];
  return {
    name: 'pruning',
    title,
    caption: caption(groups),
    notes: [
      ...spreadNotes(groups),
      ...alongNotes(groups),
      ...pruningNotes(groups, floor),
      ...leftOut,
      ...zerosAtFootNotes(zeros, floor),
      ...tableNotes(groups),
      ...layerNotes(groups),
    ],
    hint: 'Point at a curve for its values. In a wide window drag to pan, Ctrl or Shift and wheel to zoom, double-click to go back.',
    table: table(
      groups,
      curves.filter(({ group }) => tabled.has(group)),
    ),
    ...pruningChart({ title, groups, panels, shown, floor, rows, footnotes }),
  };
}

interface GroupCurve {
  readonly group: TrialGroup;
  readonly rows: readonly CurveRow[];
}

function table(groups: readonly TrialGroup[], curves: readonly GroupCurve[]): Table {
  const settings = settingCells(groups);
  return {
    columns: [
      ...['teacherSize', 'parametrization', 'width', ...settings.columns],
      ...['nodes kept', 'nodes kept - teacherSize'],
      ...['median', 'smallest', 'largest'].map((which) => `|${lossName(groups)} change| ${which}`),
    ],
    rows: curves.flatMap(({ group, rows }) =>
      rows.map((row): Cell[] => [
        ...[row.teacherSize, row.parametrization, row.width, ...settings.cells(group)],
        ...[row.kept, row.excess, row.median, row.smallest, row.largest],
      ]),
    ),
  };
}

/** One row per drawn number of kept nodes. */
export function curveRows(
  { parametrization, teacherSize, width, trials }: TrialGroup,
  series: string,
): CurveRow[] {
  return sampledCounts(width, teacherSize).flatMap((kept) => {
    const changes = lossChanges(trials, kept);
    if (changes.length === 0) return [];
    const { median, minimum, maximum } = summarize(changes);
    const place = { series, teacherSize, parametrization, width, kept, excess: kept - teacherSize };
    return [{ ...place, median, smallest: minimum, largest: maximum }];
  });
}

/** |MSE after - MSE before| with `kept` nodes left; without trials that overflow, as a pruned network may. */
function lossChanges(trials: readonly ReportTrial[], kept: number): number[] {
  return trials
    .map(({ pruningLosses, width }) =>
      Math.abs((pruningLosses[kept] as number) - (pruningLosses[width] as number)),
    )
    .filter(Number.isFinite);
}

/** Every number within the range of the axis, then in steps of 3 %, and the full width. */
function sampledCounts(width: number, teacherSize: number): number[] {
  const counts: number[] = [];
  for (let kept = 0; kept < width; ) {
    counts.push(kept);
    kept = kept < lastDrawn(teacherSize) ? kept + 1 : Math.max(kept + 1, Math.round(kept * sampleRatio));
  }
  return [...counts, width];
}

/**
 * A thousandth of the error of the best student, rounded to a power of ten: smaller changes are irrelevant, and would
 * compress the others on a log axis. Where that error is 0, the changes determine the scale.
 */
export function errorFloor(groups: readonly TrialGroup[], rows: readonly CurveRow[]): number {
  const own = groups.flatMap(({ trials, width }) =>
    trials.map((trial) => trial.pruningLosses[width] as number),
  );
  const positive = own.filter((loss) => loss > 0);
  const changes = rows.map((row) => row.largest).filter((change) => change > 0);
  const scale = positive.length > 0 ? Math.min(...positive) * 1e-3 : Math.min(1, ...changes) * 0.1;
  return powerOfTen(Math.floor(Math.log10(scale)));
}

function pruningNotes(groups: readonly TrialGroup[], floor: number): string[] {
  const cut = groups.some(({ width, teacherSize }) => teacherSize > 0 && width > lastDrawn(teacherSize));
  return [
    `Changes below ${short(floor)} are drawn there; zero change (nothing removed) has no place on a logarithmic axis.`,
    ...(cut
      ? [`The axis ends ${reach} h_T right of the line; what lies beyond is in the table, in steps of 3 %.`]
      : []),
  ];
}

function caption(groups: readonly TrialGroup[]): string {
  const changes = clauses(widestOfSeries(groups), (each, i) => {
    const { teacherSize, trials, width } = each.group;
    const size = Math.round(summarize(trials.map((trial) => trial.effectiveSize)).median);
    const half = Math.min(width, Math.ceil((teacherSize || size) / 2));
    const change = (kept: number) => {
      const of = lossChanges(trials, kept);
      return of.length > 0 ? short(summarize(of).median, 2) : 'more than a number can hold';
    };
    return (
      `${i > 0 ? 'that ' : ''}of ${studentsText(each, groups)} changes by ${change(size)} when n_λ = ${size} nodes are kept and by ` +
      `${change(half)} when ${half} are`
    );
  });
  const where = hasTeacher(groups)
    ? "a sub-network of the teacher's size carries the task, the error stays flat down to the line h_T"
    : 'a sub-network carries the task, the error stays flat down to its size';
  return (
    `Nodes of the first hidden layer are removed lowest relevance first: where ${where}, rises to the left of it, and the ` +
    'curves of several widths fall on one. ' +
    `In the median over trials the test error ${changes}.`
  );
}
