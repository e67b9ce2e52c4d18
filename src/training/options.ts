/** The options of train(), and their check. */

import { abortSignal, checkPath, denseArray, flag, invalid, positiveInteger } from '../arguments.js';
import { checkFits } from '../network/data-fit.js';
import { checkDataset, type Dataset } from '../network/dataset.js';
import {
  bareOptionsCheck,
  callback,
  called,
  numberFrom,
  type OptionsOf,
  optional,
  optionsCheck,
  required,
  unchecked,
} from '../options.js';
import { Population } from '../population/population.js';
import type { TrainReport } from './report.js';

/** @internal */
const checkEarlyStopping = optionsCheck({
  /** Evaluations in a row without improvement after which a student stops training. */
  patience: required(positiveInteger),
  /** By how much the best validation loss must be undercut to count as improved. Default 0. */
  minImprovement: optional(numberFrom(0), 0),
});
export interface EarlyStopping extends OptionsOf<typeof checkEarlyStopping> {}

/** @internal */
const checkEachOfCheckpoint = optionsCheck({
  /** One file, overwritten; see restoreCheckpoint. Either this or `save`. */
  path: optional(unchecked<string>),
  /** A function of the caller's that stores the state of the population; training waits for it. */
  save: optional(callback<(population: Population) => Promise<void>>),
  /** Epochs. With neither this nor everySeconds: at every report. Always at the end and when interrupted. */
  every: optional(positiveInteger),
  /** Written at reports or between them; the results do not depend on it. */
  everySeconds: optional(numberFrom(0)),
  /** Before the first checkpoint by seconds; each next interval is twice as long, until everySeconds. Default: everySeconds. */
  firstSeconds: optional(numberFrom(0)),
});
export interface CheckpointOptions extends OptionsOf<typeof checkEachOfCheckpoint> {}

/** @internal */
const checkOptions = bareOptionsCheck({
  /** Epochs between reports, counted from the beginning of training. Default 50. */
  every: called('every of train', optional(positiveInteger, 50)),
  /** For all students, or one per student (null: none). Default: `validation` of each student's data, where it has one. */
  validation: optional(unchecked<Dataset | readonly (Dataset | null)[]>),
  /** Whether trainLoss is over all training data (default) or, cheaper, over the last batch seen. */
  evaluateTrain: optional(flag, true),
  /** Aborting ends training after the current step with an error of code 'interrupted'; it can be continued. */
  signal: optional(abortSignal),
  /** Observes the validation loss, so that every student needs validation data. */
  earlyStopping: optional<Required<EarlyStopping>, EarlyStopping>(checkEarlyStopping),
  checkpoint: optional<CheckpointOptions>(checkCheckpoint),
  /** Called with each report, before a checkpoint of it is written and before it is yielded. */
  onReport: optional(callback<(report: TrainReport) => void>),
});
export interface TrainOptions extends OptionsOf<typeof checkOptions> {}

/** The same, checked and with every default written out. */
export type TrainPlan = Omit<ReturnType<typeof checkOptions>, 'validation'> & {
  /** One per student. */
  readonly validation: readonly (Dataset | null)[];
};

/** @throws invalid_argument, data_mismatch */
export function planTraining(population: Population, options: TrainOptions): TrainPlan {
  if (!(population instanceof Population)) throw invalid('train', 'a Population', population);
  const checked = checkOptions('train', options);
  const validation = planValidation(population, checked.validation);
  const blind = validation.indexOf(null);
  if (checked.earlyStopping && blind >= 0)
    throw invalid(`validation of student ${blind}`, 'a Dataset for earlyStopping to watch', null);
  return { ...checked, validation };
}

function planValidation(
  population: Population,
  validation: TrainOptions['validation'],
): readonly (Dataset | null)[] {
  const students = population.students();
  const each = Array.isArray(validation)
    ? validation
    : students.map(({ options }) => validation ?? options.splits.validation ?? null);
  if (each.length !== students.length)
    throw invalid(
      'validation',
      `one data set for all students, or one for each of the ${students.length}`,
      each,
    );
  return denseArray('validation', 'an array', each).map((data, i) => {
    if (data === null) return null;
    const where = `validation of student ${i}`;
    checkFits(where, checkDataset(where, data), population.at(i).spec, true);
    return data;
  });
}

function checkCheckpoint(where: string, given: unknown): CheckpointOptions {
  const checked = checkEachOfCheckpoint(where, given);
  const { path, save } = checked;
  if (save === undefined) checkPath(`path of ${where}`, path);
  else if (path !== undefined) throw invalid(`path of ${where}`, 'none beside save', path);
  return checked;
}
