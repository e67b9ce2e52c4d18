/** Every trial there is. A new comparison is a line in its kind's file, a new kind a file and a line here. */
import { convolutionTrials } from './convolution.js';
import { curveTrials } from './curve.js';
import { growthTrials } from './growth.js';
import type { Trial } from './kind.js';
import { memoryTrials } from './memory.js';
import { overheadTrials } from './overhead.js';
import { populationTrials } from './population.js';
import { startupTrials } from './startup.js';
import { stepTrials } from './step.js';
import { wideTrials } from './wide.js';

export const trials: readonly Trial[] = [
  ...stepTrials,
  ...wideTrials,
  ...populationTrials,
  ...convolutionTrials,
  ...curveTrials,
  ...overheadTrials,
  ...growthTrials,
  ...memoryTrials,
  ...startupTrials,
];
