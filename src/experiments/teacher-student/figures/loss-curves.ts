import { evenly } from '../../../analysis/numbers.js';
import { percentile } from '../../../analysis/percentile.js';
import { zerosNotes } from '../../../figures/axes.js';
import type { Cell, Figure, LeftOut, Table } from '../../../figures/figure.js';
import { short } from '../../../figures/numbers-in-text.js';
import { clauses, studentsText } from '../panels/caption-text.js';
import { type LossRow, lossCurvePanels, sides } from '../panels/loss-curve-panels.js';
import { alongNotes, seriesNames, settingCells, spreadNotes } from '../panels/series.js';
import { isShown, panelNotes, shownPanels, widthLeftOutNotes } from '../panels/shown-panels.js';
import {
  someWidths,
  type TrialGroup,
  tabledGroups,
  tableNotes,
  teacherSizes,
} from '../panels/trial-groups.js';
import { widestOfEach } from '../panels/widest.js';

const name = 'loss-curves';
const title = 'Loss over the epochs';
/** Maximum number of distinguishable curves in one panel; arbitrary. */
const mostWidths = 5;
/** Number of points of a curve that have a tooltip: thousands would slow the page down. Arbitrary. */
const mostFound = 20;

/** Training and validation loss against epochs: median and quartiles over trials, by width. */
export function lossCurvesFigure(groups: readonly TrialGroup[]): Figure | LeftOut {
  const followed = groups.filter(({ trials }) =>
    trials.some(({ lossHistory }) => lossHistory.epoch.length > 1),
  );
  if (followed.length === 0) return { name, title, reason };
  const nameOf = seriesNames(groups);
  const shown = someWidths(followed, mostWidths);
  const tabled = new Set(tabledGroups(followed));
  const curves = followed
    .filter((group) => tabled.has(group) || shown.includes(group.width))
    .map((group) => ({ group, rows: lossRows(group, nameOf(group)) }));
  const panels = shownPanels(followed, { panelsOf: () => sides.length });
  const { drawn, undrawn } = drawnRows(
    curves
      .flatMap(({ rows }) => rows)
      .filter((row) => shown.includes(row.width) && isShown(panels, row.teacherSize, row.series)),
  );
  const footnotes = [...widthLeftOutNotes(followed, shown), ...panelNotes(followed, panels)];
  const chart = { title, groups: followed, panels, shown, drawn, undrawn, footnotes };
  return {
    name,
    title,
    caption: caption(followed, nameOf),
    notes: [
      ...spreadNotes(groups),
      ...alongNotes(groups),
      ...zerosNotes(undrawn),
      ...footnotes,
      ...tableNotes(followed),
    ],
    hint: 'Point at a curve for its values.',
    table: table(
      groups,
      curves.filter(({ group }) => tabled.has(group)),
    ),
    datasets: { losses: drawn },
    draw: (style) => lossCurvePanels(chart, style),
  };
}

const reason = 'It needs the loss at two epochs at least; no trial was evaluated more than once.';

/** Without values that are not on a logarithmic axis. */
function drawnRows(rows: readonly LossRow[]) {
  const drawn = rows
    .filter(({ median }) => median > 0)
    .map((row) => (row.low === 0 ? { ...row, low: null } : row));
  return { drawn, undrawn: rows.length - drawn.length };
}

interface GroupCurves {
  readonly group: TrialGroup;
  readonly rows: readonly LossRow[];
}

function table(groups: readonly TrialGroup[], curves: readonly GroupCurves[]): Table {
  const settings = settingCells(groups);
  return {
    columns: [
      ...['teacherSize', 'parametrization', 'width', ...settings.columns, 'trials', 'epoch', 'loss'],
      ...['median', 'lower quartile', 'upper quartile'],
    ],
    rows: curves.flatMap(({ group, rows }) =>
      rows.map((row): Cell[] => [
        ...[group.teacherSize, group.parametrization, group.width, ...settings.cells(group)],
        ...[row.trials, row.epoch, row.side === 'trainLoss' ? 'train' : 'validation'],
        ...[row.median, ...(row.trials > 1 ? [row.low, row.high] : [null, null])],
      ]),
    ),
  };
}

/** One row per side and epoch at which trials were evaluated. */
export function lossRows({ teacherSize, width, trials }: TrialGroup, series: string): LossRow[] {
  return sides.flatMap(({ side }) => {
    const at = new Map<number, number[]>();
    for (const { lossHistory } of trials) {
      for (const [k, epoch] of lossHistory.epoch.entries()) {
        const loss = lossHistory[side][k] as number;
        if (!Number.isFinite(loss)) continue;
        const existing = at.get(epoch);
        if (existing) existing.push(loss);
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

function caption(groups: readonly TrialGroup[], nameOf: (group: TrialGroup) => string): string {
  const largest = Math.max(...teacherSizes(groups));
  const widest = widestOfEach(groups, nameOf)
    .filter(({ teacherSize }) => teacherSize === largest)
    .map((group) => ({ name: nameOf(group), group }));
  const losses = clauses(widest, (each) => {
    const rows = lossRows(each.group, '').filter(({ side }) => side === 'validationLoss');
    const last = rows.at(-1) as LossRow;
    const half = rows[rows.findLastIndex((row) => row.median > 2 * last.median) + 1] as LossRow;
    return (
      `${short(last.median, 2)} for ${studentsText(each, groups)} (less than twice that from epoch ` +
      `${half.epoch} on)`
    );
  });
  return (
    'All panels share their axes: what a curve rises from the left to the right is what the student loses on patterns that ' +
    'it was not trained on, and a curve that still falls at the end says that training longer would help. ' +
    `After the last of ${lastEpoch(groups)} epochs the median validation loss is ${losses}.`
  );
}

function lastEpoch(groups: readonly TrialGroup[]): number {
  const ends = groups.flatMap(({ trials }) => trials.map(({ lossHistory }) => lossHistory.epoch.at(-1) ?? 0));
  return Math.max(...ends);
}
