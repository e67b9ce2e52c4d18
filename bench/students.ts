/** The students and data that trials work on, and the check of what the fast backend makes of them. */
import {
  adam,
  Dataset,
  type DType,
  dense,
  gaussianInputs,
  type Layer,
  Population,
  type Splits,
  type StudentOptions,
  spectral,
  sum,
  Teacher,
} from 'eigenstudent';
import { stepsPerEpoch } from './arithmetic.js';
import { relativeDifference } from './statistics.js';

/** `spectral-in`: lambda_in trains too. */
export const parametrizations = ['spectral', 'direct', 'dense', 'spectral-in'] as const;
export type Parametrization = (typeof parametrizations)[number];

/** Patterns trained on (the paper: 80 % of 10 000). */
export const paperSamples = 8000;
/** The paper's spectral batch, for every parametrization, so that times compare. */
export const paperBatch = 300;
export const paperStepsPerEpoch = stepsPerEpoch(paperSamples, paperBatch);
/** N_in and the N_out of each layer whose arithmetic counts: the fixed read-out 20 -> 1 does not. */
export const paperWidths = (width: number) => [10, width, 20];

/** A student may train for this long; trials stop by themselves. */
const epochs = 100_000_000;

/** The paper's teacher and its labels; `test` patterns to draw curves on. */
export function paperData(train = paperSamples, test = 1): Promise<Splits> {
  return Teacher.paper({ teacherSize: 20, seed: 0 }).dataset({ train, validation: 1, test, seed: 1 });
}

/** The paper's student 10 -> width -> 20 -> 1. */
export function paperStudent(
  parametrization: Parametrization,
  width: number,
  data: Dataset,
  seed = 2,
): StudentOptions {
  return {
    layers: [firstLayer(parametrization, width), dense(20, { activation: 'relu' }), sum()],
    data,
    optimizer: adam({ learningRate: 5e-3, epsilon: 1e-7 }),
    batchSize: paperBatch,
    epochs,
    seed,
  };
}

/** L2 coefficients: the paper's published code. */
function firstLayer(parametrization: Parametrization, width: number): Layer {
  const activation = 'relu';
  const l2 = { eigenvectors: 0.01, eigenvaluesOut: 5e-4 };
  switch (parametrization) {
    case 'spectral':
      return spectral(width, { activation, l2 });
    case 'spectral-in':
      return spectral(width, {
        activation,
        l2,
        trainable: ['eigenvectors', 'eigenvaluesIn', 'eigenvaluesOut'],
      });
    case 'direct':
      return spectral(width, {
        activation,
        trainable: ['eigenvectors'],
        l2: { eigenvectors: l2.eigenvectors },
      });
    case 'dense':
      return dense(width, { activation, l2: { weights: l2.eigenvectors } });
  }
}

export const wideWidths = [784, 4096, 4096, 10] as const;
export const wideBatch = 512;

/** A wide student, as for images: two spectral layers of 4096 and ten classes. */
export function wideStudent(data: Dataset, batchSize: number): StudentOptions {
  const [, first, second, classes] = wideWidths;
  return {
    layers: [
      spectral(first, { activation: 'relu' }),
      spectral(second, { activation: 'relu' }),
      dense(classes, {}),
    ],
    data,
    optimizer: adam({ learningRate: 1e-4 }),
    batchSize,
    epochs,
    seed: 2,
  };
}

/** Normal inputs with classes that say nothing: speed does not depend on them. */
export function wideData(samples: number): Dataset {
  const [inputCount, , , classes] = wideWidths;
  const inputs = gaussianInputs({ samples, features: inputCount, seed: 1, purpose: 'train' });
  return Dataset.create({
    inputs: Float32Array.from(inputs),
    inputCount,
    classes: Uint32Array.from({ length: samples }, (_, i) => i % classes),
  });
}

/**
 * Largest relative difference of a tensor after a few Adam steps, between two correct backends; a wrong term shows as 1e-2
 * or more. float64 differs by rounding alone (seen: up to 1.4e-14), and the sources of its kernels are those of float32. In
 * float32 (rounding: 1e-8 to 6e-7) a pre-activation now and then rounds to the other side of the relu's kink, and Adam's
 * division makes much of a node's few gradients: 3.4e-4 was seen.
 */
const tolerances = { float64: 1e-12, float32: 2e-3 } as const;

/**
 * Trains an epoch on the fast backend and on the reference, in both precisions. Give it few patterns: the reference is
 * slow.
 * @returns the largest relative difference of a tensor in the last of the precisions
 * @throws when one is above its tolerance: then nothing may be timed
 */
export async function checkedAgainstReference(
  students: readonly StudentOptions[],
  threads: number,
  dtypes: readonly DType[] = ['float64', 'float32'],
): Promise<number> {
  let difference = NaN;
  for (const dtype of dtypes) {
    const population = Population.create(students, { device: 'cpu', dtype, threads });
    const reference = Population.create(students, { device: 'reference', dtype });
    await Promise.all([population.run(1), reference.run(1)]);
    difference = withinTolerance(
      largestDifference(population, reference),
      tolerances[dtype],
      `${dtype} tensors`,
    );
    population.dispose();
    reference.dispose();
  }
  return difference;
}

/** @throws when the difference from the reference is above the tolerance, or NaN */
export function withinTolerance(difference: number, tolerance: number, what: string): number {
  // a NaN compares false with everything: it must not pass
  if (!(difference <= tolerance))
    throw new Error(
      `${what}: the cpu backend differs from the reference by ${difference}, allowed ${tolerance}; not timed`,
    );
  return difference;
}

function largestDifference(population: Population, reference: Population): number {
  let largest = 0;
  for (let student = 0; student < population.size; ++student) {
    const expected = reference.at(student).network().tensors();
    for (const [name, values] of population.at(student).network().tensors()) {
      const target = expected.get(name);
      if (!target) throw new Error(`the reference has no tensor ${name}`);
      const relative = relativeDifference(values, target);
      // a NaN is let through as the worst case
      largest = relative <= largest ? largest : relative;
    }
  }
  return largest;
}
