import { evenly } from '../../../analysis/numbers.js';
import { presentSeries, seriesNames } from '../panels/series.js';
import { type ReportTrial, type TrialGroup, teacherSizes } from '../panels/trial-groups.js';

/** Limits per teacher size and series; all paths of thousands of students would take minutes. Arbitrary. */
export const mostStructuredWidths = 6;
export const mostStructuredTrials = 10;
/** Maximum number of series of one run whose weights are read; arbitrary. */
const mostSeries = 12;

/** The trials whose weights the figures show: of some widths, the widest among them, the first few trials. */
export function trialsWithStructure(groups: readonly TrialGroup[]): Set<ReportTrial> {
  const nameOf = seriesNames(groups);
  const series = evenly(presentSeries(groups), mostSeries);
  const chosen = teacherSizes(groups).flatMap((teacherSize) =>
    series.flatMap(({ name }) => {
      const own = groups.filter((group) => group.teacherSize === teacherSize && nameOf(group) === name);
      return evenly(own, mostStructuredWidths).flatMap(({ trials }) => trials.slice(0, mostStructuredTrials));
    }),
  );
  return new Set(chosen);
}

/** Notes on trials and widths whose weights are not shown. */
export function structureNotes(groups: readonly TrialGroup[]): string[] {
  const all = groups.reduce((total, { trials }) => total + trials.length, 0);
  const read = groups.flatMap(structured).length;
  if (read === all) return [];
  return [
    `The weights of ${read} of ${all} students were looked at: of each series up to ${mostStructuredWidths} widths, the ` +
      `widest among them, and of each of these the first ${mostStructuredTrials} trials.`,
  ];
}

/** Why a figure that compares students with their teacher is not drawn where no trial has a structure. */
export const noTeacherToCompare =
  'It holds students against a teacher that the protocol makes; this run has none, or one from a file.';

export type StructuredTrial = ReportTrial & { readonly structure: NonNullable<ReportTrial['structure']> };

/** The trials of a group whose weights are shown. */
export function structured({ trials }: TrialGroup): StructuredTrial[] {
  return trials.filter((trial): trial is StructuredTrial => trial.structure !== undefined);
}
