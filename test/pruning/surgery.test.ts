import { describe, expect, it } from 'vitest';
import { dense, type Layer, spectral, sum } from '../../src/network/layers.js';
import { Network } from '../../src/network/network.js';
import { checkHiddenLayer } from '../../src/network/removal-order.js';
import { keepNodes } from '../../src/pruning/surgery.js';

/** Parameters 1, 2, 3, ... so that every entry tells where it came from. */
function numbered(inputs: number, layers: Layer[], dtype: 'float32' | 'float64' = 'float64'): Network {
  const network = Network.create({ inputs, layers }, { seed: 0, dtype });
  network.parameters.forEach((_, i) => {
    network.parameters[i] = i + 1;
  });
  return network;
}

const values = (network: Network, name: string) => Array.from(network.tensor(name));

describe('keepNodes', () => {
  const layers = [spectral(3, { bias: true, activation: 'tanh' }), spectral(2, { bias: true }), sum()];
  // layers.0: eigenvectors [3][2] 1-6, eigenvaluesIn 7-8, eigenvaluesOut 9-11, bias 12-14
  // layers.1: eigenvectors [2][3] 15-20, eigenvaluesIn 21-23, eigenvaluesOut 24-25, bias 26-27; layers.2: 28-29

  it('takes rows of the layer and columns of the next', () => {
    const small = keepNodes(numbered(2, layers), 0, Uint32Array.of(0, 2));
    expect(small.spec.layers.map((layer) => layer.width)).toEqual([2, 2, 1]);
    expect(values(small, 'layers.0.eigenvectors')).toEqual([1, 2, 5, 6]);
    expect(values(small, 'layers.0.eigenvaluesIn')).toEqual([7, 8]);
    expect(values(small, 'layers.0.eigenvaluesOut')).toEqual([9, 11]);
    expect(values(small, 'layers.0.bias')).toEqual([12, 14]);
    expect(values(small, 'layers.1.eigenvectors')).toEqual([15, 17, 18, 20]);
    expect(values(small, 'layers.1.eigenvaluesIn')).toEqual([21, 23]);
    expect(values(small, 'layers.1.eigenvaluesOut')).toEqual([24, 25]);
    expect(values(small, 'layers.1.bias')).toEqual([26, 27]);
    expect(values(small, 'layers.2.weights')).toEqual([28, 29]);
  });

  it('cuts in the middle, where the next layer is dense, in float32 too', () => {
    const small = keepNodes(numbered(2, layers, 'float32'), 1, Uint32Array.of(1));
    expect(small.dtype).toBe('float32');
    expect(small.shape('layers.1.eigenvectors')).toEqual([1, 3]);
    expect(values(small, 'layers.0.eigenvectors')).toEqual([1, 2, 3, 4, 5, 6]);
    expect(values(small, 'layers.1.eigenvectors')).toEqual([18, 19, 20]);
    expect(values(small, 'layers.1.eigenvaluesIn')).toEqual([21, 22, 23]);
    expect(values(small, 'layers.1.eigenvaluesOut')).toEqual([25]);
    expect(values(small, 'layers.2.weights')).toEqual([29]);
  });

  it('does not change the network and shares no memory with it', () => {
    const network = numbered(2, layers);
    const before = network.parameters.slice();
    const whole = keepNodes(network, 0, Uint32Array.of(0, 1, 2));
    expect(whole.parameters).toEqual(before);
    expect(whole.spec).toEqual(network.spec);
    whole.parameters.fill(0);
    expect(network.parameters).toEqual(before);
  });

  it('keeps activations, loss, what trains and how it is penalised', () => {
    const network = numbered(2, [
      spectral(3, { activation: 'erf', trainable: ['eigenvaluesIn'], l1: { eigenvaluesIn: 0.5 } }),
      dense(2, { l2: { weights: 0.25 } }),
    ]);
    const { spec } = keepNodes(network, 0, Uint32Array.of(1));
    expect(spec).toEqual({
      ...network.spec,
      layers: [{ ...network.spec.layers[0], width: 1 }, network.spec.layers[1]],
    });
  });

  it('cuts initialisers that are arrays, and replaces orthonormal rows that no longer fit', () => {
    const network = numbered(2, [
      dense(3, { bias: true, initialize: { bias: [7, 8, 9] } }),
      spectral(2, {
        initialize: { eigenvectors: 'orthonormalRows', eigenvaluesIn: Float32Array.of(4, 5, 6) },
      }),
    ]);
    const [first, second] = keepNodes(network, 0, Uint32Array.of(2)).spec.layers as [Layer, Layer];
    expect(first.tensors).toMatchObject({
      weights: { initialize: 'glorotUniform' },
      bias: { initialize: Float64Array.of(9) },
    });
    expect(second.tensors).toMatchObject({
      eigenvectors: { initialize: Float64Array.of(12, 15) }, // [2][1]: no two orthonormal rows of length 1
      eigenvaluesIn: { initialize: Float64Array.of(6) },
      eigenvaluesOut: { initialize: 1 },
    });
    const [, roomy] = keepNodes(network, 0, Uint32Array.of(0, 2)).spec.layers as [Layer, Layer];
    expect(roomy.tensors).toMatchObject({ eigenvectors: { initialize: 'orthonormalRows' } });
  });

  it.each<[string, number, unknown, string]>([
    [
      'no nodes',
      0,
      new Uint32Array(0),
      'expected a Uint32Array of at least one node for kept, received Uint32Array(0)',
    ],
    [
      'a plain array',
      0,
      [1],
      'expected a Uint32Array of at least one node for kept, received an array of length 1',
    ],
    [
      'a node twice',
      0,
      Uint32Array.of(1, 1),
      'expected distinct nodes from 0 to 2 by ascending index for kept, received 1 at index 1',
    ],
    [
      'nodes out of order',
      0,
      Uint32Array.of(2, 0),
      'expected distinct nodes from 0 to 2 by ascending index for kept, received 0 at index 1',
    ],
    [
      'a node that is not there',
      0,
      Uint32Array.of(0, 3),
      'expected distinct nodes from 0 to 2 by ascending index for kept, received 3 at index 1',
    ],
    [
      'the last layer',
      2,
      Uint32Array.of(0),
      'expected a hidden layer, not the last for layer, received 2. Its nodes are the outputs; removing them is no pruning',
    ],
    [
      'a layer that is not there',
      5,
      Uint32Array.of(0),
      'expected a layer index from 0 to 2 for layer, received 5',
    ],
  ])('refuses %s', (_, layer, kept, message) => {
    const network = numbered(2, layers);
    expect(() => keepNodes(network, layer, kept as Uint32Array)).toThrow(
      expect.objectContaining({ code: 'invalid_argument', message }),
    );
  });

  it('refuses layers that are not hidden', () => {
    const { spec } = numbered(2, layers);
    expect(checkHiddenLayer(spec, 1)).toBe(1);
    expect(() => checkHiddenLayer(numbered(2, [sum()]).spec, 0)).toThrow('a hidden layer, not the last');
  });
});
