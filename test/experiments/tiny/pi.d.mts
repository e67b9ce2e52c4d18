import type { Experiment, fields, oneByOne } from '../../../src/sweep.js';

/** @param sweep from the sources or from dist */
export function piExperiment(sweep: {
  readonly fields: typeof fields;
  readonly oneByOne: typeof oneByOne;
}): Experiment;
