import { describe, expect, it } from 'vitest';
import { kernels } from '../../src/kernels/kernels.js';
import { failureOf } from '../failure.js';

/** B = 2, N_in = 2, N_out = 1. W = (lambdaIn - lambdaOut) phi = [(2-5)1, (3-5)10] = [-3, -20] */
const sizes = { batch: 2, inputs: 2, outputs: 1 };
const nan = (length: number) => new Float64Array(length).fill(NaN);
const spectral = () => ({
  ...sizes,
  x: Float64Array.of(1, 2, 3, 4),
  eigenvectors: Float64Array.of(1, 10),
  eigenvaluesIn: Float64Array.of(2, 3),
  eigenvaluesOut: Float64Array.of(5),
});
const dense = () => ({ ...sizes, x: Float64Array.of(1, 2, 3, 4), weights: Float64Array.of(-3, -20) });

describe.each(['cpu', 'reference'] as const)('kernels on %s', (backend) => {
  it('compute the outputs of a layer', () => {
    const bias = Float64Array.of(0.5);
    const [z, y, denseY] = [nan(2), nan(2), nan(2)];
    kernels.spectralForward({ ...spectral(), bias, activation: 'quadratic', z, y, backend });
    expect(z).toEqual(Float64Array.of(-42.5, -88.5));
    expect(y).toEqual(Float64Array.of(42.5 ** 2, 88.5 ** 2));
    kernels.denseForward({ ...dense(), y: denseY, backend });
    expect(denseY).toEqual(Float64Array.of(-43, -89));
  });

  it('compute the gradients of a layer', () => {
    // delta = [1, 2]: G = sum over the batch of delta x = [1 + 6, 2 + 8] = [7, 10]
    const delta = Float64Array.of(1, 2);
    const gradients = {
      gradEigenvectors: nan(2),
      gradEigenvaluesIn: nan(2),
      gradEigenvaluesOut: nan(1),
      gradBias: nan(1),
      gradX: nan(4),
    };
    kernels.spectralBackward({ ...spectral(), delta, ...gradients, backend });
    expect(gradients).toEqual({
      gradEigenvectors: Float64Array.of(7 * -3, 10 * -2),
      gradEigenvaluesIn: Float64Array.of(7, 100),
      gradEigenvaluesOut: Float64Array.of(-107),
      gradBias: Float64Array.of(3),
      gradX: Float64Array.of(-3, -20, -6, -40),
    });
    const [gradWeights, gradX] = [nan(2), nan(4)];
    kernels.denseBackward({ ...dense(), delta, gradWeights, gradX, backend });
    expect(gradWeights).toEqual(Float64Array.of(7, 10));
    expect(gradX).toEqual(Float64Array.of(-3, -20, -6, -40));
  });

  it('work in float32 on views at any offset', () => {
    const buffer = new Float32Array(32).fill(NaN);
    const part = (start: number, values: number[]) => {
      buffer.set(values, start);
      return buffer.subarray(start, start + values.length);
    };
    const y = buffer.subarray(29, 31);
    kernels.denseForward({ ...sizes, x: part(1, [1, 2, 3, 4]), weights: part(7, [-3, -20]), y, backend });
    expect(y).toEqual(Float32Array.of(-43, -89));
    expect(buffer[28]).toBeNaN();
    expect(buffer[31]).toBeNaN();
  });
});

describe('what kernels refuse', () => {
  const y = () => new Float64Array(2);
  const delta = () => new Float64Array(2);

  it.each<[string, () => unknown, string]>([
    [
      'a missing array',
      () => kernels.spectralForward({ ...spectral(), y: undefined as never }),
      'expected a Float64Array for y of kernels.spectralForward, received undefined',
    ],
    [
      'another kind',
      () => kernels.denseForward({ ...dense(), y: new Float32Array(2) }),
      'expected a Float64Array for y of kernels.denseForward, received Float32Array(2)',
    ],
    [
      'integers',
      () => kernels.denseForward({ ...dense(), x: new Int32Array(4) as never, y: y() }),
      'expected a Float32Array or Float64Array for x of kernels.denseForward, received Int32Array(4)',
    ],
    [
      'another length',
      () => kernels.spectralForward({ ...spectral(), eigenvaluesIn: new Float64Array(3), y: y() }),
      'expected length 2 (2) for eigenvaluesIn of kernels.spectralForward, received Float64Array(3)',
    ],
    [
      'another matrix',
      () =>
        kernels.spectralBackward({ ...spectral(), delta: delta(), gradEigenvectors: new Float64Array(4) }),
      'expected length 2 (1 x 2) for gradEigenvectors of kernels.spectralBackward, received Float64Array(4)',
    ],
    [
      'a batch of 0',
      () => kernels.denseForward({ ...dense(), batch: 0, y: y() }),
      'expected a positive integer for batch, received 0',
    ],
    [
      'half an output',
      () => kernels.denseForward({ ...dense(), outputs: 0.5, y: y() }),
      'expected a positive integer for outputs, received 0.5',
    ],
    [
      'sizes that overflow',
      () => kernels.denseForward({ ...dense(), batch: 2 ** 30, y: y(), inputs: 2 ** 30 }),
      'expected at most 4294967295 elements, received batch 1073741824 x inputs 1073741824 = 1152921504606847000',
    ],
    [
      'an unknown backend',
      () => kernels.denseForward({ ...dense(), y: y(), backend: 'cuda' as never }),
      'expected one of cpu, reference for backend of kernels.denseForward, received "cuda"',
    ],
    [
      'an unknown activation',
      () => kernels.denseForward({ ...dense(), y: y(), activation: 'tanhh' as never }),
      'expected one of linear, relu, leakyRelu, elu, tanh, sigmoid, softplus, gelu, erf, quadratic, scaledErf for activation of kernels.denseForward, received "tanhh". Did you mean "tanh"?',
    ],
    [
      "another kernel's array",
      () => kernels.denseBackward({ ...dense(), delta: delta(), gradEigenvectors: y() } as never),
      'unknown option "gradEigenvectors" in kernels.denseBackward; known: batch, inputs, outputs, backend, x, delta, gradBias, gradX, weights, gradWeights',
    ],
  ])('refuses %s', (_, work, message) => {
    expect(failureOf(work)).toBe(`invalid_argument: ${message}`);
  });

  it('refuses an output array that overlaps another array', () => {
    const buffer = new Float64Array(6);
    const request = { ...dense(), x: buffer.subarray(0, 4), y: buffer.subarray(3, 5) };
    expect(failureOf(() => kernels.denseForward(request))).toBe(
      'invalid_argument: expected memory of its own, not that of x for y of kernels.denseForward, received Float64Array(2)',
    );
    expect(() => kernels.denseForward({ ...request, y: buffer.subarray(4, 6) })).not.toThrow();
  });

  it('refuses a detached array', () => {
    const weights = Float64Array.of(1, 2);
    structuredClone(weights.buffer, { transfer: [weights.buffer] });
    expect(failureOf(() => kernels.denseForward({ ...dense(), weights, y: y() }))).toContain(
      'The buffer is detached',
    );
  });
});
