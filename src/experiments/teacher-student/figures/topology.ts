import { summarize } from '../../../analysis/summary.js';
import type { Cell, Figure, LeftOut, Table } from '../../../figures/figure.js';
import { meanAndSpread } from '../../../figures/mean-and-spread.js';
import { short } from '../../../figures/numbers-in-text.js';
import { clauses, studentsText } from '../panels/caption-text.js';
import { alongNotes, type Series, seriesNames, settingCells } from '../panels/series.js';
import { shownSeries, shownSeriesNotes } from '../panels/shown-panels.js';
import { type TrialGroup, teacherSizes } from '../panels/trial-groups.js';
import { noTeacherToCompare, structured, structureNotes } from '../structure/chosen-trials.js';
import { layerNotes } from '../structure/layer-notes.js';
import { mostDrawnNodes, type Survivors } from '../structure/trial-structure.js';
import { thinnest } from '../topology/network-drawing.js';
import type { SurvivingGroup } from '../topology/surviving-group.js';
import { topologyChart } from '../topology/topology-panels.js';

const name = 'topology';
const title = 'The surviving sub-network beside the teacher';
/** Maximum number of series; arbitrary. */
const mostSeries = 6;

/**
 * Figure 7: in- and out-strengths of the surviving nodes, their overlap with the teacher's nodes, and their
 * sub-network, drawn beside the teacher.
 */
export function topologyFigure(groups: readonly TrialGroup[]): Figure | LeftOut {
  if (groups.every((group) => structured(group).length === 0))
    return { name, title, reason: noTeacherToCompare };
  const nameOf = seriesNames(groups);
  const surviving = groups.flatMap((group): SurvivingGroup[] => {
    const trials = structured(group).flatMap(({ structure: { teacher, survivors } }) => {
      return survivors
        ? [{ survivors, chance: teacher.chance(survivors.nodes, survivors.signIsFree).mean }]
        : [];
    });
    if (trials.length === 0) return [];
    const chance = summarize(trials.map((trial) => trial.chance)).mean;
    return [{ group, series: nameOf(group), survivors: trials.map(({ survivors }) => survivors), chance }];
  });
  if (surviving.length === 0)
    return {
      name,
      title,
      reason: 'No student has a node above the threshold: there is no sub-network to draw.',
    };
  const series = shownSeries(groups, mostSeries);
  const shown = shownGroups(surviving, series);
  const leftOut = shownSeriesNotes(groups, series);
  const footnotes = [...drawingNotes(shown), ...leftOut, ...layerNotes(groups)];
  return {
    name,
    title,
    caption: caption(shown),
    notes: [...notes(groups, surviving, shown), ...leftOut, ...alongNotes(groups), ...layerNotes(groups)],
    hint: 'Point at a curve or a node for its values.',
    table: table(groups, surviving),
    ...topologyChart({ title, footnotes }, shown, series),
  };
}

function table(groups: readonly TrialGroup[], surviving: readonly SurvivingGroup[]): Table {
  const settings = settingCells(groups);
  return {
    columns: [
      ...['teacherSize', 'parametrization', 'width', ...settings.columns, 'trials', 'surviving nodes mean'],
      ...quantities.flatMap(([quantity]) => [`${quantity} mean`, `${quantity} sd`]),
      'overlap of random nodes',
    ],
    rows: surviving.map(({ group, survivors, chance }): Cell[] => [
      ...[group.teacherSize, group.parametrization, group.width, ...settings.cells(group)],
      ...[survivors.length, summarize(survivors.map(({ nodes }) => nodes)).mean],
      ...quantities.flatMap(([, of]) => {
        const { mean, sd, count } = summarize(survivors.map(of));
        return [mean, count > 1 ? sd : null];
      }),
      chance,
    ]),
  };
}

