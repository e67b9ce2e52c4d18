import { expect, it } from 'vitest';
import { dense, spectral } from '../../src/network/layers.js';
import { Network } from '../../src/network/network.js';
import { inputRelevance } from '../../src/pruning/input-relevance.js';
import { failureOf } from '../failure.js';

const initialize = { eigenvaluesIn: [0.5, -2, 0], eigenvaluesOut: 0 };
const create = (first: Parameters<typeof Network.create>[0]['layers'][number]) =>
  Network.create({ inputs: 3, layers: [first, dense(1)] }, { seed: 1 });

it('is the absolute eigenvalue of each input, which scales all of its weights', () => {
  const network = create(spectral(4, { initialize }));
  expect([...inputRelevance(network)]).toEqual([0.5, 2, 0]);
  const weights = network.effectiveWeights(0);
  const vectors = network.tensor('layers.0.eigenvectors');
  expect([...weights]).toEqual(
    [...vectors].map((phi, k) => Math.fround((initialize.eigenvaluesIn[k % 3] as number) * phi)),
  );
});

it('is refused where it is not defined', () => {
  expect(failureOf(() => inputRelevance(create(dense(4))))).toMatch(
    /^invalid_argument: expected a spectral first layer for inputRelevance, received a dense one\. Train it with spectral\(/,
  );
  expect(failureOf(() => inputRelevance(create(spectral(4))))).toMatch(
    /^invalid_argument: expected 0, without which eigenvaluesIn are not all that scales an input for eigenvaluesOut\[0\] of the first layer, received 1\. Train it with/,
  );
  expect(failureOf(() => inputRelevance({} as Network))).toMatch(
    /^invalid_argument: expected a Network for network of inputRelevance, received an object/,
  );
});
