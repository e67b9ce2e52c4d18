import { summarize } from '../../../analysis/summary.js';
import type { Cell, Figure, FigureStyle, Layer, LeftOut, Panel } from '../../../figures/figure.js';
import { figureFrame } from '../../../figures/frame.js';
import { brief } from '../../../figures/numbers-in-text.js';
import { panelTitle } from '../../../figures/wrapped-text.js';
import { clauses, studentsText } from '../panels/caption-text.js';
import { alongNotes, seriesNames, settingCells } from '../panels/series.js';
import { isShown, panelNotes, shownPanels } from '../panels/shown-panels.js';
import { type ReportTrial, type TrialGroup, teacherSizes, trialCount } from '../panels/trial-groups.js';
import { widestOfEach } from '../panels/widest.js';

const name = 'input-relevance';
const title = 'Inputs that carry the task';

interface InputRow extends Record<string, Cell> {
  readonly series: string;
  readonly teacherSize: number;
  readonly width: number;
  /** From 0. */
  readonly input: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  readonly trials: number;
}

/** Whether the students of a run rank their inputs. */
export function ranksInputs(groups: readonly TrialGroup[]): boolean {
  return groups.some((group) => ranked(group).length > 0);
}

/** |λ_in| of every input, divided by the largest of its trial: see inputRelevance (arXiv 2406.01183). */
export function inputRelevanceFigure(groups: readonly TrialGroup[]): Figure | LeftOut {
  if (!ranksInputs(groups)) return { name, title, reason };
  const nameOf = seriesNames(groups);
  const settings = settingCells(groups);
  const ranking = groups.filter((group) => ranked(group).length > 0);
  const curves = ranking.map((group) => ({ group, rows: inputRows(group, nameOf(group)) }));
  const panels = shownPanels(ranking);
  const shown = widestOfEach(ranking, nameOf).filter((group) =>
    isShown(panels, group.teacherSize, nameOf(group)),
  );
  const leftOut = panelNotes(ranking, panels);
  const drawn = curves.filter(({ group }) => shown.includes(group)).flatMap(({ rows }) => rows);
  return {
    name,
    title,
    caption: caption(shown, ranking, nameOf),
    notes: [
      'Each trial is divided by the largest |λ_{in}| of its own.',
      ...(shown.length < ranking.length ? ['Drawn for the largest width; the table has all of them.'] : []),
      ...leftOut,
      ...alongNotes(groups),
    ],
    hint: 'Point at a mark for its values.',
    table: {
      columns: [
        ...['teacherSize', 'parametrization', 'width', ...settings.columns, 'trials', 'input'],
        ...['eigenvalueIn / largest mean', 'smallest', 'largest'],
      ],
      rows: curves.flatMap(({ group, rows }) =>
        rows.map((row): Cell[] => [
          ...[group.teacherSize, group.parametrization, group.width, ...settings.cells(group)],
          ...[row.trials, row.input, row.mean, row.low, row.high],
        ]),
      ),
    },
    datasets: { inputs: drawn },
    draw: (style) => draw({ shown, ranking, nameOf, footnotes: leftOut }, style),
  };
}

const reason =
  'It needs students whose first layer trains eigenvaluesIn while eigenvaluesOut rest at 0: `trainable: [eigenvectors, ' +
  'eigenvaluesIn]` and `initialize: { eigenvaluesIn: 1, eigenvaluesOut: 0 }` in arms.spectral.';

/** Input relevances of each trial that ranks inputs, [inputs], divided by its largest. */
function ranked({ trials }: TrialGroup): number[][] {
  return trials.flatMap(({ inputRelevance }: ReportTrial) => {
    if (inputRelevance === undefined) return [];
    const values = Array.from(inputRelevance);
    const largest = values.reduce((most, value) => Math.max(most, value), 0);
    return largest > 0 ? [values.map((value) => value / largest)] : [];
  });
}

function inputRows(group: TrialGroup, series: string): InputRow[] {
  const all = ranked(group);
  return (all[0] as number[]).map((_, input) => {
    const { mean, minimum, maximum, count } = summarize(all.map((values) => values[input] as number));
    const { teacherSize, width } = group;
    return { series, teacherSize, width, input, mean, low: minimum, high: maximum, trials: count };
  });
}

function caption(
  shown: readonly TrialGroup[],
  ranking: readonly TrialGroup[],
  nameOf: (group: TrialGroup) => string,
): string {
  const texts = clauses(
    shown.map((group) => ({ name: nameOf(group), group })),
    (each) => {
      const rows = inputRows(each.group, '');
      const { threshold } = each.group.trials[0] as ReportTrial;
      const above = rows.filter((row) => row.mean > threshold);
      return `${above.length} of ${rows.length} inputs are above ${brief(threshold)} for ${studentsText(each, ranking)}`;
    },
  );
  return (
    'The eigenvalue λ_{in} of an input stands before everything that the input does, and its penalty takes away what the task ' +
    `can do without: what stays high carries the task. On average over trials ${texts}.`
  );
}

interface InputChart {
  /** Groups with panels. */
  readonly shown: readonly TrialGroup[];
  /** All groups that rank their inputs. */
  readonly ranking: readonly TrialGroup[];
  readonly nameOf: (group: TrialGroup) => string;
  readonly footnotes: readonly string[];
}

function draw({ shown, ranking, nameOf, footnotes }: InputChart, style: FigureStyle) {
  const wide = style.layout === 'wide';
  const several = teacherSizes(ranking).length > 1;
  const width = wide ? 420 : 235;
  const panels = shown.map((group): Panel => {
    const teacher = several ? `, h_T = ${group.teacherSize}` : '';
    return {
      title: { text: panelTitle([`${nameOf(group)}, h = ${group.width}${teacher}`], width) },
      width,
      height: wide ? 240 : 200,
      layer: layers(group, nameOf(group), style),
    };
  });
  const subtitle = ['dot: mean', `bar: full range over ${trialCount(shown)}`];
  return figureFrame({ title, subtitle, footnotes, panels, columns: wide ? 2 : 1 }, style);
}

function inputAxis(inputs: number) {
  return {
    field: 'input',
    type: 'quantitative' as const,
    scale: { domain: [-0.5, inputs - 0.5], nice: false },
    axis: { title: 'input', grid: false, format: 'd', tickMinStep: 1 },
  };
}

function layers(group: TrialGroup, series: string, { theme }: FigureStyle): Layer[] {
  const inputs = (ranked(group)[0] as number[]).length;
  const source = {
    data: { name: 'inputs' },
    transform: [
      {
        filter:
          `datum.width === ${group.width} && datum.teacherSize === ${group.teacherSize} && ` +
          `datum.series === ${JSON.stringify(series)}`,
      },
    ],
  };
  const x = inputAxis(inputs);
  const scale = { domain: [0, 1], nice: false };
  const y = { type: 'quantitative' as const, scale, axis: { title: '|λ_{in}| / largest' } };
  const color = { value: theme[group.parametrization] };
  return [
    {
      ...source,
      mark: { type: 'rule', strokeWidth: 2, opacity: 0.45 },
      encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' }, color },
    },
    {
      ...source,
      mark: { type: 'circle', size: inputs > 100 ? 14 : 36, opacity: 1 },
      encoding: {
        x,
        y: { ...y, field: 'mean' },
        color,
        tooltip: [
          { field: 'input' },
          { field: 'mean', format: '.3~g' },
          { field: 'low', title: 'smallest', format: '.3~g' },
          { field: 'high', title: 'largest', format: '.3~g' },
          { field: 'trials' },
        ],
      },
    },
  ];
}
