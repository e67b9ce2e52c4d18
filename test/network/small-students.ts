/** Students small enough to train in milliseconds, with something of everything. */
import { Dataset } from '../../src/network/dataset.js';
import { dense, type Layer, spectral } from '../../src/network/layers.js';
import { adam } from '../../src/population/optimizers.js';
import type { StudentOptions } from '../../src/population/student-options.js';

/** Numbers in (-1.5, 1.5) without a pattern that a bug could share, and without a generator. */
export function scattered(count: number, phase = 0): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => {
    const wild = 43758.5453 * Math.sin(12.9898 * (i + 1) + 78.233 * phase);
    return 3 * (wild - Math.floor(wild)) - 1.5;
  });
}

/** [samples][3] -> [samples][2] */
export function smallData(samples = 13, phase = 0): Dataset {
  const inputs = scattered(3 * samples, phase);
  return Dataset.create({ inputs, inputCount: 3, targets: scattered(2 * samples, phase + 0.5) });
}

export function smallLayers(): Layer[] {
  return [
    spectral(7, {
      activation: 'tanh',
      bias: true,
      trainable: ['eigenvectors', 'eigenvaluesIn', 'eigenvaluesOut', 'bias'],
      l2: { eigenvectors: 1e-3, eigenvaluesOut: 1e-3 },
    }),
    dense(5, { activation: 'elu', bias: true, l1: { weights: 1e-3 } }),
    dense(2),
  ];
}

/** 13 samples in batches of 4: the last of an epoch's 4 batches has 1 sample. */
export function smallStudent(options: Partial<StudentOptions> = {}): StudentOptions {
  return {
    layers: smallLayers(),
    data: smallData(),
    optimizer: adam({ learningRate: 0.01 }),
    batchSize: 4,
    epochs: 6,
    seed: 5,
    ...options,
  };
}
