import type { Cell, Figure, LeftOut, Table } from '../../../figures/figure.js';
import { clauses } from '../panels/caption-text.js';
import { alongNotes, seriesNames, settingCells } from '../panels/series.js';
import { isShown, panelNotes, shownPanels } from '../panels/shown-panels.js';
import { type TrialGroup, teacherSizes } from '../panels/trial-groups.js';
import { widestOfEach } from '../panels/widest.js';
import { layerNotes } from '../structure/layer-notes.js';
import { type FollowedTrial, followedTrial } from '../trajectories/followed-trial.js';
import { trajectoryChart } from '../trajectories/trajectory-panels.js';

const name = 'trajectories';
/** Titles for a run without panels of eigenvalues, and for one without any panel. */
const titles = {
  eigenvalues: 'Eigenvalues and relevance over training',
  relevance: 'Relevance over training',
};

/**
 * Nodes of one student of each kind during training: eigenvalues, where they are trained, and relevance / largest,
 * against epochs.
 */
export function trajectoriesFigure(groups: readonly TrialGroup[]): Figure | LeftOut {
  const nameOf = seriesNames(groups);
  const kept = groups.filter(({ trials }) => trials.some(({ nodeHistory }) => nodeHistory !== undefined));
  // Spectral students also have a panel of eigenvalues.
  const panels = shownPanels(kept, {
    panelsOf: ({ parametrization }) => (parametrization === 'spectral' ? 2 : 1),
  });
  const followed = widestOfEach(kept, nameOf)
    .filter((group) => isShown(panels, group.teacherSize, nameOf(group)))
    .toSorted((a, b) => a.teacherSize - b.teacherSize || rank(a) - rank(b))
    .flatMap((group) => followedTrial(group, nameOf(group)) ?? []);
  if (followed.length === 0) return { name, title: titles.eigenvalues, reason };
  const hasEigenvalues = followed.some(({ nodes }) => nodes[0]?.eigenvalues !== undefined);
  const title = titles[hasEigenvalues ? 'eigenvalues' : 'relevance'];
  const leftOut = [...cutNotes(followed), ...panelNotes(kept, panels), ...layerNotes(groups)];
  const several = teacherSizes(kept).length > 1;
  const chart = trajectoryChart({ title, footnotes: leftOut, several }, followed);
  return {
    name,
    title,
    caption: caption(followed, several),
    notes: [...notes(groups, followed), ...leftOut, ...chart.notes, ...alongNotes(groups)],
    hint: 'Point at a line for its values.',
    table: table(groups, followed),
    datasets: chart.datasets,
    draw: chart.draw,
  };
}

function table(groups: readonly TrialGroup[], followed: readonly FollowedTrial[]): Table {
  const settings = settingCells(groups);
  return {
    columns: [
      ...['teacherSize', 'parametrization', 'width', ...settings.columns, 'trial', 'node', 'epoch'],
      ...['eigenvalue', 'relevance / largest'],
    ],
    rows: followed.flatMap(({ group, trial, nodes, epochs, drawnEpochs }) =>
      nodes.flatMap(({ node, eigenvalues, relevance }) =>
        drawnEpochs.map((k): Cell[] => [
          ...[group.teacherSize, group.parametrization, group.width, ...settings.cells(group)],
          ...[trial.trial, node, epochs[k] as number],
          ...[eigenvalues?.[k] ?? null, relevance[k] as number],
        ]),
      ),
    ),
  };
}

const rank = ({ parametrization }: TrialGroup) => (parametrization === 'spectral' ? 0 : 1);

const reason =
  'It needs what arrays.safetensors holds of the nodes over training, which this run lacks: an earlier version, which kept ' +
  'none, trained it, or its students are too wide for it to be kept.';

function notes(groups: readonly TrialGroup[], followed: readonly FollowedTrial[]): string[] {
  const wider = followed.some(({ group, series }) => {
    const nameOf = seriesNames(groups);
    return groups.some(
      (each) => each.teacherSize === group.teacherSize && nameOf(each) === series && each.width > group.width,
    );
  });
  return [
    'Relevances are divided by the largest of the same epoch, as the effective size is.',
    ...(wider ? ['Students of larger width are not drawn: their nodes were not followed.'] : []),
  ];
}

function cutNotes(followed: readonly FollowedTrial[]): string[] {
  return followed.some(({ nodes, group }) => nodes.length < group.width)
    ? ['Of many nodes some are drawn, evenly by rank: those that stay and those that go each up to 40.']
    : [];
}

/** Share of the final size within which it counts as settled; arbitrary. */
const nearly = 0.1;

function caption(followed: readonly FollowedTrial[], several: boolean): string {
  const largest = Math.max(...followed.map(({ group }) => group.teacherSize));
  const own = followed.filter(({ group }) => group.teacherSize === largest);
  const texts = clauses(
    own.map((each) => ({ name: each.series, ...each })),
    ({ series, group, sizes, epochs }) => {
      const end = sizes.at(-1) as number;
      const last = sizes.findLastIndex((size) => Math.abs(size - end) > nearly * end);
      const settled = epochs[last + 1] as number;
      const when = settled === 0 ? 'all along' : `from epoch ${settled} on`;
      return `${end} of ${group.width} nodes of the ${series} student, a number that stays within ${100 * nearly} % ${when}`;
    },
  );
  const students = several ? `, of students of the teacher with h_T = ${largest},` : '';
  return (
    'Every line is a node of the first hidden layer: where a sub-network forms, most eigenvalues λ_i fall to 0 while those of ' +
    'a few nodes stay, and relevance (what pruning ranks by) parts in two; where none forms the lines stay together above ' +
    `the threshold. At the end relevance${students} is above the threshold for ${texts}.`
  );
}
