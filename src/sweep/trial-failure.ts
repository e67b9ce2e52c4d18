/** What goes wrong with one trial, told apart from what goes wrong with the machine or with the call. */
import { EigenstudentError, reasonOf } from '../errors.js';
import type { TrialError } from '../runs/record.js';

export type Stage = NonNullable<TrialError['stage']>;

/** Codes of errors that are not of a trial: the same trial may well train later, or elsewhere. They end the call. */
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
 * The error of a trial's record.
 * @param step steps that its student has done
 * @throws `error` itself, where it is not of the trial
 */
export function trialErrorOf(error: unknown, stage: Stage, step: number): TrialError {
  const isOurs = error instanceof EigenstudentError;
  if (isOurs && notOfTheTrial.has(error.code)) throw error;
  const code = isOurs ? error.code : 'internal';
  const text = reasonOf(error);
  const message = `${text} (${stageText[stage]})`;
  return { code, message, step, layer: -1, learningRate: null, stage };
}

/** What a piece of work on one trial gave, or why it gave nothing. */
export type Attempt<Result> = { readonly result: Result } | { readonly error: unknown };

/** Does a piece of work, and keeps what it throws. */
export async function attempt<Result>(work: () => Result | Promise<Result>): Promise<Attempt<Result>> {
  try {
    return { result: await work() };
  } catch (error) {
    return { error };
  }
}
