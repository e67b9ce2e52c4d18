/** Distinguishes errors of one trial from errors of the machine or of the call. */
import { EigenstudentError, reasonOf } from '../errors.js';
import type { TrialError } from '../runs/record.js';

export type Stage = NonNullable<TrialError['stage']>;

/**
 * Codes of errors that do not belong to a trial: the same trial may train later, or on another machine. They end the
 * call.
 */
const notOfTheTrial: ReadonlySet<string> = new Set([
  ...['interrupted', 'out_of_memory', 'addon_missing', 'isa_unavailable', 'cuda_unavailable', 'cuda_failed'],
  ...['file_unreadable', 'file_unwritable', 'file_corrupt', 'file_unsupported', 'run_directory_conflict'],
  ...['population_busy', 'population_disposed'],
]);

const stageText: Readonly<Record<Stage, string>> = {
  preparation: 'before its training',
  training: 'in training',
  measurement: 'when it was measured after training',
  writing: 'when its record was made',
};

/**
 * The error for a trial's record.
 * @param step number of steps that its student has completed
 * @throws `error` itself, where it does not belong to the trial
 */
export function trialErrorOf(error: unknown, stage: Stage, step: number): TrialError {
  const belongsToPackage = error instanceof EigenstudentError;
  if (belongsToPackage && notOfTheTrial.has(error.code)) throw error;
  const code = belongsToPackage ? error.code : 'internal';
  const text = reasonOf(error);
  const message = `${text} (${stageText[stage]})`;
  return { code, message, step, layer: -1, learningRate: null, stage };
}

/** The result of an operation on one trial, or the error that it threw. */
export type Attempt<Result> = { readonly result: Result } | { readonly error: unknown };

/** Runs an operation and catches what it throws. */
export async function attempt<Result>(work: () => Result | Promise<Result>): Promise<Attempt<Result>> {
  try {
    return { result: await work() };
  } catch (error) {
    return { error };
  }
}
