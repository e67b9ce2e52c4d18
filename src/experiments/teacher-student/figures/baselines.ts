import { evenly } from '../../../analysis/numbers.js';
import { summarize } from '../../../analysis/summary.js';
import type { Cell, Figure, LeftOut, Table } from '../../../figures/figure.js';
import { enumerated, short } from '../../../figures/numbers-in-text.js';
import { type BaselineRow, baselineChart, type RankingName } from '../panels/baseline-panels.js';
import { clauses, studentsText } from '../panels/caption-text.js';
import {
  alongNotes,
  drawnSeries,
  type Series,
  seriesLeftOutNotes,
  seriesNames,
  settingCells,
  spreadNotes,
} from '../panels/series.js';
import { teacherLeftOutNotes } from '../panels/shown-panels.js';
import { type ReportTrial, type TrialGroup, teacherSizes } from '../panels/trial-groups.js';
import { widestOfEach } from '../panels/widest.js';
import { layerNotes } from '../structure/layer-notes.js';

const name = 'baselines';
/** Title for a run without other rankings than relevance. */
const bareTitle = 'Pruning by relevance and by other rankings';
const inTitle: Readonly<Record<RankingName, string>> = {
  relevance: 'by relevance',
  eigenvalue: 'by eigenvalue',
  random: 'by chance',
  oracle: 'by an oracle',
};
/** Maximum number of teacher sizes, each a panel; arbitrary. */
const mostTeachers = 6;
/** Tolerated relative increase of the loss. Arbitrary. */
const tolerance = 0.1;

/** A ranking's curves in a group: one per trial, [h + 1]. */
interface RankedGroup {
  readonly group: TrialGroup;
  readonly series: string;
  readonly ranking: RankingName;
  readonly curves: readonly ArrayLike<number>[];
}

/**
 * Test loss against the nodes kept, by relevance and by every other ranking in the records, of all arms on one axis: it
 * separates the effect of the ranking from that of the training.
 */
export function baselinesFigure(groups: readonly TrialGroup[]): Figure | LeftOut {
  const nameOf = seriesNames(groups);
  const ranked = groups.flatMap((group) => rankedGroups(group, nameOf(group)));
  const series = drawnSeries(groups);
  const teachers = evenly(teacherSizes(groups), mostTeachers);
  const drawn = widestOfEach(
    groups.filter(({ teacherSize }) => teachers.includes(teacherSize)),
    nameOf,
  ).filter((group) => series.some((each) => each.name === nameOf(group)));
  const ofDrawn = ranked.filter(({ group }) => drawn.includes(group));
  const rankings = rankingsOf(ofDrawn);
  if (rankings.length < 2) return { name, title: bareTitle, reason };
  const title = `Pruning ${enumerated(rankings.map((each) => inTitle[each]))}`;
  const leftOut = [...seriesLeftOutNotes(groups), ...teacherLeftOutNotes(groups, teachers)];
  const chart = baselineChart({
    ...{ title, groups: drawn, series, rows: ofDrawn.flatMap(curveRows) },
    footnotes: [...rankingNotes(rankings), ...firstNotes(series), ...leftOut, ...layerNotes(groups)],
  });
  return {
    name,
    title,
    caption: caption(ofDrawn, drawn, rankings),
    notes: [
      ...spreadNotes(groups),
      ...leftOut,
      ...alongNotes(groups),
      ...rankingNotes(rankings),
      ...firstNotes(series),
      ...notes(groups, drawn),
      ...chart.notes,
      ...layerNotes(groups),
    ],
    hint: 'Point at a curve for its values.',
    table: table(groups, ranked),
    datasets: chart.datasets,
    draw: chart.draw,
  };
}

/** Rankings of at least one trial, in the order of their names in titles. */
function rankingsOf(ranked: readonly RankedGroup[]): RankingName[] {
  return (Object.keys(inTitle) as RankingName[]).filter((each) =>
    ranked.some(({ ranking, curves }) => ranking === each && curves.length > 0),
  );
}

function table(groups: readonly TrialGroup[], ranked: readonly RankedGroup[]): Table {
  const settings = settingCells(groups);
  return {
    columns: [
      ...['teacherSize', 'parametrization', 'width', ...settings.columns, 'ranking', 'trials'],
      ...['test loss unpruned median', 'nodes within 10 % median', 'smallest', 'largest'],
    ],
    rows: ranked.map(({ group, ranking, curves }): Cell[] => {
      const own = summarize(curves.map((losses) => losses[group.width] as number));
      const needed = summarize(curves.map(nodesNeeded));
      return [
        ...[group.teacherSize, group.parametrization, group.width, ...settings.cells(group), ranking],
        ...[curves.length, own.median, needed.median, needed.minimum, needed.maximum],
      ];
    }),
  };
}

