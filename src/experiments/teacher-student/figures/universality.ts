import type { Estimate, ExponentialFit, PowerLawFit } from '../../../analysis/fits/fit.js';
import { evenly } from '../../../analysis/numbers.js';
import type { Cell, Figure, LeftOut, Table } from '../../../figures/figure.js';
import { short } from '../../../figures/numbers-in-text.js';
import { clauses } from '../panels/caption-text.js';
import { alongNotes, presentSeries, seriesNames, settingCells } from '../panels/series.js';
import { shownSeries, shownSeriesNotes } from '../panels/shown-panels.js';
import { type TrialGroup, teacherSizes } from '../panels/trial-groups.js';
import { layerNotes } from '../structure/layer-notes.js';
import {
  type Collapse,
  collapseOf,
  type NormalisedCurve,
  normalisedCurve,
} from '../universality/normalised-curves.js';
import { type SeriesCollapse, universalityChart } from '../universality/universality-panels.js';

const name = 'universality';
const title = 'Pruning in units of the teacher';
/** Range of the axis right of the transition, in teacher sizes; arbitrary. */
const reach = 1;
/** Maximum number of widths per teacher size and series; arbitrary. */
const mostWidths = 4;

/** Maximum number of series with a panel; arbitrary. */
const mostSeries = 6;

/**
 * Figure 5: |MSE after - MSE before| divided by its largest, against n_kept / h_T - 1, for several teacher sizes and
 * widths; exponential and power-law fits of the rising part, and measures of the collapse.
 */
export function universalityFigure(groups: readonly TrialGroup[]): Figure | LeftOut {
  const wide = groups.filter(({ width, teacherSize }) => teacherSize > 0 && width > teacherSize);
  const compared = comparedCurves(wide, groups);
  if (compared.length === 0) return { name, title, reason: reason(groups, wide) };
  const series = shownSeries(groups, mostSeries);
  const leftOut = shownSeriesNotes(groups, series);
  const collapses = compared
    .filter((each) => series.some((shown) => shown.name === each.series.name))
    .map((each): SeriesCollapse => ({ ...each, collapse: collapseOf(each.curves) }));
  const footnotes = [...meaningNotes(collapses), ...leftOut, ...layerNotes(groups)];
  const chart = universalityChart({ title, footnotes }, collapses);
  return {
    name,
    title,
    caption: caption(collapses),
    notes: [
      ...collapses.flatMap(fitNotes),
      ...collapses.flatMap(scalingNotes),
      ...qualityNotes(collapses),
      ...omissionNotes(groups, wide, compared),
      ...leftOut,
      ...chart.notes,
      ...alongNotes(groups),
      ...layerNotes(groups),
    ],
    hint: 'Point at a mark for its values.',
    table: table(groups, compared),
    datasets: chart.datasets,
    draw: chart.draw,
  };
}

type Compared = Omit<SeriesCollapse, 'collapse'>;

/** The curves of each series that has several teachers. */
function comparedCurves(wide: readonly TrialGroup[], groups: readonly TrialGroup[]): Compared[] {
  const nameOf = seriesNames(groups);
  return presentSeries(groups).flatMap((series): Compared[] => {
    const own = wide.filter((group) => nameOf(group) === series.name);
    const curves = teacherSizes(own)
      .flatMap((teacherSize) =>
        evenly(
          own.filter((group) => group.teacherSize === teacherSize),
          mostWidths,
        ),
      )
      .map((group) => normalisedCurve(group, (1 + reach) * group.teacherSize))
      .filter(rises);
    const sizes = new Set(curves.map(({ group }) => group.teacherSize));
    return sizes.size > 1 ? [{ series, curves }] : [];
  });
}

function table(groups: readonly TrialGroup[], compared: readonly Compared[]): Table {
  const settings = settingCells(groups);
  return {
    columns: [
      ...['teacherSize', 'parametrization', 'width', ...settings.columns, 'nodes kept'],
      ...['nodes kept / teacherSize - 1', '|MSE change| / largest', 'standard error'],
    ],
    rows: compared.flatMap(({ curves }) =>
      curves.flatMap(({ group, points }) =>
        points.map(({ kept, x, y, error }): Cell[] => [
          ...[group.teacherSize, group.parametrization, group.width, ...settings.cells(group)],
          ...[kept, x, y, error],
        ]),
      ),
    ),
  };
}

const meaningOfS =
  'S: mean squared distance between curves in units of their standard errors (Houdayer and Hartmann), about 1 where they ' +
  'differ by no more than chance';

/** Explains the numbers in the titles of panels. */
function meaningNotes(collapses: readonly SeriesCollapse[]): string[] {
  const measured = collapses.some(({ collapse }) => collapse.quality);
  return [
    'Factor: by how much curves lie apart left of h_T, in root mean square.',
    ...(measured ? [`${meaningOfS}.`] : []),
  ];
}

/** Whether there is a rising part to fit and compare: positive points left of the transition. */
function rises({ points }: NormalisedCurve): boolean {
  return points.some(({ x, y }) => x < 0 && y > 0);
}

