/** The report for a terminal: two small plots of a run, from the numbers that its figures are drawn from. */
import { summarize } from '../../analysis/summary.js';
import { curveRows, errorFloor } from '../figures/pruning.js';
import {
  type Parametrization,
  presentParametrizations,
  someWidths,
  type TrialGroup,
  teacherSizes,
} from '../trial-groups.js';
import { linearScale, logScale } from './scale.js';
import { type TextPoint, type TextSeries, textPlot } from './text-plot.js';

export interface TextStyle {
  /** Characters of a line. */
  readonly columns: number;
  readonly colors: boolean;
}

/** Blue and yellow, the nearest that a terminal has to the figures' blue and vermilion; the glyphs do without. */
const marks: Readonly<Record<Parametrization, { readonly glyph: string; readonly color: number }>> = {
  spectral: { glyph: '●', color: 34 },
  direct: { glyph: '○', color: 33 },
};

/** Lines of cells; small enough for three plots on a screen. Arbitrary. */
const height = 12;
/** Columns that numbers and axis take, and the most that a plot is worth. */
const besides = 12;
const widest = 72;
/** Pruning curves are drawn as far right of the teacher's size as they are left of it. */
const pruningReach = 1;

/** Effective size against width, and pruning curves of the narrowest and widest students, for each teacher. */
export function textPlots(groups: readonly TrialGroup[], { columns, colors }: TextStyle): string[] {
  const width = Math.max(20, Math.min(widest, columns - besides));
  return teacherSizes(groups).flatMap((teacherSize) => {
    const own = groups.filter((group) => group.teacherSize === teacherSize);
    // A student that is no wider than its teacher has nothing to prune.
    const wide = own.filter((group) => group.width > teacherSize);
    const pruned = wide.length > 0 ? someWidths(wide, 2) : [];
    return [
      sizePlot(own, teacherSize, width, colors),
      ...pruned.map((student) =>
        pruningPlot(
          wide.filter((group) => group.width === student),
          teacherSize,
          width,
          colors,
        ),
      ),
    ];
  });
}

function sizePlot(
  groups: readonly TrialGroup[],
  teacherSize: number,
  width: number,
  colors: boolean,
): string {
  const series = seriesOf(groups, ({ width: x, trials }): TextPoint[] => {
    const { mean, sd, count } = summarize(trials.map((trial) => trial.effectiveSize));
    return [{ x, y: mean, ...(count > 1 && { spread: [Math.max(mean - sd, 0.5), mean + sd] as const }) }];
  });
  const points = series.flatMap((one) => one.points);
  return textPlot({
    title: 'Effective size n_λ',
    xTitle: 'student width h',
    x: logScale(
      points.map(({ x }) => x),
      width,
    ),
    y: logScale([teacherSize, ...points.flatMap(({ y, spread }) => [y, ...(spread ?? [])])], height),
    width,
    height,
    series,
    guide: { name: `h_T = ${teacherSize}`, at: 'y', value: teacherSize },
    colors,
  });
}

function pruningPlot(
  groups: readonly TrialGroup[],
  teacherSize: number,
  width: number,
  colors: boolean,
): string {
  const right = pruningReach * teacherSize;
  const floor = errorFloor(groups, groups.flatMap(curveRows));
  const series = seriesOf(groups, (group) =>
    curveRows(group)
      .filter(({ excess, median }) => excess <= right && median >= floor)
      .map(({ excess, median }) => ({ x: excess, y: median })),
  );
  return textPlot({
    title: `Error caused by pruning, h = ${groups[0]?.width}`,
    xTitle: 'nodes kept - h_T',
    x: linearScale([-teacherSize, right], width),
    y: logScale(
      series.flatMap(({ points }) => points.map(({ y }) => y)),
      height,
    ),
    width,
    height,
    series,
    guide: { name: `h_T = ${teacherSize}`, at: 'x', value: 0 },
    colors,
  });
}

function seriesOf(groups: readonly TrialGroup[], pointsOf: (group: TrialGroup) => TextPoint[]): TextSeries[] {
  return presentParametrizations(groups).map((name) => ({
    name,
    ...marks[name],
    points: groups.filter(({ parametrization }) => parametrization === name).flatMap(pointsOf),
  }));
}
