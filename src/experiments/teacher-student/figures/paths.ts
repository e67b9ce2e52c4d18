import { summarize } from '../../../analysis/summary.js';
import { plainLabel } from '../../../figures/axes.js';
import type { Cell, Figure, FigureStyle, Layer, LeftOut, Panel } from '../../../figures/figure.js';
import { figureFrame } from '../../../figures/frame.js';
import { meanAndSpread } from '../../../figures/mean-and-spread.js';
import { short } from '../../../figures/numbers-in-text.js';
import { panelTitle } from '../../../figures/wrapped-text.js';
import { clauses, studentsText } from '../panels/caption-text.js';
import { alongNotes, type Series, seriesNames, settingCells } from '../panels/series.js';
import { isShown, panelNotes, shownPanels } from '../panels/shown-panels.js';
import { type TrialGroup, teacherSizes, trialCount } from '../panels/trial-groups.js';
import { widestOfEach } from '../panels/widest.js';
import {
  noTeacherToCompare,
  type StructuredTrial,
  structured,
  structureNotes,
} from '../structure/chosen-trials.js';
import { layerNotes } from '../structure/layer-notes.js';
import { pathQuantiles } from '../structure/teacher-structure.js';

const name = 'paths';
const title = 'Paths through the network, sorted';
const states = ['teacher', 'pruned', 'unpruned'] as const;
type State = (typeof states)[number];

interface PathRow extends Record<string, Cell> {
  readonly series: string;
  readonly teacherSize: number;
  readonly width: number;
  readonly quantile: number;
  readonly state: State;
  readonly mean: number;
  /** Over trials; null for a single one. */
  readonly sd: number | null;
}

/** Figure 6: sorted products w1_ij w2_jk, resampled on [0, 1], pruned and unpruned student against the teacher. */
export function pathsFigure(groups: readonly TrialGroup[]): Figure | LeftOut {
  const compared = groups.filter((group) => structured(group).length > 0);
  if (compared.length === 0) return { name, title, reason: noTeacherToCompare };
  const nameOf = seriesNames(groups);
  const settings = settingCells(groups);
  const curves = compared.map((group) => ({ group, rows: pathRows(group, nameOf(group)) }));
  const panels = shownPanels(compared);
  const shown = widestOfEach(compared, nameOf).filter((group) =>
    isShown(panels, group.teacherSize, nameOf(group)),
  );
  const leftOut = panelNotes(compared, panels);
  const drawn = curves.filter(({ group }) => shown.includes(group)).flatMap(({ rows }) => rows);
  return {
    name,
    title,
    caption: caption(shown, nameOf),
    notes: [...notes(groups, compared, shown), ...leftOut],
    hint: 'Point at a curve for its values.',
    table: {
      columns: [
        ...['teacherSize', 'parametrization', 'width', ...settings.columns, 'quantile', 'network'],
        ...['path value mean', 'path value sd'],
      ],
      rows: curves.flatMap(({ group, rows }) =>
        rows.map((row) => [
          ...[group.teacherSize, group.parametrization, group.width, ...settings.cells(group)],
          ...[row.quantile, row.state, row.mean, row.sd],
        ]),
      ),
    },
    datasets: {
      paths: drawn.map((row) => ({ ...row, low: row.mean - (row.sd ?? 0), high: row.mean + (row.sd ?? 0) })),
    },
    draw: (style) => {
      const footnotes = [...leftOut, ...layerNotes(groups)];
      return draw({ groups: shown, series: panels.series, nameOf, drawn, footnotes }, style);
    },
  };
}

function pathRows(group: TrialGroup, series: string): PathRow[] {
  const { teacherSize, width } = group;
  const trials = structured(group);
  const curves: [State, (trial: StructuredTrial) => Float64Array | undefined][] = [
    ['pruned', ({ structure }) => structure.survivors?.paths.quantiles],
    // Last, so that its dashes remain visible where the two coincide.
    ['unpruned', ({ structure }) => structure.unpruned.quantiles],
  ];
  const row = (state: State, k: number, mean: number, sd: number | null): PathRow => {
    return { series, teacherSize, width, quantile: k / (pathQuantiles - 1), state, mean, sd };
  };
  const teacher = (trials[0] as StructuredTrial).structure.teacher.pathQuantiles;
  return [
    ...Array.from(teacher, (value, k) => row('teacher', k, value, null)),
    ...curves.flatMap(([state, curveOf]) => {
      const lists = trials.map(curveOf).filter((list) => list !== undefined);
      if (lists.length === 0) return [];
      return Array.from({ length: pathQuantiles }, (_, k) => {
        const { mean, sd, count } = summarize(lists.map((list) => list[k] as number));
        return row(state, k, mean, count > 1 ? sd : null);
      });
    }),
  ];
}

function notes(
  groups: readonly TrialGroup[],
  compared: readonly TrialGroup[],
  shown: readonly TrialGroup[],
): string[] {
  const without = shown
    .flatMap(structured)
    .filter(({ structure }) => structure.survivors === undefined).length;
  return [
    ...(shown.length < compared.length
      ? ['Drawn for the largest width of each series; the table has others.']
      : []),
    ...(shown.every((group) => structured(group).length === 1) ? ['One trial per curve: no spread.'] : []),
    ...(without > 0
      ? [`No node is above the threshold in ${without} of the drawn trials: they have no pruned student.`]
      : []),
    ...alongNotes(groups),
    ...structureNotes(groups),
    ...layerNotes(groups),
  ];
}

interface Chart {
  readonly groups: readonly TrialGroup[];
  readonly series: readonly Series[];
  readonly nameOf: (group: TrialGroup) => string;
  readonly drawn: readonly PathRow[];
  readonly footnotes: readonly string[];
}

