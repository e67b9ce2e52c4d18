/** What a trial needs before its student can train, checked, so that training cannot fail for it and take others along. */
import type { Splits } from '../../../data/splits.js';
import { checkFits } from '../../../network/data-fit.js';
import { planStudent, type StudentOptions } from '../../../population/student-options.js';
import type { StudentTrial } from '../protocol/trial.js';
import type { SharedData } from './shared-data.js';
import { studentOptions } from './student.js';

export interface PreparedTrial {
  readonly trial: StudentTrial;
  readonly splits: Splits;
  readonly student: StudentOptions;
}

/**
 * The data of a trial in native memory and in its dtype, and its student.
 * @throws whatever is wrong with them: numbers that the dtype cannot hold, data that do not fit
 */
export async function prepareTrial(trial: StudentTrial, data: SharedData): Promise<PreparedTrial> {
  const { protocol } = trial;
  const splits = await data.of(protocol);
  const student = studentOptions(protocol, splits);
  const { spec } = planStudent('its student', student);
  for (const name of ['train', 'validation', 'test'] as const) {
    checkFits(`its ${name} data`, splits[name], spec, true);
    splits[name].nativeOf(protocol.dtype);
  }
  return { trial, splits, student };
}
