import type { ReportTrial } from '../../src/experiments/teacher-student/panels/trial-groups.js';

/** At epochs 50 and 100. */
function history(
  trainLoss: number[],
  validationLoss: number[],
  effectiveSize: number[],
): ReportTrial['lossHistory'] {
  return {
    epoch: Float64Array.of(50, 100),
    trainLoss: Float64Array.from(trainLoss),
    validationLoss: Float64Array.from(validationLoss),
    effectiveSize: Float64Array.from(effectiveSize),
  };
}

/**
 * Two trials of a spectral student of width 4 that learned from a teacher of size 2: small enough to do every sum by
 * hand. By its own maximum trial 0 has 3 nodes above 0.05 and trial 1 has 2; by the pooled maximum (20) it is 2 and 2.
 */
export const handMade: readonly ReportTrial[] = [
  {
    parametrization: 'spectral',
    teacherSize: 2,
    width: 4,
    settings: {},
    trial: 0,
    trainLoss: 0.25,
    testLoss: 0.5,
    effectiveSize: 3,
    threshold: 0.05,
    criterion: 'L',
    seconds: 1,
    patternsSeen: 1_000_000,
    batchSize: 10,
    engine: 'by hand',
    lossHistory: history([8, 0.25], [9, 0.5], [4, 3]),
    nodeHistory: {
      relevance: Float32Array.of(1, 1, 1, 1, 4, 2, 2, 4, 10, 0.8, 0.1, 5),
      eigenvaluesOut: Float32Array.of(1, 1, 1, 1, 2, 1, 1, -2, 3, 0.5, 0, -2),
    },
    relevance: Float64Array.of(10, 0.8, 0.1, 5),
    pruningLosses: Float64Array.of(8.5, 4.5, 0.75, 0.5, 0.5),
  },
  {
    parametrization: 'spectral',
    teacherSize: 2,
    width: 4,
    settings: {},
    trial: 1,
    trainLoss: 0.75,
    testLoss: 1.5,
    effectiveSize: 2,
    threshold: 0.05,
    criterion: 'L',
    seconds: 3,
    patternsSeen: 1_000_000,
    batchSize: 10,
    engine: 'by hand',
    lossHistory: history([6, 0.75], [7, 1.5], [4, 2]),
    relevance: Float64Array.of(20, 0, 0, 10),
    pruningLosses: Float64Array.of(5.5, 3.5, 1.25, 1.5, 1.5),
  },
];