function draw(chart: Chart, style: FigureStyle) {
  const series = chart.series.filter(({ name: own }) =>
    chart.groups.some((group) => chart.nameOf(group) === own),
  );
  const columns = style.layout === 'wide' ? Math.min(2, series.length) : 1;
  const panels = teacherSizes(chart.groups).flatMap((teacherSize) =>
    series.flatMap(({ name: own }, i) => {
      const group = chart.groups.find(
        (each) => each.teacherSize === teacherSize && chart.nameOf(each) === own,
      );
      return group ? [panel(chart, group, i % columns === 0, style)] : [];
    }),
  );
  const compared = chart.groups.map((group) => ({ ...group, trials: structured(group) }));
  const alone = compared.every(({ trials }) => trials.length === 1);
  const subtitle = [
    alone ? 'one trial per curve: no spread' : `line and band: mean ± 1 sd over ${trialCount(compared)}`,
    'dashed: all nodes',
    'solid: the n_λ most relevant',
  ];
  const { footnotes } = chart;
  return figureFrame({ title, subtitle, footnotes, panels, columns, ownColors: true }, style);
}

function panel(chart: Chart, group: TrialGroup, left: boolean, style: FigureStyle): Panel {
  const { theme } = style;
  const { teacherSize, width, parametrization } = group;
  const own = chart.nameOf(group);
  const present = states.filter((state) =>
    chart.drawn.some((row) => row.series === own && row.teacherSize === teacherSize && row.state === state),
  );
  const colors = {
    teacher: theme.teacher,
    unpruned: theme.ramps[parametrization][0],
    pruned: theme[parametrization],
  };
  const size = style.layout === 'wide' ? { width: 320, height: 250 } : { width: 235, height: 200 };
  return {
    title: {
      text: panelTitle([own, `h = ${width}, h_T = ${teacherSize}`], size.width),
      color: theme[parametrization],
    },
    ...size,
    layer: layers(chart, own, teacherSize, left),
    encoding: {
      color: {
        field: 'state',
        type: 'nominal',
        scale: { domain: present, range: present.map((state) => colors[state]) },
        legend: { title: null, orient: 'bottom', symbolType: 'stroke', symbolOpacity: 1 },
      },
    },
  };
}

const dashes: Record<State, number[]> = { teacher: [1, 0], unpruned: [5, 3], pruned: [1, 0] };

function axesOf({ drawn }: Chart, teacherSize: number, left: boolean) {
  const own = drawn.filter((row) => row.teacherSize === teacherSize);
  const reach = Math.max(...own.map(({ mean, sd }) => Math.abs(mean) + (sd ?? 0)), Number.MIN_VALUE) * 1.05;
  const x = {
    field: 'quantile',
    type: 'quantitative' as const,
    scale: { domain: [0, 1] },
    axis: {
      title: 'share of paths below',
      values: [0, 0.25, 0.5, 0.75, 1],
      labelExpr: plainLabel,
      grid: false,
    },
  };
  const y = {
    type: 'quantitative' as const,
    scale: { domain: [-reach, reach], nice: false },
    axis: { title: left ? 'path value w_{ij} w_{jk}' : null, tickCount: 6 },
  };
  return { x, y };
}

function layers(chart: Chart, series: string, teacherSize: number, left: boolean): Layer[] {
  const { x, y } = axesOf(chart, teacherSize, left);
  const source = {
    data: { name: 'paths' },
    transform: [
      { filter: `datum.teacherSize === ${teacherSize} && datum.series === ${JSON.stringify(series)}` },
    ],
  };
  const value = { ...y, field: 'mean' };
  return [
    {
      ...source,
      mark: { type: 'area', opacity: 0.18, clip: true },
      encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' } },
    },
    {
      ...source,
      mark: { type: 'line', strokeWidth: 2, clip: true },
      encoding: {
        x,
        y: value,
        strokeDash: {
          field: 'state',
          type: 'nominal',
          scale: { domain: [...states], range: states.map((state) => dashes[state]) },
          legend: null,
        },
        tooltip: [
          { field: 'state', title: 'network' },
          { field: 'quantile', title: 'share of paths below', format: '.2f' },
          { field: 'mean', title: 'path value', format: '.3~g' },
        ],
      },
    },
  ];
}

function caption(shown: readonly TrialGroup[], nameOf: (group: TrialGroup) => string): string {
  const largest = Math.max(...shown.map(({ teacherSize }) => teacherSize));
  const own = shown
    .filter(({ teacherSize }) => teacherSize === largest)
    .map((group) => ({ name: nameOf(group), group }));
  const texts = clauses(own, (each) => {
    const trials = structured(each.group).map(({ structure }) => structure);
    const before = meanAndSpread(trials.map(({ unpruned }) => unpruned.distance));
    const after = trials.flatMap(({ survivors }) => (survivors ? [survivors.paths.distance] : []));
    return (
      `from ${before} to ${after.length > 0 ? meanAndSpread(after) : 'nothing, as no node stays,'} for ` +
      studentsText(
        each,
        own.map(({ group }) => group),
      )
    );
  });
  return (
    'A path is the product of the weights from an input over a hidden to a second hidden node; sorted, and resampled to ' +
    `${short(pathQuantiles)} common quantiles, those of a student that holds a copy of its teacher fall on the teacher's once ` +
    'the nodes that do nothing, whose paths are 0, are gone. ' +
    `Pruning takes the Kolmogorov-Smirnov distance to the teacher's paths (h_T = ${largest}) ${texts}.`
  );
}
