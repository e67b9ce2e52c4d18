import { describe, expect, it } from 'vitest';
import { batchNorm } from '../../src/network/graph-layers.js';
import type { TensorName } from '../../src/network/layers.js';
import { alternating, type Phase, toNativePhases } from '../../src/population/phases.js';
import { failureOf } from '../failure.js';

describe('alternating', () => {
  it('freezes the eigenvectors first, then the eigenvalues; dense layers train in both', () => {
    expect(alternating(10)).toEqual([
      { train: ['eigenvaluesIn', 'eigenvaluesOut', 'weights', 'bias', 'scale', 'shift'], steps: 10 },
      { train: ['eigenvectors', 'weights', 'bias', 'scale', 'shift'], steps: 10 },
    ]);
    expect(alternating(2, 'epochs').map(({ epochs, steps }) => [epochs, steps])).toEqual([
      [2, undefined],
      [2, undefined],
    ]);
  });

  it('becomes masks of native/core/schedule.h', () => {
    expect(toNativePhases(alternating(3))).toEqual([
      { mask: 2 + 4 + 8 + 16, length: 3, inEpochs: false },
      { mask: 1 + 8 + 16, length: 3, inEpochs: false },
    ]);
    const alone = (name: TensorName) => toNativePhases([{ train: [name], steps: 1 }])[0]?.mask;
    const names = ['eigenvectors', 'eigenvaluesIn', 'eigenvaluesOut', 'weights', 'bias'] as const;
    expect(names.map(alone)).toEqual([1, 2, 4, 8, 16]);
    const withBatchNorm = (name: TensorName) =>
      toNativePhases([{ train: [name], steps: 1 }], [batchNorm()])[0]?.mask;
    expect((['bias', 'scale', 'shift'] as const).map(withBatchNorm)).toEqual([16, 32, 64]);
    expect(alone('scale')).toBe(0);
    expect(toNativePhases([{ train: [], epochs: 1 }])).toEqual([{ mask: 0, length: 1, inEpochs: true }]);
  });
});

describe('what phases cannot be', () => {
  it.each<[string, () => unknown, string]>([
    [
      'no array',
      () => toNativePhases({} as Phase[]),
      'expected an array of phases for phases, received an object (Object)',
    ],
    [
      'without a unit',
      () => toNativePhases([{ train: ['bias'] }]),
      'expected exactly one of steps and epochs for phases[0], received an object (Object)',
    ],
    [
      'in two units',
      () => toNativePhases([{ train: [], steps: 1, epochs: 1 }]),
      'expected exactly one of steps and epochs for phases[0], received an object (Object)',
    ],
    [
      'mixed',
      () =>
        toNativePhases([
          { train: [], steps: 1 },
          { train: [], epochs: 1 },
        ]),
      'expected a phase in steps, as phases[0] for phases[1], received an object (Object)',
    ],
    [
      'of length 0',
      () => toNativePhases([{ train: [], steps: 0 }]),
      'expected a positive integer for length of phases[0], received 0',
    ],
    [
      'of an unknown tensor',
      () => toNativePhases([{ train: ['eigenvector' as 'eigenvectors'], steps: 1 }]),
      'expected one of eigenvectors, eigenvaluesIn, eigenvaluesOut, weights, bias, scale, shift for train of phases[0], received "eigenvector". Did you mean "eigenvectors"?',
    ],
    [
      'without tensors',
      () => toNativePhases([{ steps: 1 } as Phase]),
      'expected { train: [...], steps } or { train: [...], epochs } for phases[0], received an object (Object)',
    ],
    [
      'alternating every 0 steps',
      () => alternating(0),
      'expected a positive integer for length of alternating phases, received 0',
    ],
    [
      'alternating in seconds',
      () => alternating(1, 'seconds' as 'steps'),
      'expected one of steps, epochs for unit of alternating phases, received "seconds"',
    ],
  ])('refuses phases: %s', (_, make, message) => {
    expect(failureOf(make)).toBe(`invalid_argument: ${message}`);
  });
});
