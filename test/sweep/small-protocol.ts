import { problemOf, teacherSizeOf } from '../../src/experiments/teacher-student/protocol/problem.js';
import type { Protocol } from '../../src/experiments/teacher-student/protocol/schema.js';
import type { ShortStudent } from '../../src/experiments/teacher-student/protocol/student-schema.js';
import type { StudentTrial } from '../../src/experiments/teacher-student/protocol/trial.js';
import type { TrialArrays } from '../../src/experiments/teacher-student/record/arrays.js';
import { studentLayers } from '../../src/experiments/teacher-student/run/student.js';
import { Network } from '../../src/network/network.js';
import type { FinishedStudentToSeal } from './student-records.js';
import { checkProtocol } from './student-trials.js';

/** Both arms, two widths, two trials: eight students that train in milliseconds. */
export function smallProtocol(changes: object = {}): Protocol {
  const arm = { optimizer: { adam: { learningRate: 0.01 } }, batchSize: 16 };
  return checkProtocol(
    {
      teacher: { inputs: 3, teacherSize: 2, secondWidth: 2 },
      data: { train: 40, validation: 16, test: 24 },
      student: { width: [4, 6], secondWidth: 2 },
      arms: {
        spectral: { ...arm, l2: { eigenvectors: 0.01, eigenvaluesOut: 0.0005 } },
        direct: { ...arm, l2: { eigenvectors: 0.01 } },
      },
      epochs: 6,
      trials: 2,
      seed: 5,
      evaluation: { points: 3 },
      ...changes,
    },
    'small protocol',
  );
}

/** A record that no training made: relevance 1/h, 2/h, ..., 1 times `scale`. */
export function madeUpTrial(
  { key, protocol }: StudentTrial,
  scale = 1,
): { record: FinishedStudentToSeal; arrays: TrialArrays } {
  const { width, secondWidth } = protocol.student as ShortStudent;
  const { inputs } = problemOf(protocol);
  const size = width * inputs + inputs + width + secondWidth * width + secondWidth;
  const network = Network.from(
    { inputs, layers: studentLayers(protocol) },
    Float32Array.from({ length: size }, (_, i) => i / size),
  );
  const record: FinishedStudentToSeal = {
    schema: 2,
    key,
    experiment: 'teacher-student',
    trial: protocol.trial,
    seed: protocol.seed,
    protocol,
    scalars: {
      parametrization: protocol.parametrization,
      teacherSize: teacherSizeOf(protocol),
      width,
      threshold: protocol.evaluation.threshold,
      criterion: 'L',
      batchSize: protocol.arm.batchSize,
      epochs: protocol.epochs,
      trainLoss: 0.1 * (1 + protocol.trial),
      validationLoss: 0.2 * (1 + protocol.trial),
      testLoss: 0.3 * (1 + protocol.trial),
      initialTestLoss: 3,
      labelVariance: 3.5,
      effectiveSize: width,
      maximumRelevance: scale,
      prunedLoss: 0.31,
    },
    seconds: 0.5,
    steps: 18,
    engine: 'made-up',
    dtype: 'float32',
    versions: { eigenstudent: '0.0.0', node: '20.0.0' },
    finishedAt: '2026-01-01T00:00:00.000Z',
  };
  const arrays = {
    network,
    relevance: Float64Array.from({ length: width }, (_, i) => ((i + 1) / width) * scale),
    pruningLosses: Float64Array.from({ length: width + 1 }, (_, k) => 1 / (k + 1)),
    rankedLosses: {},
    lossHistory: {
      epoch: Float64Array.of(2, 4, 6),
      trainLoss: Float64Array.of(3, 2, 1),
      validationLoss: Float64Array.of(4, 3, 2),
      effectiveSize: Float64Array.of(4, 4, 3),
    },
  };
  return { record, arrays };
}