const quantities: readonly [string, (survivors: Survivors) => number][] = [
  ['KS distance of in-strengths', ({ distance }) => distance.in],
  ['KS distance of out-strengths', ({ distance }) => distance.out],
  ['KS distance of balanced in-strengths', ({ balancedDistance }) => balancedDistance.in],
  ['KS distance of balanced out-strengths', ({ balancedDistance }) => balancedDistance.out],
  ['overlap', ({ meanOverlap }) => meanOverlap],
];

/** For the largest teacher that has survivors: the widest group of each series. */
function shownGroups(surviving: readonly SurvivingGroup[], shown: readonly Series[]): SurvivingGroup[] {
  const largest = Math.max(...surviving.map(({ group }) => group.teacherSize));
  const own = surviving.filter(({ group }) => group.teacherSize === largest);
  return shown.flatMap((each) => own.findLast(({ series }) => series === each.name) ?? []);
}

/** Notes on omissions of a drawing. */
function drawingNotes(shown: readonly SurvivingGroup[]): string[] {
  const cut = shown.some(({ survivors }) => (survivors[0]?.nodes ?? 0) > mostDrawnNodes);
  return [
    `Weights below ${thinnest} of the largest of their layer are left out of a drawing.`,
    ...(cut
      ? [`Of more than ${mostDrawnNodes} surviving nodes the most relevant ${mostDrawnNodes} are drawn.`]
      : []),
  ];
}

function notes(
  groups: readonly TrialGroup[],
  surviving: readonly SurvivingGroup[],
  shown: readonly SurvivingGroup[],
): string[] {
  const compared = groups.flatMap(structured).length;
  const left = compared - surviving.reduce((total, { survivors }) => total + survivors.length, 0);
  const [largest] = shown.map(({ group }) => group.teacherSize);
  return [
    'A factor can move from what enters a ReLU node to what leaves it, and training moves it: strengths are drawn with both ' +
      'sides of every node brought to one norm, in student and teacher alike (balanced), where the activation lets a factor ' +
      'through. The table has them as they are too.',
    ...(surviving.some(({ survivors }) => survivors.some(({ signIsFree }) => signIsFree))
      ? [
          'With an odd or even activation a node is the same when the signs of its weights change together: overlaps are ' +
            'absolute values of the cosine, those of random nodes too, and each node is taken with the sign that makes its ' +
            'in-strength positive.',
        ]
      : []),
    'Strengths are sums over all weights of a node, with sign. KS: largest distance of two distribution functions.',
    'In a drawing hidden nodes stand in the order of the teacher nodes that they are matched with, those without one below; ' +
      'second hidden nodes are matched in the same way.',
    ...drawingNotes(shown),
    ...(teacherSizes(groups).length > 1 || shown.length < surviving.length
      ? [`Drawn for h_T = ${largest} and the largest width of each series; the table has others.`]
      : []),
    ...(shown.every(({ survivors }) => survivors.length === 1) ? ['One trial per curve: no spread.'] : []),
    ...(left > 0
      ? [`${left} of ${compared} students have no node above the threshold and are left out.`]
      : []),
    ...structureNotes(groups),
  ];
}

function caption(shown: readonly SurvivingGroup[]): string {
  const named = shown.map((each) => ({ name: each.series, ...each }));
  const groups = shown.map(({ group }) => group);
  const texts = clauses(named, (each) => {
    const of = (quantity: (survivors: Survivors) => number) => meanAndSpread(each.survivors.map(quantity));
    return (
      `those of ${studentsText(each, groups)} overlap by ${of(({ meanOverlap }) => meanOverlap)} (as many random ` +
      `nodes: ${short(each.chance, 2)}), with KS distances of ${of(({ balancedDistance }) => balancedDistance.in)} in and ` +
      `${of(({ balancedDistance }) => balancedDistance.out)} out`
    );
  });
  return (
    "Where the nodes that survive pruning are a copy of the teacher, their strengths are distributed as its nodes', each " +
    'teacher node has a student node that points the same way (overlap 1), and the two drawings look alike. ' +
    `Of the surviving nodes of the first hidden layer (h_T = ${groups[0]?.teacherSize}), ${texts}.`
  );
}
