/** Makes the experiment known to the built package: node --import register.mjs dist/cli/main.js ... */
import * as sweep from '../../../dist/sweep.js';
import { piExperiment } from './pi.mjs';

sweep.registerExperiment(piExperiment(sweep));
