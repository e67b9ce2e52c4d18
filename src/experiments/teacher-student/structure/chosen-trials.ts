import { evenly } from '../../../analysis/numbers.js';
import { presentSeries, seriesNames } from '../panels/series.js';
import { type ReportTrial, type TrialGroup, teacherSizes } from '../panels/trial-groups.js';

/** Of each teacher size and series; all the paths of thousands of students would take minutes. Arbitrary. */
export const mostStructuredWidths = 6;
export const mostStructuredTrials = 10;
/** Series of one run beyond which no weights are read; arbitrary. */
const mostSeries = 12;

/** The trials whose weights the figures look at: of some widths, the widest among them, the first few trials. */
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

/** What must be said of trials and widths that were not looked at. */
export function structureNotes(groups: readonly TrialGroup[]): string[] {
  const all = groups.reduce((total, { trials }) => total + trials.length, 0);
  const looked = groups.flatMap(structured).length;
  if (looked === all) return [];
  return [
    `The weights of ${looked} of ${all} students were looked at: of each series up to ${mostStructuredWidths} widths, the ` +
      `widest among them, and of each of these the first ${mostStructuredTrials} trials.`,
  ];
}

/** Why a figure of students beside their teacher is not drawn where no trial is structured. */
export const noTeacherToCompare =
  'It holds students against a teacher that the protocol makes; this run has none, or one from a file.';

export type StructuredTrial = ReportTrial & { readonly structure: NonNullable<ReportTrial['structure']> };

/** The trials of a group whose weights were looked at. */
export function structured({ trials }: TrialGroup): StructuredTrial[] {
  return trials.filter((trial): trial is StructuredTrial => trial.structure !== undefined);
}
