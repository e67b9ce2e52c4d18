/** Describes students in captions: a few kinds, each with its teacher. */
import { evenly } from '../../../analysis/numbers.js';
import { brief, counted, enumerated } from '../../../figures/numbers-in-text.js';
import { parametrizations } from '../protocol/schema.js';
import { type TrialGroup, teacherSizes } from './trial-groups.js';

/** Maximum number of kinds of students of one parametrisation in a sentence; arbitrary. */
const mostInCaption = 2;

interface Named {
  readonly name: string;
  readonly group: TrialGroup;
}

/** The first and the last of each parametrisation; the table has the others. */
export function captionGroups<Each extends Named>(all: readonly Each[]): Each[] {
  return parametrizations.flatMap((parametrization) =>
    evenly(
      all.filter(({ group }) => group.parametrization === parametrization),
      mostInCaption,
    ),
  );
}

/** "spectral students of width 100 of the teacher with h_T = 20"; with the teacher where the groups have several. */
export function studentsText({ name, group }: Named, groups: readonly TrialGroup[]): string {
  const { parametrization, teacherSize, width } = group;
  const several = teacherSizes(groups).length > 1;
  if (name === parametrization)
    return `${name} students of width ${width}${several ? ` of the teacher with h_T = ${teacherSize}` : ''}`;
  return `${name} (width ${width}${several ? `, h_T = ${teacherSize}` : ''})`;
}

/** A clause per kind of students in a caption, and the number of the others. */
export function clauses<Each extends Named>(
  all: readonly Each[],
  clause: (each: Each, index: number) => string,
): string {
  const texts = captionGroups(all).map(clause);
  const rest = all.length - texts.length;
  const more = rest > 0 ? `; the table has ${counted(rest, 'other kind')} of students` : '';
  const long = texts.length > 2 || texts.some((text) => text.includes(' and '));
  return `${long ? texts.join('; ') : enumerated(texts)}${more}`;
}

/** "h_T = 10", or "h_T = 10 or 20 (by the teacher)" for several. */
export function ownTeacherText(groups: readonly TrialGroup[]): string {
  const sizes = teacherSizes(groups).filter((size) => size > 0);
  const [last, ...others] = sizes.toReversed();
  return others.length === 0
    ? `h_T = ${last}`
    : `h_T = ${others.reverse().join(', ')} or ${last} (by the teacher)`;
}

/** "0.05", or all of several. */
export function thresholdText(groups: readonly TrialGroup[]): string {
  const all = [...new Set(groups.flatMap(({ trials }) => trials.map(({ threshold }) => threshold)))];
  return enumerated(all.map((threshold) => String(brief(threshold, all))));
}
