/** What an experiment says of its trials, for any trial. */
import type { DType } from '../native/dtype.js';
import { formOf, type Place, type TrialProtocol } from './experiment-form.js';

/** The values that tell groups of trials apart in every table. */
export function placeOf(trial: TrialProtocol): Place {
  return formOf(trial).place(trial);
}

/** "spectral, width 200, trial 3": how messages name a trial; by itself "width 200, trial 3". */
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

/** Arithmetic of a trial against that of others, to a constant. */
export function workOf(trial: TrialProtocol): number {
  return formOf(trial).workOf?.(trial) ?? stepsOf(trial);
}

export function dtypeOf({ dtype = 'float64' }: Pick<TrialProtocol, 'dtype'>): DType {
  return dtype;
}
