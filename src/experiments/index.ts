/** The experiments of this package: importing this file registers them. A new one is a folder here and a line below. */
import { registerExperiment } from '../sweep/experiment.js';
import { copyAverage } from './copy-average/experiment.js';
import { spectralConv } from './spectral-conv/experiment.js';
import { teacherStudent } from './teacher-student/experiment.js';

registerExperiment(teacherStudent);
registerExperiment(spectralConv);
registerExperiment(copyAverage);
