/** The problem that every trial and every peer solves: the paper's students, 10 -> h -> 20 -> 1, on the paper's teacher. */
import {
  adam,
  type Dataset,
  dense,
  type Population,
  type StudentOptions,
  spectral,
  sum,
  Teacher,
  writeSafetensors,
} from 'eigenstudent';

export const inputs = 10;
export const secondWidth = 20;
/** Patterns trained on (the paper: 80 % of 10 000). */
export const samples = 8000;
/** The paper's spectral batch. */
export const batchSize = 300;
/** The last batch of an epoch holds 200 patterns and counts as a step. */
export const stepsPerEpoch = Math.ceil(samples / batchSize);

export type Parametrization = 'spectral' | 'direct';

/**
 * Useful arithmetic of a step, averaged over the batches of an epoch: 80 h multiply-adds per pattern (10 h forward and 10 h
 * for the gradient in the first layer; 20 h forward, 20 h gradient, 20 h backward in the second). A batch of 300 makes
 * 48 000 h operations. Penalty, optimiser, activations and shuffle are not counted.
 */
export function operationsPerStep(width: number): number {
  return (2 * 80 * width * samples) / stepsPerEpoch;
}

export async function trainingData(): Promise<Dataset> {
  const teacher = Teacher.paper({ teacherSize: 20, seed: 0 });
  return (await teacher.dataset({ train: samples, validation: 10, test: 10, seed: 1 })).train;
}

/** Students of one width that differ in trial: first values and shuffles. They share the data. */
export function students(
  count: number,
  width: number,
  parametrization: Parametrization,
  data: Dataset,
): StudentOptions[] {
  const trained =
    parametrization === 'spectral'
      ? { l2: { eigenvectors: 0.01, eigenvaluesOut: 5e-4 } }
      : { l2: { eigenvectors: 0.01 }, trainable: ['eigenvectors'] as const };
  return Array.from({ length: count }, (_, trial) => ({
    layers: [
      spectral(width, { activation: 'relu', ...trained }),
      dense(secondWidth, { activation: 'relu' }),
      sum(),
    ],
    data,
    optimizer: adam({ learningRate: 5e-3, epsilon: 1e-7 }),
    batchSize,
    epochs: 1_000_000,
    seed: 2,
    trial,
  }));
}

/**
 * What the peers start from: data and first values of a fresh population, as float32.
 *   x [samples][10], labels [samples], phi [students][h][10], second [students][20][h]
 */
export async function writeProblem(path: string, population: Population, data: Dataset): Promise<void> {
  const width = (population.at(0).network().tensors().get('layers.0.eigenvaluesOut') as Float32Array).length;
  const phi = new Float32Array(population.size * width * inputs);
  const second = new Float32Array(population.size * secondWidth * width);
  for (const student of population.students()) {
    const tensors = student.network().tensors();
    const eigenvectors = tensors.get('layers.0.eigenvectors') as Float32Array;
    const weights = tensors.get('layers.1.weights') as Float32Array;
    phi.set(eigenvectors, student.index * eigenvectors.length);
    second.set(weights, student.index * weights.length);
  }
  const tensor = (shape: number[], data: Float32Array) => ({ dtype: 'F32', shape, data }) as const;
  await writeSafetensors(
    path,
    new Map([
      ['x', tensor([samples, inputs], Float32Array.from(data.inputs))],
      ['labels', tensor([samples], Float32Array.from(data.targets as Float32Array))],
      ['phi', tensor([population.size, width, inputs], phi)],
      ['second', tensor([population.size, secondWidth, width], second)],
    ]),
  );
}
