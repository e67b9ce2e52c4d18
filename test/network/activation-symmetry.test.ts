import { describe, expect, it } from 'vitest';
import { signIsFree } from '../../src/analysis/topology/symmetry.js';
import { kernels } from '../../src/kernels/kernels.js';
import { nodeSymmetry } from '../../src/network/activation-symmetry.js';
import { type Activation, activations } from '../../src/network/layers.js';
import { failureOf } from '../failure.js';

/** f(z), as the reference backend compiles it: a dense layer of one input and weight 1. */
function outputsOf(activation: Activation, z: readonly number[]): Float64Array {
  const y = new Float64Array(z.length);
  const sizes = { batch: z.length, inputs: 1, outputs: 1 } as const;
  const arrays = { x: Float64Array.from(z), weights: Float64Array.of(1), y };
  kernels.denseForward({ ...sizes, ...arrays, activation, backend: 'reference' });
  return y;
}

const points = [0.1, 0.7, 1.3, 2.9];
/** Largest |a - b|, of the largest |a|; where all of a is 0, as it is. */
function deviation(a: Float64Array, b: Float64Array): number {
  const largest = (values: Float64Array) => Math.max(...values.map(Math.abs));
  return largest(a.map((value, i) => value - (b[i] as number))) / (largest(a) || 1);
}

describe.each(activations)('the symmetry of %s', (activation) => {
  const { parity, degree } = nodeSymmetry(activation);
  const [positive, negative] = [points, points.map((z) => -z)].map((z) => outputsOf(activation, z)) as [
    Float64Array,
    Float64Array,
  ];

  it('states correctly whether the function is odd, even or neither', () => {
    expect(
      deviation(
        negative,
        positive.map((y) => -y),
      ) < 1e-12,
    ).toBe(parity === 'odd');
    expect(deviation(negative, positive) < 1e-12).toBe(parity === 'even');
  });

  it('states correctly the power by which a positive factor passes', () => {
    const goesThrough = (power: number) =>
      [0.3, 2, 5].every((factor) =>
        [points, points.map((z) => -z)].every((z) => {
          const scaled = outputsOf(
            activation,
            z.map((value) => factor * value),
          );
          return (
            deviation(
              scaled,
              outputsOf(activation, z).map((y) => factor ** power * y),
            ) < 1e-12
          );
        }),
      );
    const powers = [0, 0.5, 1, 2, 3].filter(goesThrough);
    expect(powers).toEqual(degree === null ? [] : [degree]);
  });
});

it('refuses unknown activations and invalid symmetries', () => {
  expect(failureOf(() => nodeSymmetry('tahn' as never))).toBe(
    `invalid_argument: expected one of ${activations.join(', ')} for activation of nodeSymmetry, received "tahn". Did you mean "tanh"?`,
  );
  expect(failureOf(() => signIsFree(null as never))).toBe(
    'invalid_argument: expected a symmetry { parity, degree } for symmetries[0], received null',
  );
  expect(failureOf(() => signIsFree({ parity: 'uneven' as never, degree: 1 }))).toBe(
    'invalid_argument: expected one of odd, even, none for parity of symmetries[0], received "uneven". Did you mean "even"?',
  );
});
