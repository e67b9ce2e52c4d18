/** Prepares and checks a trial before its student trains, so that an invalid trial cannot fail the training of others. */
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
 * @throws whatever is wrong with them: numbers that the dtype cannot represent, data that do not match
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
