import { describe, expect, it } from 'vitest';
import { dense, spectral, sum } from '../../src/network/layers.js';
import { Network } from '../../src/network/network.js';
import { type Criterion, relevance } from '../../src/pruning/relevance.js';

/** 2 -> 3 spectral -> 2 dense -> 1; phi rows have norms 5, 13, 0. */
function network(eigenvaluesIn: [number, number] = [0, 0]): Network {
  return Network.from(
    { inputs: 2, layers: [spectral(3), dense(2), sum()] },
    Float64Array.of(
      ...[3, 4, 5, -12, 0, 0], // eigenvectors
      ...eigenvaluesIn,
      ...[-2, 0.5, 7], // eigenvaluesOut
      ...[1, 2, 2, 0, 0, -4], // weights of the dense layer
      ...[1, 1],
    ),
  );
}

const root3 = Math.sqrt(3);
const root2 = Math.sqrt(2);

describe('relevance', () => {
  it.each<[string, number, Criterion | undefined, number[]]>([
    ['L: |lambda_out| ||phi|| sqrt(h)', 0, 'L', [10 * root3, 6.5 * root3, 0]],
    ['M: ||w|| sqrt(h), which is L where eigenvaluesIn = 0', 0, 'M', [10 * root3, 6.5 * root3, 0]],
    ['eigenvalue: |lambda_out|', 0, 'eigenvalue', [2, 0.5, 7]],
    ['weightNorm: ||w||', 0, 'weightNorm', [10, 6.5, 0]],
    ['M of a dense layer', 1, 'M', [3 * root2, 4 * root2]],
    ['weightNorm of a dense layer', 1, 'weightNorm', [3, 4]],
    ['by default L in a spectral layer', 0, undefined, [10 * root3, 6.5 * root3, 0]],
    ['by default M in a dense layer', 1, undefined, [3 * root2, 4 * root2]],
    ['of the last layer too', 2, 'weightNorm', [root2]],
  ])('is %s', (_, layer, criterion, expected) => {
    const found = relevance(network(), layer, criterion);
    expect(found).toBeInstanceOf(Float64Array);
    expect(found).toHaveLength(expected.length);
    for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 13);
  });

  it('refuses L where eigenvaluesIn is trained, as it is not the norm of the weights there', () => {
    const trained = network([1, 0]);
    // W = (lambda_in_j - lambda_out_i) phi_ij: rows (9, 8), (2.5, 6), (0, 0)
    const found = relevance(trained, 0, 'weightNorm');
    for (const [i, value] of [Math.hypot(9, 8), 6.5, 0].entries()) expect(found[i]).toBeCloseTo(value, 13);
    for (const criterion of ['L', undefined] as const) {
      expect(() => relevance(trained, 0, criterion)).toThrow(
        expect.objectContaining({
          code: 'invalid_argument',
          message:
            'expected eigenvaluesIn = 0 in layer 0 for criterion "L", received eigenvaluesIn[0] = 1: L is not the norm ' +
            'of the weights then. Use criterion "weightNorm"',
        }),
      );
    }
    expect(relevance(trained, 0, 'eigenvalue')).toEqual(Float64Array.of(2, 0.5, 7));
  });

  it('is computed in float64 for a float32 network', () => {
    const found = relevance(network().clone('float32'), 0, 'L');
    expect(found).toEqual(relevance(network(), 0, 'L')); // all numbers above are exact in float32
  });

  it.each<[string, () => unknown, string]>([
    [
      'L of a dense layer',
      () => relevance(network(), 1, 'L'),
      'expected a spectral layer for criterion "L", received layer 1, which is dense and has no eigenvalues. Use ' +
        'criterion "M" or "weightNorm"',
    ],
    [
      'eigenvalue of a dense layer',
      () => relevance(network(), 1, 'eigenvalue'),
      'expected a spectral layer for criterion "eigenvalue", received layer 1, which is dense and has no eigenvalues. ' +
        'Use criterion "M" or "weightNorm"',
    ],
    [
      'an unknown criterion',
      () => relevance(network(), 0, 'eigenvalues' as never),
      'expected one of L, M, eigenvalue, weightNorm, relevance, l1, batchNormScale, random for criterion, received "eigenvalues". Did you mean "eigenvalue"?',
    ],
    [
      'a layer that is not there',
      () => relevance(network(), 3),
      'expected a layer index from 0 to 2 for layer, received 3',
    ],
  ])('refuses %s', (_, call, message) => {
    expect(call).toThrow(expect.objectContaining({ code: 'invalid_argument', message }));
  });

  it('refuses a network that has diverged', () => {
    const broken = network();
    broken.tensor('layers.0.eigenvectors')[3] = Number.NaN;
    expect(() => relevance(broken, 0)).toThrow(
      expect.objectContaining({
        code: 'diverged',
        message:
          'expected finite parameters in layer 0 to rank its nodes, received relevance NaN for node 1. Train again ' +
          'with a lower learning rate',
      }),
    );
  });
});
