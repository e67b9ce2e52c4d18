import type { Progress, Student } from '../population/student.js';
import { type BrokenParameter, brokenText } from './broken-parameters.js';

/** Why a student no longer trains. */
export type Stopped = 'finished' | 'early' | 'diverged';

/**
 * A student whose loss was not finite: its parameters are those before that step. Or one whose parameters are
 * not finite although its loss is, as behind dead nodes: see `parameter`. Other students go on.
 */
export interface StudentDivergence {
  readonly student: number;
  readonly step: number;
  /** First layer whose output, or whose parameter, was not finite; -1 when only the loss overflowed. */
  readonly layer: number;
  /** Of the step; null where a parameter was found afterwards. */
  readonly learningRate: number | null;
  /** The parameter that is not finite, as in "layers.0.eigenvectors[3] is NaN after step 30". */
  readonly parameter?: string;
  /** All of the above in a sentence. */
  readonly message: string;
}

/** A student that a GPU trains layer by layer (see Execution), which takes longer and gives the same within rounding. */
export interface LayerwiseStudent {
  readonly student: number;
  readonly reason: string;
  /** All of the above in a sentence. */
  readonly message: string;
}

/**
 * The state of training. Arrays have one entry per student; a student that no longer trains keeps its last
 * values.
 */
export interface TrainReport {
  /** Largest of `epochs`. */
  readonly epoch: number;
  /** Epochs completed. */
  readonly epochs: readonly number[];
  /** Data loss, without penalty, over the training data (or the last batch, with evaluateTrain: false). */
  readonly trainLoss: readonly number[];
  /** Absent when no student has validation data; NaN for those without. */
  readonly validationLoss?: readonly number[];
  /** null: still training. */
  readonly stopped: readonly (Stopped | null)[];
  /** Every divergence so far. */
  readonly divergences: readonly StudentDivergence[];
  /** Students that are too large for a GPU's fused kernels; none on other devices. The same in every report. */
  readonly layerwise: readonly LayerwiseStudent[];
  /** Since train() began, evaluations included. */
  readonly secondsElapsed: number;
  /** Of these, in training: without evaluations, checkpoints and the consumer of the reports. */
  readonly secondsTraining: number;
  /** Steps of all students together per second of training since the last report, evaluations not included. */
  readonly studentStepsPerSecond: number;
}

export function describeLayerwise(students: readonly Student[]): LayerwiseStudent[] {
  return students.flatMap(({ index, execution }) => {
    if (execution?.kernels !== 'layerwise') return [];
    const { reason = 'no reason was given' } = execution;
    const message = `student ${index} trains with layer-wise kernels, because it is too large for the fused ones: ${reason}`;
    return [{ student: index, reason, message }];
  });
}

export function describeDivergences(
  students: readonly Student[],
  progress: readonly Progress[],
  broken: ReadonlyMap<number, BrokenParameter>,
): StudentDivergence[] {
  return progress.flatMap(({ divergence }, i): StudentDivergence[] => {
    const { seed, trial } = (students[i] as Student).options;
    const who = `student ${i} (seed ${seed}, trial ${trial}) diverged`;
    if (divergence) return [{ student: i, ...divergence, message: `${who} ${lossText(divergence)}` }];
    const parameter = broken.get(i);
    if (!parameter) return [];
    const text = brokenText(parameter);
    const { step, layer } = parameter;
    const message = `${who}: ${text}; try a lower learning rate or a weaker penalty`;
    return [{ student: i, step, layer, learningRate: null, parameter: text, message }];
  });
}

function lossText({ step, layer, learningRate }: NonNullable<Progress['divergence']>): string {
  const what = layer < 0 ? 'the loss' : `the output of layer ${layer}`;
  return (
    `at step ${step}: ${what} was not finite at learning rate ${learningRate}. ` +
    'It keeps its parameters from before that step; try a lower learning rate'
  );
}
