/** The report for a terminal: small plots of a run, from the numbers that its figures are drawn from. */
import { summarize } from '../../analysis/summary.js';
import { lossRows } from '../../experiments/teacher-student/figures/loss-curves.js';
import { curveRows, errorFloor } from '../../experiments/teacher-student/figures/pruning.js';
import { drawnSeries, seriesNames } from '../../experiments/teacher-student/panels/series.js';
import {
  type Parametrization,
  someWidths,
  type TrialGroup,
  teacherSizes,
} from '../../experiments/teacher-student/panels/trial-groups.js';
import { zerosText } from '../../figures/axes.js';
import type { FailedFigure } from '../../figures/figure.js';
import { linearScale, logScale } from './scale.js';
import { type TextPoint, type TextSeries, textPlot } from './text-plot.js';

export interface TextStyle {
  /** Characters of a line. */
  readonly columns: number;
  readonly colors: boolean;
}

/**
 * Blue and yellow are the nearest that a terminal has to the figures' blue and vermilion; the glyphs do without: filled or
 * hollow for the parametrisation, and a shape for each of its settings (as many as a figure draws).
 */
const marks: Readonly<Record<Parametrization, { readonly glyphs: string; readonly color: number }>> = {
  spectral: { glyphs: '●▲■◆▼★', color: 34 },
  direct: { glyphs: '○△□◇▽☆', color: 33 },
};

/** Lines of cells; small enough for three plots on a screen. Arbitrary. */
const height = 12;
/** Columns that numbers and axis take, and the most that a plot is worth. */
const besides = 12;
const widest = 72;
/** Pruning curves are drawn as far right of the teacher's size as they are left of it. */
const pruningReach = 1;

/**
 * Effective size against width, pruning curves of the narrowest and widest students, and loss over the epochs of the widest, for
 * each teacher.
 * @param onFailedPlot called with each plot that could not be made, which is left out; without it, the first of them throws
 */
export function textPlots(
  groups: readonly TrialGroup[],
  { columns, colors }: TextStyle,
  onFailedPlot?: (failed: FailedFigure) => void,
): string[] {
  const width = Math.max(20, Math.min(widest, columns - besides));
  const attempt = (name: string, make: () => string[]): string[] => {
    try {
      return make();
    } catch (failure) {
      if (!onFailedPlot) throw failure;
      onFailedPlot({ name, title: name, failure });
      return [];
    }
  };
  return teacherSizes(groups).flatMap((teacherSize) => {
    const own = groups.filter((group) => group.teacherSize === teacherSize);
    // A student that is no wider than its teacher has nothing to prune.
    const wide = own.filter((group) => group.width > teacherSize);
    const pruned = wide.length > 0 ? someWidths(wide, 2) : [];
    return [
      ...attempt('effective-size', () => [sizePlot(own, teacherSize, width, colors)]),
      ...pruned.flatMap((student) =>
        attempt('pruning', () => [pruningPlot(own, student, teacherSize, width, colors)]),
      ),
      ...attempt('loss-curves', () => lossPlot(own, width, colors)),
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
    y: logScale(
      [
        ...(teacherSize > 0 ? [teacherSize] : []),
        ...points.flatMap(({ y, spread }) => [y, ...(spread ?? [])]),
      ],
      height,
    ),
    width,
    height,
    series,
    ...(teacherSize > 0 && { guide: { name: `h_T = ${teacherSize}`, at: 'y' as const, value: teacherSize } }),
    notes: zerosNotes(points),
    colors,
  });
}

function pruningPlot(
  groups: readonly TrialGroup[],
  student: number,
  teacherSize: number,
  width: number,
  colors: boolean,
): string {
  const right = teacherSize > 0 ? pruningReach * teacherSize : student;
  const pruned = groups.filter((group) => group.width === student);
  const rowsOf = (group: TrialGroup) => curveRows(group, '');
  const floor = errorFloor(pruned, pruned.flatMap(rowsOf));
  // Of the whole student, from which nothing is removed, the change is 0 in any case.
  const series = seriesOf(groups, (group) =>
    group.width !== student
      ? []
      : rowsOf(group)
          .filter(({ kept, width: all, excess }) => excess <= right && kept < all)
          .filter(({ median }) => median === 0 || median >= floor)
          .map(({ excess, median }) => ({ x: excess, y: median })),
  );
  const points = series.flatMap((one) => one.points);
  return textPlot({
    title: `Error caused by pruning, h = ${student}`,
    xTitle: teacherSize > 0 ? 'nodes kept - h_T' : 'nodes kept',
    x: linearScale([-teacherSize, right], width),
    y: logScale(
      points.map(({ y }) => y),
      height,
    ),
    width,
    height,
    series,
    ...(teacherSize > 0 && { guide: { name: `h_T = ${teacherSize}`, at: 'x' as const, value: 0 } }),
    notes: zerosNotes(points),
    colors,
  });
}

/** Of the widest students; nothing where trials were evaluated only once. */
function lossPlot(groups: readonly TrialGroup[], width: number, colors: boolean): string[] {
  const widest = Math.max(...groups.map((group) => group.width));
  const series = seriesOf(groups, (group) =>
    group.width !== widest
      ? []
      : lossRows(group, '')
          .filter(({ side }) => side === 'validationLoss')
          .map(({ epoch, median }) => ({ x: epoch, y: median })),
  );
  const points = series.flatMap((one) => one.points);
  if (new Set(points.map(({ x }) => x)).size < 2) return [];
  const plot = textPlot({
    title: `Validation loss, h = ${widest}`,
    xTitle: 'epoch',
    x: linearScale([0, Math.max(...points.map(({ x }) => x))], width),
    y: logScale(
      points.map(({ y }) => y),
      height,
    ),
    ...{ width, height, series, colors, notes: zerosNotes(points) },
  });
  return [plot];
}

/** What the logarithmic axis has no place for. */
function zerosNotes(points: readonly TextPoint[]): string[] {
  const text = zerosText(points.filter(({ y }) => y === 0).length);
  return text === '' ? [] : [text];
}

function seriesOf(groups: readonly TrialGroup[], pointsOf: (group: TrialGroup) => TextPoint[]): TextSeries[] {
  const nameOf = seriesNames(groups);
  const counts = { spectral: 0, direct: 0 };
  return drawnSeries(groups).map(({ name, parametrization }) => {
    const { glyphs, color } = marks[parametrization];
    const glyph = [...glyphs][counts[parametrization]++] as string;
    return { name, glyph, color, points: groups.filter((group) => nameOf(group) === name).flatMap(pointsOf) };
  });
}
