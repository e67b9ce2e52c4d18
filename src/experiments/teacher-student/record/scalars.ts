/** `scalars` of a student in record.json. */
import { z } from 'zod';
import type { FailedRecord, FinishedRecord, TrialRecord } from '../../../runs/record.js';
import { parametrizations } from '../protocol/schema.js';
import type { StudentProtocol } from '../protocol/trial.js';

const count = z.int().min(0);

/** Available before training. */
const place = {
  parametrization: z.enum(parametrizations),
  /** h_T; 0 where there is no teacher. */
  teacherSize: count,
  width: count,
  /** Threshold of normalised relevance, for effectiveSize. */
  threshold: z.number(),
  /** Criterion of relevance: see src/pruning/relevance.ts. */
  criterion: z.enum(['L', 'M']),
  batchSize: count,
  /** Epochs completed. */
  epochs: count,
};

/** Losses are data losses (no penalty) at the end of training. */
const measures = {
  trainLoss: z.number(),
  validationLoss: z.number(),
  testLoss: z.number(),
  /** Before the first step. */
  initialTestLoss: z.number(),
  /**
   * Variance of the test labels: the loss of the best constant prediction; for classes the entropy of their
   * frequencies.
   */
  labelVariance: z.number(),
  /** Nodes whose relevance is above threshold * maximumRelevance ("trial" normalisation). */
  effectiveSize: count,
  /** Largest relevance, not normalised; the pooled normalisation divides by the largest of these in a group. */
  maximumRelevance: z.number(),
  /** Test loss with only the effectiveSize most relevant nodes kept. */
  prunedLoss: z.number(),
};

/**
 * After training: fraction of samples whose largest output is the class, or for one sigmoid output, whose output is
 * above 0.5 exactly where the target is 1. Absent where there are neither classes nor such targets.
 */
const accuracies = {
  validationAccuracy: z.number().exactOptional(),
  testAccuracy: z.number().exactOptional(),
  /** Test accuracy with only the effectiveSize most relevant nodes kept. */
  prunedAccuracy: z.number().exactOptional(),
};

/** @internal */
export const studentScalars = z.object({
  ...place,
  ...measures,
  /** Effective sizes of every hidden layer, first to last, where all of them are spectral; the first is effectiveSize. */
  effectiveSizes: z.array(count).exactOptional(),
  ...accuracies,
});

export interface StudentScalars extends z.output<typeof studentScalars> {}
export type StudentMeasures = Pick<StudentScalars, keyof typeof measures>;
export type FinishedStudent = FinishedRecord<StudentScalars, StudentProtocol>;
export type FailedStudent = FailedRecord<StudentScalars, StudentProtocol>;
export type StudentRecord = TrialRecord<StudentScalars, StudentProtocol>;

/**
 * Whether a student predicts test data no better than the best constant does, as one whose nodes are all inactive. The
 * mean of the training labels is not quite that constant, so that a student which predicts that mean is above the
 * bound.
 */
export function didNotLearn({
  testLoss,
  labelVariance,
}: Pick<StudentScalars, 'testLoss' | 'labelVariance'>): boolean {
  return testLoss >= labelVariance;
}
