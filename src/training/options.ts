/** What train() is asked to do, and the check of it. */

import { checkPath, denseArray, finiteNumber, invalid, knownKeys, positiveInteger } from '../arguments.js';
import { isAbortSignal } from '../kinds.js';
import { checkFits } from '../network/data-fit.js';
import { checkDataset, type Dataset } from '../network/dataset.js';
import { Population } from '../population/population.js';
import type { TrainReport } from './report.js';

export interface EarlyStopping {
  /** Evaluations in a row without improvement after which a student rests. */
  readonly patience: number;
  /** By how much the best validation loss must be undercut to count as improved. Default 0. */
  readonly minImprovement?: number;
}

export interface CheckpointOptions {
  /** One file, overwritten; see restoreCheckpoint. Either this or `save`. */
  readonly path?: string;
  /** Keeps the state of the population in a way of its own; training waits for it. */
  readonly save?: (population: Population) => Promise<void>;
  /** Epochs. With neither this nor everySeconds: at every report. Always at the end and when interrupted. */
  readonly every?: number;
  /** Wherever training stands then, at reports or between them; what is trained does not depend on it. */
  readonly everySeconds?: number;
}

export interface TrainOptions {
  /** Epochs between reports, counted from the beginning of training. Default 50. */
  readonly every?: number;
  /** For all students, or one per student (null: none). Default: `validation` of each student's data, where it has one. */
  readonly validation?: Dataset | readonly (Dataset | null)[];
  /** Whether trainLoss is over all training data (default) or, cheaper, over the last batch seen. */
  readonly evaluateTrain?: boolean;
  /** Aborting ends training after the current step with an error of code 'interrupted'; it can be continued. */
  readonly signal?: AbortSignal;
  /** Watches the validation loss, which every student then needs. */
  readonly earlyStopping?: EarlyStopping;
  readonly checkpoint?: CheckpointOptions;
  /** Called with each report, before a checkpoint of it is written and before it is yielded. */
  readonly onReport?: (report: TrainReport) => void;
}

/** The same, checked and with every default written out. */
export interface TrainPlan {
  readonly every: number;
  /** One a student. */
  readonly validation: readonly (Dataset | null)[];
  readonly evaluateTrain: boolean;
  readonly signal: AbortSignal | undefined;
  readonly earlyStopping: Required<EarlyStopping> | undefined;
  readonly checkpoint: CheckpointOptions | undefined;
  readonly onReport: ((report: TrainReport) => void) | undefined;
}

const keys = [
  ...['every', 'validation', 'evaluateTrain', 'signal'],
  ...['earlyStopping', 'checkpoint', 'onReport'],
];

/** @throws invalid_argument, data_mismatch */
export function planTraining(population: Population, options: TrainOptions): TrainPlan {
  if (!(population instanceof Population)) throw invalid('train', 'a Population', population);
  knownKeys('train', options, keys);
  const { evaluateTrain = true, signal, onReport } = options;
  if (typeof evaluateTrain !== 'boolean') throw invalid('evaluateTrain', 'true or false', evaluateTrain);
  if (signal !== undefined && !isAbortSignal(signal)) throw invalid('signal', 'an AbortSignal', signal);
  if (onReport !== undefined && typeof onReport !== 'function')
    throw invalid('onReport', 'a function', onReport);
  const validation = planValidation(population, options.validation);
  return {
    every: positiveInteger('every of train', options.every ?? 50),
    validation,
    evaluateTrain,
    signal,
    earlyStopping: options.earlyStopping && checkEarlyStopping(options.earlyStopping, validation),
    checkpoint: options.checkpoint && checkCheckpoint(options.checkpoint),
    onReport,
  };
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

function checkEarlyStopping(
  options: EarlyStopping,
  validation: readonly (Dataset | null)[],
): Required<EarlyStopping> {
  knownKeys('earlyStopping', options, ['patience', 'minImprovement']);
  const blind = validation.indexOf(null);
  if (blind >= 0)
    throw invalid(`validation of student ${blind}`, 'a Dataset for earlyStopping to watch', null);
  return {
    patience: positiveInteger('patience of earlyStopping', options.patience),
    minImprovement: finiteNumber('minImprovement of earlyStopping', options.minImprovement ?? 0, 0),
  };
}

function checkCheckpoint(options: CheckpointOptions): CheckpointOptions {
  knownKeys('checkpoint', options, ['path', 'save', 'every', 'everySeconds']);
  const { path, save } = options;
  if (save === undefined) checkPath('path of checkpoint', path);
  if (save !== undefined && typeof save !== 'function')
    throw invalid('save of checkpoint', 'a function', save);
  if (save !== undefined && path !== undefined) throw invalid('path of checkpoint', 'none beside save', path);
  if (options.every !== undefined) positiveInteger('every of checkpoint', options.every);
  if (options.everySeconds !== undefined) finiteNumber('everySeconds of checkpoint', options.everySeconds, 0);
  return options;
}
