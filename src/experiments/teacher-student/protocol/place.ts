/** Fields that distinguish groups of students in every table. */
import type { PlaceColumn } from '../../../protocol/experiment-form.js';
import { teacherSizeOf } from './problem.js';
import { type Parametrization, parametrizations } from './schema.js';
import { firstWidthOf } from './student-schema.js';
import type { StudentProtocol } from './trial.js';

export interface StudentPlace {
  readonly parametrization: Parametrization;
  /** h_T; 0 where there is no teacher. */
  readonly teacherSize: number;
  readonly width: number;
}

export function placeOfStudent(
  trial: StudentProtocol,
): StudentPlace & Readonly<Record<string, number | string>> {
  const { parametrization, student } = trial;
  return { parametrization, teacherSize: teacherSizeOf(trial), width: firstWidthOf(student) };
}

export const placeColumns: readonly PlaceColumn[] = [
  { name: 'teacherSize', heading: 'teacher size', symbol: 'h_T', onlyIfSeveral: true, none: 'none' },
  { name: 'width', heading: 'width', symbol: 'h' },
  { name: 'parametrization', heading: 'parametrization', isText: true },
];

/** By teacher size, then width, then parametrisation, spectral first. */
export function compareStudentPlaces(a: StudentPlace, b: StudentPlace): number {
  const order = ({ parametrization }: StudentPlace) => parametrizations.indexOf(parametrization);
  return a.teacherSize - b.teacherSize || a.width - b.width || order(a) - order(b);
}
