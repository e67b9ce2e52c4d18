/** Calls the methods of a trial's experiment. */
import type { DType } from '../native/dtype.js';
import { formOf, type Place, type TrialProtocol } from './experiment-form.js';

/** The values that distinguish groups of trials in every table. */
export function placeOf(trial: TrialProtocol): Place {
  return formOf(trial).place(trial);
}

/** "spectral, width 200, trial 3": the name of a trial in messages; by default "width 200, trial 3". */
export function describeTrial(trial: TrialProtocol): string {
  const form = formOf(trial);
  if (form.describe) return form.describe(trial);
  const place = form.place(trial);
  return [
    ...form.placeColumns.map(({ name, heading }) => `${heading} ${place[name]}`),
    `trial ${trial.trial}`,
  ].join(', ');
}

/** Steps that a trial takes. */
export function stepsOf(trial: TrialProtocol): number {
  return formOf(trial).stepsOf(trial);
}

export function epochsOf(trial: TrialProtocol): number {
  return formOf(trial).epochsOf?.(trial) ?? stepsOf(trial);
}

/** Relative arithmetic of a trial, up to a constant factor. */
export function workOf(trial: TrialProtocol): number {
  return formOf(trial).workOf?.(trial) ?? stepsOf(trial);
}

export function dtypeOf({ dtype = 'float64' }: Pick<TrialProtocol, 'dtype'>): DType {
  return dtype;
}
