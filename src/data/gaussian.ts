import { knownKeys, oneOf } from '../arguments.js';
import { elementCount } from '../native/arrays.js';
import { checkSeed, checkTrial, normalsSteps } from '../network/random.js';
import { finish, type Steps } from '../steps.js';

export interface GaussianOptions {
  readonly samples: number;
  /** Numbers a sample. */
  readonly features: number;
  /** Non-negative safe integer. */
  readonly seed: number;
  /** Integer below 2^32. Default 0. */
  readonly trial?: number;
  /** Data of different purposes are independent. */
  readonly purpose: 'train' | 'validation' | 'test';
}

/**
 * Independent standard normal numbers, [samples][features]. They depend on (seed, trial, purpose) alone, so that the
 * arms of an experiment share their data by construction; fewer samples are the first of more.
 * @throws invalid_argument
 */
export function gaussianInputs(options: GaussianOptions): Float64Array {
  return finish(gaussianInputsSteps(options));
}

/** @internal gaussianInputs in steps. */
export function gaussianInputsSteps(options: GaussianOptions): Steps<Float64Array> {
  const where = 'gaussianInputs';
  knownKeys(where, options, ['samples', 'features', 'seed', 'trial', 'purpose']);
  const { samples, features, purpose } = options;
  oneOf(`purpose of ${where}`, purpose, ['train', 'validation', 'test']);
  const count = elementCount({ samples, features });
  const seed = checkSeed(where, options.seed);
  const trial = checkTrial(where, options.trial ?? 0);
  return normalsSteps({ seed, trial, purpose: `${purpose}Inputs` }, count);
}
