/** The experiment of the paper: students of many widths learn from a frozen teacher, and are pruned to its size. */
import type { ProtocolDocument } from '../../protocol/experiment-form.js';
import { formNames } from '../../protocol/files/file-data.js';
import type { Experiment, Runner } from '../../sweep/experiment.js';
import { fromFolder, inspectFiles } from './files/look-at-files.js';
import { studentView } from './live.js';
import { compareStudentPlaces, placeColumns, placeOfStudent } from './protocol/place.js';
import { overridden, presets } from './protocol/presets.js';
import { fileAxisIssues, studentIssues } from './protocol/problem-issues.js';
import { repetitionWarnings } from './protocol/same-students.js';
import {
  type Protocol,
  type ProtocolInput,
  type ProtocolPoint,
  protocolSchema,
  schemaFor,
} from './protocol/schema.js';
import { protocolTemplate } from './protocol/template.js';
import { describeTrial, type StudentProtocol, trialsAt } from './protocol/trial.js';
import { stepsOf, workOf } from './protocol/trial-cost.js';
import { didNotLearn, type StudentScalars, studentScalars } from './record/scalars.js';
import { summarizeStudents } from './record/summarize-group.js';
import { didNotLearnNote, summaryColumns, summaryNotes } from './record/summary-columns.js';
import { bytesOf, memoryOf } from './run/memory.js';
import { operationsPerStep, reportsOf, shapeOf, usefulOperations } from './run/useful-operations.js';

export const teacherStudent: Experiment<ProtocolPoint, StudentProtocol, StudentScalars> = {
  name: 'teacher-student',
  title:
    'Students of many widths learn from a frozen teacher, and are pruned to the nodes that carry the task.',
  template: protocolTemplate,
  presets,
  overridden: (preset, overrides) => overridden(preset as ProtocolInput, overrides),

  schema: protocolSchema,
  schemaFor,
  // Gaussian data require a teacher; files may contain labels.
  jsonSchemaAlternatives: [
    { required: ['teacher'] },
    {
      required: ['data'],
      properties: { data: { anyOf: formNames.map((form) => ({ required: [form] })) } },
    },
  ],
  exampleAxis: 'student.width',
  axisIssues: fileAxisIssues,
  issues: (protocol, point) => studentIssues(protocol as unknown as Protocol, point),
  dependentArmFields: ['trainable', 'l1', 'l2', 'groupLasso'],
  fromFolder: (protocol, folder) => fromFolder(protocol as unknown as Protocol, folder),
  resolve: (protocol) => inspectFiles(protocol as unknown as Protocol),
  warnings: repetitionWarnings,

  trialsAt,
  armOf: ({ parametrization }) => parametrization,
  place: placeOfStudent,
  placeColumns,
  placeAxes: ['teacher.teacherSize', 'student.width'],
  comparePlaces: (a, b) => compareStudentPlaces(a as never, b as never),
  describe: describeTrial,
  stepsOf,
  epochsOf: ({ epochs }) => epochs,
  workOf,
  bytesOf,
  memoryOf,
  // One number of epochs, so that all end together, and of evaluations: the histories of all have their entries at the
  // same epochs.
  batchKindOf: ({ epochs, evaluation }) => `${epochs} ${evaluation.points}`,
  open: openStudents,
  timing: { shapeOf, operationsPerStep, operationsOf: usefulOperations, reportsOf },

  scalars: studentScalars,
  didNotLearn,
  summaryTensors: ['relevance'],
  summarizeGroup: summarizeStudents,
  summaryColumns,
  summaryNotes,
  didNotLearnNote,
  thresholds: async (directory, thresholds) =>
    (await import('./record/thresholds-table.js')).thresholdsTable(directory, thresholds),
  pruneTrial: async (directory, choice) =>
    (await import('./prune/prune-trial.js')).pruneTrial(directory, choice),
  report: async (directory) => (await import('./report/content.js')).studentReport(directory),
  live: studentView,
};

/** The training modules are loaded with the first batch: most commands train nothing. */
function openStudents(protocol: ProtocolDocument, signal?: AbortSignal): Runner<StudentProtocol> {
  const loading = import('./run/open.js').then(({ open }) => open(protocol as unknown as Protocol, signal));
  return {
    runBatch: async (trials, options) => (await loading).runBatch(trials, options),
    calibrate: async (example, plan) => (await loading).calibrate(example, plan),
  };
}