const reason =
  'It compares pruning by relevance with other rankings, and no record of this run has the curve of one. A protocol asks ' +
  'for them by evaluation: { rankings: [random, oracle] }.';

function rankedGroups(group: TrialGroup, series: string): RankedGroup[] {
  const others = new Set(group.trials.flatMap(({ rankedLosses = {} }) => Object.keys(rankedLosses)));
  return (['relevance', ...others] as RankingName[]).map((ranking) => ({
    ...{ group, series, ranking },
    curves: group.trials.map((trial) => curveOf(trial, ranking)).filter((curve) => curve !== undefined),
  }));
}

function curveOf({ pruningLosses, rankedLosses }: ReportTrial, ranking: RankingName) {
  return ranking === 'relevance' ? pruningLosses : rankedLosses?.[ranking];
}

/** The smallest number of nodes from which on the loss stays within 10 % of the unpruned one; losses: [h + 1] */
export function nodesNeeded(losses: ArrayLike<number>): number {
  let kept = losses.length - 1;
  const bound = (1 + tolerance) * (losses[kept] as number);
  while (kept > 0 && (losses[kept - 1] as number) <= bound) --kept;
  return kept;
}

function curveRows({ group, series, ranking, curves }: RankedGroup): BaselineRow[] {
  const { teacherSize, width } = group;
  return Array.from({ length: width + 1 }, (_, kept) => kept).flatMap((kept) => {
    const losses = curves.map((each) => each[kept] as number).filter(Number.isFinite);
    if (losses.length === 0) return [];
    const { median } = summarize(losses);
    return [{ ...{ series, ranking, teacherSize, width, kept }, excess: kept - teacherSize, median }];
  });
}

function rankingNotes(rankings: readonly RankingName[]): string[] {
  return [
    ...(rankings.includes('random') ? ['Random orders come from the seed of the trial.'] : []),
    ...(rankings.includes('oracle')
      ? ['The oracle removes, one by one, the node without which the loss on validation data is least.']
      : []),
  ];
}

function firstNotes(series: readonly Series[]): string[] {
  return series.length > new Set(series.map(({ parametrization }) => parametrization)).size
    ? ['Rankings other than by relevance are drawn for the first settings of each parametrisation.']
    : [];
}

function notes(groups: readonly TrialGroup[], drawn: readonly TrialGroup[]): string[] {
  return [
    'All curves are measured on test data.',
    ...(drawn.length < groups.length ? ['Drawn for the largest width; the table has all of them.'] : []),
  ];
}

/** Comparisons between rankings. */
const gaps: Readonly<Partial<Record<RankingName, string>>> = {
  random: 'the gap to chance is what a ranking knows',
  oracle: 'the gap to an oracle that tries all nodes is what it misses',
};

function caption(
  ranked: readonly RankedGroup[],
  drawn: readonly TrialGroup[],
  rankings: readonly RankingName[],
): string {
  const firsts = new Set<string>();
  const all = drawn.map((group) => {
    const own = ranked.filter((each) => each.group === group);
    // One of each parametrisation with all its rankings; the others are in the table.
    const isFirst = !firsts.has(group.parametrization);
    firsts.add(group.parametrization);
    return { name: own[0]?.series ?? '', group, own: isFirst ? own : own.slice(0, 1) };
  });
  const texts = clauses(all, (each) => {
    const of = each.own.map(({ ranking, curves }) => {
      const needed = short(summarize(curves.map(nodesNeeded)).median);
      return `${needed} by ${ranking === 'random' ? 'chance' : ranking}`;
    });
    return `${of.join(', ')} of the ${each.group.width} nodes of ${studentsText(each, drawn)}`;
  });
  const meanings = rankings.flatMap((ranking) => gaps[ranking] ?? []);
  return (
    `Nodes of the first hidden layer are removed in the order of each ranking${meanings.length > 0 ? `: ${meanings.join(', ')}` : ''}. A curve that is flat further to the left ` +
    `belongs to a network that needs fewer nodes. In the median over trials, to stay within 10 % of the unpruned error takes ${texts}.`
  );
}
