import type { Protocol } from '../../../src/experiments/teacher-student/protocol/schema.js';
import { fileOf, idxBytes } from '../../data/files.js';
import { checkProtocol } from '../student-trials.js';

/** A small protocol of data that people bring. */
export function fileProtocol(data: object, changes: object = {}): Protocol {
  const arm = { optimizer: { adam: { learningRate: 0.02 } }, batchSize: 16 };
  return checkProtocol(
    {
      data,
      student: { width: [4, 6], secondWidth: 3 },
      arms: { spectral: { ...arm, l2: { eigenvectors: 0.001, eigenvaluesOut: 0.0005 } }, direct: arm },
      epochs: 6,
      trials: 2,
      seed: 5,
      evaluation: { points: 3 },
      ...changes,
    },
    'file protocol',
  );
}

/** Images of 2 x 2 pixels in three classes that a line tells apart: class c is bright in pixel c. */
export async function smallImages(count = 90): Promise<{ images: string; labels: string }> {
  const labels = Array.from({ length: count }, (_, i) => (i * 7) % 3);
  const pixels = labels.flatMap((label, i) =>
    [0, 1, 2, 3].map((pixel) => (pixel === label ? 200 : 40) + ((i * 31 + pixel * 17) % 50)),
  );
  return {
    images: await fileOf('images.gz', idxBytes([count, 2, 2], pixels)),
    labels: await fileOf('labels', idxBytes([count], labels)),
  };
}
