import type { Dataset } from '../network/dataset.js';

/** One experiment's data: trained on, watched while training, and looked at once at the end. */
export interface Splits {
  readonly train: Dataset;
  readonly validation: Dataset;
  readonly test: Dataset;
}
