import { normalize } from '../../../analysis/effective-size.js';
import { histogram } from '../../../analysis/histogram.js';
import { evenly } from '../../../analysis/numbers.js';
import { summarize } from '../../../analysis/summary.js';
import type { Cell, Figure, Table } from '../../../figures/figure.js';
import { spreadText } from '../../../figures/numbers-in-text.js';
import { clauses, ownTeacherText, studentsText, thresholdText } from '../panels/caption-text.js';
import { type BinRow, histogramFigure } from '../panels/histogram-panels.js';
import { alongNotes, seriesNames, settingCells, spreadNotes, widestOfSeries } from '../panels/series.js';
import { isShown, panelNotes, shownPanels, widthLeftOutNotes } from '../panels/shown-panels.js';
import {
  hasTeacher,
  presentParametrizations,
  type ReportTrial,
  type TrialGroup,
  tabledGroups,
  tableNotes,
  widths,
} from '../panels/trial-groups.js';
import { layerNotes } from '../structure/layer-notes.js';

const title = 'Relevance of the hidden nodes';
/** Of width 0.025, so that the paper's threshold of 0.05 is an edge. */
const bins = 40;
/**
 * At most as many columns as are legible side by side, and at least as many as show the effect of the width; arbitrary.
 */
const [mostWidths, fewestWidths] = [6, 3];
/** Panels are small; arbitrary. */
const mostPanels = 12;

const axisNote = 'The axis of the counts is linear up to one node per trial and logarithmic above.';

/** Figure 1: histograms of relevance, each trial divided by its largest, spectral against direct, on shared axes. */
export function relevanceHistogramFigure(groups: readonly TrialGroup[]): Figure {
  const nameOf = seriesNames(groups);
  const { panels, shown } = shownBars(groups);
  const tabled = new Set(tabledGroups(groups));
  const bars = groups
    .filter((group) => tabled.has(group) || shown.includes(group.width))
    .map((group) => ({ group, rows: binRows(group, nameOf(group)) }));
  const rows = bars
    .flatMap((each) => each.rows)
    .filter(
      (row) => shown.includes(row.width) && row.nodes > 0 && isShown(panels, row.teacherSize, row.series),
    );
  const leftOut = [...widthLeftOutNotes(groups, shown), ...panelNotes(groups, panels)];
  const footnotes = [axisNote, ...leftOut, ...layerNotes(groups)];
  const chart = { title, groups, panels, shown, rows, footnotes };
  return {
    name: 'relevance-histogram',
    title,
    caption: caption(groups),
    notes: [
      axisNote,
      ...spreadNotes(groups),
      ...alongNotes(groups),
      ...leftOut,
      ...tableNotes(groups),
      ...layerNotes(groups),
    ],
    hint: 'Point at a bar for its values.',
    table: table(
      groups,
      bars.filter(({ group }) => tabled.has(group)),
    ),
    datasets: { bins: rows.map((row) => ({ ...row, spread: spreadText(row.sd) })) },
    draw: (style) => histogramFigure(chart, style),
  };
}

/** The panels: rows first, and as many widths as fit beside one another. */
function shownBars(groups: readonly TrialGroup[]) {
  const all = widths(groups);
  const panelsOf = () => Math.min(all.length, fewestWidths);
  const panels = shownPanels(groups, { panelsOf, most: mostPanels });
  const rows = panels.teacherSizes.length * panels.series.length;
  const room = Math.min(mostWidths, Math.floor(mostPanels / rows));
  return { panels, shown: evenly(all, Math.max(fewestWidths, room)) };
}

interface GroupBars {
  readonly group: TrialGroup;
  readonly rows: readonly BinRow[];
}

function table(groups: readonly TrialGroup[], bars: readonly GroupBars[]): Table {
  const settings = settingCells(groups);
  return {
    columns: [
      ...['teacherSize', 'parametrization', 'width', ...settings.columns],
      ...['relevance from', 'relevance to', 'nodes per trial mean', 'nodes per trial sd'],
    ],
    rows: bars.flatMap(({ group, rows }) =>
      rows.map((row): Cell[] => [
        ...[row.teacherSize, row.parametrization, row.width, ...settings.cells(group)],
        ...[row.from, row.to, row.nodes, row.sd],
      ]),
    ),
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
    // Through text: 3 * 0.025 is not the float64 of 0.075.
    const [from, to] = [k, k + 1].map((edge) => Number((edge / bins).toFixed(12))) as [number, number];
    return { series, teacherSize, parametrization, width, from, to, nodes: mean, sd: count > 1 ? sd : null };
  });
}

const formulas = { L: 'L_i = |λ_i| ‖φ_i‖ √h', M: 'M_i = ‖w_i‖ √h' };

/** "L_i = ... for spectral and M_i = ... for direct students" */
function formulaText(groups: readonly TrialGroup[]): string {
  const texts = presentParametrizations(groups).map((name) => {
    const own = groups.filter(({ parametrization }) => parametrization === name);
    const criteria = new Set(own.map(({ trials }) => (trials[0] as ReportTrial).criterion));
    return `${[...criteria].map((criterion) => formulas[criterion]).join(' or ')} for ${name}`;
  });
  return `${texts.join(' and ')} students`;
}

function caption(groups: readonly TrialGroup[]): string {
  const few = hasTeacher(groups) ? `about ${ownTeacherText(groups)}` : 'a few';
  const above = clauses(widestOfSeries(groups), (each) => {
    const { trials, width } = each.group;
    const share = summarize(trials.map((trial) => trial.effectiveSize)).mean / width;
    return `${Math.round(100 * share)} % of the nodes of ${studentsText(each, groups)}`;
  });
  return (
    `The relevance of node i of the first hidden layer is ${formulaText(groups)}, divided by the largest of its trial: where ` +
    `a sub-network carries the task, most nodes pile up at 0 and ${few} stand well above. ` +
    `Above the threshold of ${thresholdText(groups)} are ${above}.`
  );
}
