import { nonNegativeInteger } from '../arguments.js';
import { elementCount } from '../native/arrays.js';
import { normalsSteps, trialNumber } from '../network/random.js';
import { amongst, type OptionsOf, optional, optionsCheck, required, unchecked } from '../options.js';
import { finish, type Steps } from '../steps.js';

/** @internal */
const checkOptions = optionsCheck({
  samples: required(unchecked<number>),
  /** Numbers per sample. */
  features: required(unchecked<number>),
  /** Non-negative safe integer. */
  seed: required(nonNegativeInteger),
  /** Integer below 2^32. Default 0. */
  trial: optional(trialNumber, 0),
  /** Data of different purposes are independent. */
  purpose: required(amongst(['train', 'validation', 'test'])),
});
export interface GaussianOptions extends OptionsOf<typeof checkOptions> {}

/**
 * Independent standard normal numbers, [samples][features]. They depend on (seed, trial, purpose) alone, so that the
 * arms of an experiment share their data by construction; fewer samples are the first of more.
 * @throws invalid_argument
 */
export function gaussianInputs(options: GaussianOptions): Float64Array {
  return finish(gaussianInputsSteps(options));
}

/** @internal gaussianInputs as resumable steps. */
export function gaussianInputsSteps(options: GaussianOptions): Steps<Float64Array> {
  const { samples, features, purpose, ...stream } = checkOptions('gaussianInputs', options);
  return normalsSteps({ ...stream, purpose: `${purpose}Inputs` }, elementCount({ samples, features }));
}