function reason(groups: readonly TrialGroup[], wide: readonly TrialGroup[]): string {
  const sizes = teacherSizes(groups).filter((size) => size > 0);
  const needs = 'It compares teachers of at least two sizes';
  if (sizes.length === 0) return `${needs}; this run has no teacher.`;
  if (sizes.length === 1) return `${needs}; this run has one, h_T = ${sizes[0]}.`;
  const left = teacherSizes(wide.filter((group) => rises(normalisedCurve(group, group.teacherSize))));
  const found = left.length === 0 ? 'none' : `only h_T = ${left.join(', ')} in each parametrisation`;
  return `${needs} by students wider than they are and with an error that pruning changes; of h_T = ${sizes.join(', ')} this run has ${found}.`;
}

function fitNotes({ series, collapse: { exponential, powerLaw } }: SeriesCollapse): string[] {
  return [
    `Fits to the rising part, ${series.name}: ${fitText(exponential)}; ${fitText(powerLaw)}. Least squares of relative deviations, over all points.`,
  ];
}

/** Exponents of the best collapse, which the figure does not apply. */
function scalingNotes({ series, collapse: { best, quality } }: SeriesCollapse): string[] {
  if (!best || !quality) return [];
  const { xExponent, yExponent } = best.scaling;
  const found = `x stretched by h_{T}ᵃ and y by h_{T}ᵇ, a = ${short(xExponent, 2)}, b = ${short(yExponent, 2)}: S = ${short(best.quality)}`;
  return [
    best.converged
      ? `The best collapse of ${series.name} students has ${found} instead of ${short(quality.quality)}; n_{kept} / h_T as it stands is a = b = 0.`
      : `The search for the best collapse of ${series.name} students did not converge; no exponents are given.`,
  ];
}

function fitText(fit: ExponentialFit | PowerLawFit): string {
  const form = fit.form === 'exponential' ? 'exponential' : 'power law';
  if (!fit.converged) return `the ${form} did not converge (${fit.reason}) and is not drawn`;
  const amplitude = withError(fit, fit.parameters.amplitude);
  const law =
    fit.form === 'exponential'
      ? `A exp(−k n/h_T), A = ${amplitude}, k = ${withError(fit, fit.parameters.rate)}`
      : `A (1 − n/h_T)ᵇ, A = ${amplitude}, b = ${withError(fit, fit.parameters.exponent)}`;
  return `${form} ${law}, off by ${short(100 * Math.sqrt(fit.reducedChiSquared), 2)} %`;
}

/** The fit assumed a relative error of 1 for every point; the residuals give its actual size. */
function withError(
  { reducedChiSquared }: { reducedChiSquared: number },
  { value, standardError }: Estimate,
): string {
  const error = standardError * Math.sqrt(reducedChiSquared);
  const size = Math.max(Math.abs(value), error);
  const decimals = Math.min(1 - Math.floor(Math.log10(error)), 3 - Math.floor(Math.log10(size)));
  return decimals >= 0 && decimals < 7
    ? `${value.toFixed(decimals)} ± ${error.toFixed(decimals)}`
    : `${short(value)} ± ${short(error, 2)}`;
}

function qualityNotes(collapses: readonly SeriesCollapse[]): string[] {
  const measured = collapses.some(({ collapse }) => collapse.quality);
  return measured
    ? [
        `${meaningOfS}. Trials that share ` +
          'one teacher per size have errors that leave out what another teacher would change: small errors make S large, so ' +
          'read it beside the factor, which does not know of them.',
      ]
    : ['One trial per curve: no standard errors, hence no S.'];
}

function omissionNotes(
  groups: readonly TrialGroup[],
  wide: readonly TrialGroup[],
  all: readonly Compared[],
): string[] {
  const compared = all.reduce((total, { curves }) => total + curves.length, 0);
  return [
    ...(wide.length < groups.length
      ? ['Students no wider than their teacher have no nodes to spare and are left out.']
      : []),
    ...(compared < wide.length ? [`${compared} of ${wide.length} curves are compared.`] : []),
  ];
}

function caption(collapses: readonly SeriesCollapse[]): string {
  const all = collapses.map((each) => {
    return { name: each.series.name, group: (each.curves[0] as NormalisedCurve).group, ...each };
  });
  const texts = clauses(all, ({ series, collapse, curves }, i) => {
    const students = series.label === '' ? `${series.name} students` : `${series.name}`;
    return `${i > 0 ? 'the ' : ''}${curves.length} curves of ${students} lie ${collapseText(collapse)}`;
  });
  const measured = collapses.some(({ collapse }) => collapse.quality);
  return (
    'Each pruning curve is divided by its largest value and drawn against the nodes kept per teacher node, so that a ' +
    'transition at h_T is at 0: if it is universal, curves of all teachers and widths are one. ' +
    `In the rising part the ${texts}.${measured ? ` ${meaningOfS}.` : ''}`
  );
}

/** "apart by a factor of 1.3 in root mean square (S = 110)" */
function collapseText({ factor, quality }: Collapse): string {
  if (factor === undefined) return 'where they cannot be compared';
  const apart = `apart by a factor of ${short(factor)} in root mean square`;
  return quality ? `${apart} (S = ${short(quality.quality)})` : apart;
}
