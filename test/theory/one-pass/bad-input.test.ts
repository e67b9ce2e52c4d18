import { describe, expect, it } from 'vitest';
import {
  closest,
  conservedQuantity,
  escapeTime,
  landscape,
  landscapeAt,
  onePassSgd,
  overlapOde,
  plateau,
  sgdOnSamples,
} from '../../../src/theory/one-pass/index.js';

const run = { p: 2, pStar: 1, N: 100, learningRate: 0.05, alphas: [1] };

describe('onePassSgd refuses', () => {
  it.each([
    [
      { learningRate: 0.17 },
      'expected less than 0.166667, at which the solution is stable for learningRate of onePassSgd, received 0.17. allowUnstable: true runs it all the same',
    ],
    [
      { learningRate: 0.34, normalisation: 'mean' as const },
      'expected less than 0.333333, at which the solution is stable for learningRate of onePassSgd, received 0.34. allowUnstable: true runs it all the same',
    ],
    [
      { learningRate: 0.1, startNorm: 1.7 },
      'expected less than 1.677, above which norms grow without bound for startNorm of onePassSgd, received 1.7. allowUnstable: true runs it all the same',
    ],
    [{ N: 2 }, 'expected at least p + pStar = 3 for N of onePassSgd, received 2'],
    [{ p: 0 }, 'expected a positive integer for p of onePassSgd, received 0'],
    [
      { teacherNorms: [1, 1] },
      'expected pStar = 1 numbers for teacherNorms of onePassSgd, received an array of length 2',
    ],
    [
      { alphas: [] },
      'expected an array of at least one alpha for alphas of onePassSgd, received an array of length 0',
    ],
    [{ alphas: [2, 1] }, 'expected a number above 2 (they ascend) for alphas of onePassSgd[1], received 1'],
    [
      { alphas: [1, 1.001] },
      'expected another step than alpha = 1, at least 1 / N later for alphas of onePassSgd[1], received 1.001',
    ],
    [
      { alphas: [1e9] },
      'expected less than 2^32 steps, alpha below 42949672.96 for alphas of onePassSgd[0], received 1000000000',
    ],
    [
      { engine: 'chian' as 'chain' },
      'expected one of direct, chain for engine of onePassSgd, received "chian". Did you mean "chain"?',
    ],
    [{ learningrate: 1 }, 'unknown option "learningrate" in onePassSgd; known:'],
  ])('%j', async (wrong, message) => {
    const call = onePassSgd({ ...run, ...wrong });
    await expect(call).rejects.toMatchObject({ code: 'invalid_argument' });
    await expect(call).rejects.toThrow(message);
  });

  it('nothing at the limits themselves from below', async () => {
    await expect(
      onePassSgd({ ...run, learningRate: 0.1, startNorm: 1.67, alphas: [0] }),
    ).resolves.toHaveLength(1);
  });
});

it.each([
  [
    'overlapOde: R of another height',
    () => overlapOde({ Q: [[1]], R: [[0], [0]], learningRate: 1, alphas: [1] }),
    'expected 1 rows for R of overlapOde, received an array of length 2',
  ],
  [
    'overlapOde: Q not symmetric',
    () =>
      overlapOde({
        Q: [
          [1, 0.5],
          [0, 1],
        ],
        R: [[0], [0]],
        learningRate: 1,
        alphas: [1],
      }),
    'expected a symmetric matrix (entries [1][0] and [0][1] differ) for Q of overlapOde, received an array of length 2',
  ],
  [
    'overlapOde: NaN',
    () => overlapOde({ Q: [[Number.NaN]], R: [[0]], learningRate: 1, alphas: [1] }),
    'expected a finite number for Q of overlapOde[0][0], received NaN',
  ],
  [
    'plateau: rate',
    () => plateau({ p: 2, pStar: 1, learningRate: 0.3 }),
    'expected a learningRate of plateau at which there is a plateau, at most 0.2',
  ],
  [
    'escapeTime: no escape',
    () => escapeTime({ p: 4, pStar: 1, N: 100, learningRate: 0.06, spherical: true }),
    'expected for escapeTime a learningRate at which overlaps with the teacher grow on the plateau; their rate is -0.',
  ],
  [
    'escapeTime: norm',
    () => escapeTime({ p: 2, pStar: 1, N: 100, learningRate: 0.1, startNorm: 1.7 }),
    'expected for escapeTime a startNorm below 1.677',
  ],
  [
    'escapeTime: N',
    () => escapeTime({ p: 2, pStar: 1, N: 2, learningRate: 0.1 }),
    'expected at least p + pStar = 3 for N of escapeTime, received 2',
  ],
  [
    'landscape: N',
    () => landscape({ p: 2, pStar: 2, N: 3, point: 'origin' }),
    'expected at least p + pStar = 4 for N of landscape, received 3',
  ],
  [
    'landscape: manifold',
    () => landscape({ p: 1, pStar: 2, N: 9, point: 'manifold' }),
    'expected at least pStar = 2 for a point of zero loss for p of landscape, received 1',
  ],
  [
    'landscapeAt: widths',
    () => landscapeAt({ U: [[1, 2]], V: [[1]] }),
    'expected a row of 2 numbers for V of landscapeAt[0], received an array of length 1',
  ],
  [
    'closest: p < p*',
    () => closest({ Q: [[1]], R: [[1, 0]] }),
    'expected at least as many rows as columns (p >= p*) for R of closest',
  ],
  [
    'closest: rank',
    () =>
      closest({
        Q: [
          [1, 0],
          [0, 1],
        ],
        R: [
          [1, 0],
          [0, 0],
        ],
      }),
    'expected a matrix of rank p* = 2; else the closest solution is not unique for R of closest',
  ],
  [
    'conservedQuantity: singular',
    () => conservedQuantity({ Q: [[1]], R: [[1]] }, 0),
    'expected a matrix for which Q - R T^-1 R^T can be inverted for Q of conservedQuantity',
  ],
  [
    'sgdOnSamples: widths',
    () => sgdOnSamples({ U: [[1, 2]], V: [[1, 2]], samples: [[1]], learningRate: 1 }),
    'expected a row of 2 numbers for samples of sgdOnSamples[0]',
  ],
])('refuses %s', (_, call, message) => {
  expect(call).toThrow(
    expect.objectContaining({ code: 'invalid_argument', message: expect.stringContaining(message) }),
  );
});

it('overlapOde says when overlaps diverge', () => {
  const call = () => overlapOde({ Q: [[5]], R: [[0]], learningRate: 1, alphas: [1, 100] });
  expect(call).toThrow(
    expect.objectContaining({
      code: 'diverged',
      message: expect.stringContaining('leaves the finite numbers'),
    }),
  );
});
