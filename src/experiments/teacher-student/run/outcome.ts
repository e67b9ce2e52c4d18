/** Makes the outcome of a trial from its ended student. */
import { constantLoss } from '../../../data/constant-loss.js';
import type { Splits } from '../../../data/splits.js';
import type { Student } from '../../../population/student.js';
import { pruningCurve } from '../../../pruning/curve.js';
import type { TrialError } from '../../../runs/record.js';
import type { Outcome } from '../../../sweep/batch-options.js';
import { retryOnceIfInterrupted } from '../../../sweep/retry-once.js';
import type { StudentDivergence } from '../../../training/report.js';
import { placeOfStudent } from '../protocol/place.js';
import type { StudentProtocol, StudentTrial } from '../protocol/trial.js';
import { arraysToTensors } from '../record/arrays.js';
import { accuraciesOf, rankedLosses, rankFurtherLayers, score } from './measures.js';
import { criterionOf, rankedLayer } from './student.js';
import type { TrialLog } from './trial-log.js';

/** A trial with its data, student and log. */
export interface RunningTrial {
  readonly trial: StudentTrial;
  readonly splits: Splits;
  readonly student: Student;
  readonly engine: string;
  readonly log: TrialLog;
}

export function divergedOutcome(work: RunningTrial, divergence: StudentDivergence): Outcome {
  const { step, layer, learningRate, parameter } = divergence;
  const what = layer < 0 ? 'its loss' : `the output of layer ${layer}`;
  const message = parameter
    ? `${parameter}; lower the learning rate or the penalty`
    : `${what} was not finite at step ${step}, learning rate ${learningRate}; lower the learning rate`;
  return failedOutcome(work, { code: 'diverged', message, step, layer, learningRate, stage: 'training' });
}

/** For a student after its training; failed where one of its measures is not finite. */
export async function finishedOutcome(work: RunningTrial, testLoss: number): Promise<Outcome> {
  const { trial, splits, student, log } = work;
  const scored = score(trial.protocol, student);
  const ranking = { layer: rankedLayer, relevance: scored.relevance };
  const { losses } = await retryOnceIfInterrupted(() => pruningCurve(student, splits.test, ranking));
  const measures = {
    trainLoss: log.last('trainLoss'),
    validationLoss: log.last('validationLoss'),
    testLoss,
    initialTestLoss: log.initialTestLoss,
    labelVariance: constantLoss(splits.test),
    effectiveSize: scored.effectiveSize,
    maximumRelevance: scored.relevance.reduce((largest, value) => Math.max(largest, value), 0),
    prunedLoss: losses[scored.effectiveSize] as number,
  };
  const broken = Object.entries(measures).find(([, value]) => !Number.isFinite(value));
  if (broken) {
    const { step } = student.progress();
    const message = brokenMeasure(...broken);
    return failedOutcome(work, {
      ...{ code: 'diverged', message, step },
      ...withoutLocation,
      stage: 'measurement',
    });
  }
  const nodeHistory = log.nodeHistory();
  const kept = { relevance: scored.relevance, kept: scored.effectiveSize };
  const accuracies = await accuraciesOf(scored.network, splits, kept);
  const further = await rankFurtherLayers(trial.protocol, student, scored.network, splits);
  const hasFurther = further.layers.length > 0;
  const effectiveSizes = [scored.effectiveSize, ...further.effectiveSizes];
  const others = await rankedLosses(trial.protocol, student, scored.network, splits);
  const { epochs, ...run } = runOf(work);
  return {
    ...run,
    scalars: {
      ...identity(trial.protocol, epochs),
      ...measures,
      ...accuracies,
      ...(hasFurther && { effectiveSizes }),
    },
    arrays: arraysToTensors({
      network: scored.network,
      relevance: scored.relevance,
      pruningLosses: losses,
      rankedLosses: others,
      lossHistory: log.lossHistory(),
      nodeHistory,
      furtherLayers: hasFurther ? further.layers : undefined,
    }),
  };
}

/** An error without a layer and a step. */
const withoutLocation = { layer: -1, learningRate: null };

function brokenMeasure(name: string, value: number): string {
  if (name === 'initialTestLoss' || name === 'labelVariance')
    return `its ${name} is ${value} before training; scale the targets down`;
  return `its ${name} is ${value} after training; lower the learning rate`;
}

/** For a trial whose student was created. */
export function failedOutcome(work: RunningTrial, error: TrialError): Outcome {
  const { epochs, ...run } = runOf(work);
  const arrays = { network: work.student.network(), lossHistory: work.log.lossHistory() };
  return {
    ...run,
    scalars: identity(work.trial.protocol, epochs),
    arrays: arraysToTensors(arrays),
    error,
  };
}

/** For a trial that could not be started. */
export function unbegunOutcome({ protocol }: StudentTrial, engine: string, error: TrialError): Outcome {
  const none = new Float64Array(0);
  const lossHistory = { epoch: none, trainLoss: none, validationLoss: none, effectiveSize: none };
  return {
    ...{ seconds: 0, steps: 0, engine, error },
    scalars: identity(protocol, 0),
    arrays: arraysToTensors({ lossHistory }),
  };
}

function runOf({ student, engine, log }: RunningTrial) {
  const { step, epoch, secondsTrained } = student.progress();
  const { seconds } = log.progress(secondsTrained);
  return { seconds, steps: step, epochs: epoch, engine };
}

/**
 * Scalars of a trial that are available before it is measured.
 * @param epochs completed
 */
function identity(protocol: StudentProtocol, epochs: number) {
  return {
    ...placeOfStudent(protocol),
    threshold: protocol.evaluation.threshold,
    criterion: criterionOf(protocol),
    epochs,
    batchSize: protocol.arm.batchSize,
  };
}
