/**
 * What is measured, as data. A new comparison is one line in `trials`.
 */
import {
  adam,
  dense,
  type Layer,
  type Splits,
  type StudentOptions,
  spectral,
  sum,
  Teacher,
} from 'eigenstudent';

export type Parametrization = 'spectral' | 'direct' | 'dense';

/** A training step of the paper's student 10 -> width -> 20 -> 1. */
export interface Trial {
  readonly name: string;
  readonly parametrization: Parametrization;
  /** h, nodes of the first hidden layer */
  readonly width: number;
  /** Part of `npm run bench`; the others wait for `-- --full`. */
  readonly quick: boolean;
}

const step = (parametrization: Parametrization, width: number, quick = false): Trial => ({
  name: `step/paper/${parametrization}/h${width}`,
  parametrization,
  width,
  quick,
});

export const trials: readonly Trial[] = [
  step('spectral', 20, true),
  step('spectral', 200, true),
  step('spectral', 1000, true),
  step('spectral', 10),
  step('spectral', 100),
  step('spectral', 500),
  step('spectral', 1500),
  step('direct', 20),
  step('direct', 200),
  step('direct', 1000),
  step('dense', 20),
  step('dense', 200),
  step('dense', 1000),
];

/** Patterns trained on (the paper: 80 % of 10 000). */
export const samples = 8000;
/** The paper's spectral batch, for every parametrization, so that times compare. */
export const batchSize = 300;
/** The last batch of an epoch holds 200 patterns and counts as a step. */
export const stepsPerEpoch = Math.ceil(samples / batchSize);

/**
 * Useful arithmetic of a step, averaged over the batches of an epoch: 10 h multiply-adds a pattern forward and 10 h for
 * the gradient in the first layer; 20 h forward, 20 h for the gradient and 20 h backward in the second. No gradient
 * flows to the inputs. A full batch of 300 makes 48 000 h operations.
 */
export function operationsPerStep(trial: Trial): number {
  const multiplyAddsPerPattern = 80 * trial.width;
  return (2 * multiplyAddsPerPattern * samples) / stepsPerEpoch;
}

/** The paper's teacher and its labels; 10 patterns to validate and to test on, since a step looks at neither. */
export function trialData(): Promise<Splits> {
  return Teacher.paper({ teacherSize: 20, seed: 0 }).dataset({
    train: samples,
    validation: 10,
    test: 10,
    seed: 1,
  });
}

export function studentOf(trial: Trial, data: Splits): StudentOptions {
  return {
    layers: [firstLayer(trial), dense(20, { activation: 'relu' }), sum()],
    data: data.train,
    optimizer: adam({ learningRate: 5e-3, epsilon: 1e-7 }),
    batchSize,
    epochs: 1_000_000,
    seed: 2,
  };
}

/** L2 coefficients: the paper's published code. */
function firstLayer({ parametrization, width }: Trial): Layer {
  switch (parametrization) {
    case 'spectral':
      return spectral(width, { activation: 'relu', l2: { eigenvectors: 0.01, eigenvaluesOut: 5e-4 } });
    case 'direct':
      return spectral(width, { activation: 'relu', trainable: ['eigenvectors'], l2: { eigenvectors: 0.01 } });
    case 'dense':
      return dense(width, { activation: 'relu', l2: { weights: 0.01 } });
  }
}
