/** Arrays in device memory and the layer kernels on them, whatever carries them. */
import { describe, expect, it } from 'vitest';
import { DeviceArray } from '../../src/kernels/device-array.js';
import { deviceKernels } from '../../src/kernels/device-kernels.js';
import { kernels } from '../../src/kernels/kernels.js';
import { failureOf } from '../failure.js';
import { scattered } from '../network/small-students.js';

/** Sums of up to 300 terms in float32, in any order: 300 x 6e-8 at worst. */
const tolerance = 2e-5;

const floats = (length: number, phase: number) => Float32Array.from(scattered(length, phase));

export function deviceArrayContract(name: string): void {
  describe(`an array on ${name}`, () => {
    it('keeps numbers', () => {
      const array = DeviceArray.from(Float32Array.of(1, -0, Number.NaN, 3e38), { device: 0 });
      expect(array.length).toBe(4);
      expect(array.device).toBe(0);
      expect([...array.toHost()]).toEqual([1, -0, Number.NaN, Math.fround(3e38)]);
      array.write(Float32Array.of(4, 3, 2, 1));
      expect([...array.toHost()]).toEqual([4, 3, 2, 1]);
      expect([...DeviceArray.zeros(3).toHost()]).toEqual([0, 0, 0]);
    });

    it('gives its memory back a thousand times', () => {
      for (let i = 0; i < 1000; ++i) DeviceArray.zeros(100_000).dispose();
      using last = DeviceArray.zeros(100_000);
      expect(last.length).toBe(100_000);
    });

    it('throws once disposed', () => {
      const array = DeviceArray.zeros(2);
      array.dispose();
      array.dispose();
      const disposed = (call: string) =>
        `invalid_argument: expected a DeviceArray in use for ${call}, received one after dispose()`;
      expect(failureOf(() => array.toHost())).toBe(disposed('read()'));
      expect(failureOf(() => array.write(new Float32Array(2)))).toBe(disposed('write()'));
      const [x, weights] = [DeviceArray.zeros(2), DeviceArray.zeros(2)];
      const request = { batch: 1, inputs: 2, outputs: 1, x, weights, y: DeviceArray.zeros(1) };
      request.y.dispose();
      expect(failureOf(() => deviceKernels.denseForward(request))).toBe(disposed('request.y'));
    });

    it.each<[string, () => unknown, string | RegExp]>([
      [
        'float64',
        () => DeviceArray.from(new Float64Array(2) as never),
        'expected a Float32Array for values, received Float64Array(2)',
      ],
      [
        'nothing',
        () => DeviceArray.from(new Float32Array(0)),
        'expected at least one number for values, received Float32Array(0)',
      ],
      ['half a number', () => DeviceArray.zeros(0.5), 'expected a positive integer for length, received 0.5'],
      [
        'another length',
        () => DeviceArray.zeros(2).write(new Float32Array(3)),
        'expected length 2 for values, received Float32Array(3)',
      ],
      [
        'a GPU that is not there',
        () => DeviceArray.zeros(2, { device: 99 }),
        /^expected the index of a GPU of this machine, which has 0 \(.+\) for device, received 99$/,
      ],
    ])('refuses %s', (_, work, message) => {
      const failure = failureOf(work).replace(/^invalid_argument: /, '');
      if (typeof message === 'string') expect(failure).toBe(message);
      else expect(failure).toMatch(message);
    });
  });

  describe(`layer kernels on ${name}`, () => {
    it.each([
      [1, 1, 1],
      [7, 31, 8],
      [33, 10, 300],
      [100, 300, 20],
    ])('batch %d, %d -> %d: forward and backward as on the CPU', (batch, inputs, outputs) => {
      const sizes = { batch, inputs, outputs };
      const host = {
        x: floats(batch * inputs, 1),
        eigenvectors: floats(outputs * inputs, 2),
        eigenvaluesIn: floats(inputs, 3),
        eigenvaluesOut: floats(outputs, 4),
      };
      const bias = floats(outputs, 5);
      const delta = floats(batch * outputs, 6);
      const device = onDevice(host);
      const forward = { z: nans(batch * outputs), y: nans(batch * outputs) };
      const deviceForward = onDevice(forward);
      kernels.spectralForward({ ...sizes, ...host, bias, activation: 'relu', ...forward });
      const { milliseconds } = deviceKernels.spectralForward({
        ...sizes,
        ...device,
        ...onDevice({ bias }),
        activation: 'relu',
        ...deviceForward,
      });
      expect(milliseconds).toBeGreaterThan(0);
      expectSame(deviceForward, forward);

      const gradients = {
        gradEigenvectors: nans(outputs * inputs),
        gradEigenvaluesIn: nans(inputs),
        gradEigenvaluesOut: nans(outputs),
        gradBias: nans(outputs),
        gradX: nans(batch * inputs),
      };
      const deviceGradients = onDevice(gradients);
      kernels.spectralBackward({ ...sizes, ...host, delta, ...gradients });
      deviceKernels.spectralBackward({ ...sizes, ...device, ...onDevice({ delta }), ...deviceGradients });
      expectSame(deviceGradients, gradients);
    });

    it('dense layers, too', () => {
      const sizes = { batch: 8, inputs: 31, outputs: 33 };
      const host = { x: floats(8 * 31, 1), weights: floats(33 * 31, 2) };
      const delta = floats(8 * 33, 3);
      const [y, gradWeights] = [nans(8 * 33), nans(33 * 31)];
      const device = onDevice(host);
      const filled = onDevice({ y });
      const gradients = onDevice({ gradWeights });
      kernels.denseForward({ ...sizes, ...host, y });
      deviceKernels.denseForward({ ...sizes, ...device, ...filled });
      expectSame(filled, { y });
      kernels.denseBackward({ ...sizes, ...host, delta, gradWeights });
      deviceKernels.denseBackward({ ...sizes, ...device, ...onDevice({ delta }), ...gradients });
      expectSame(gradients, { gradWeights });
    });

    const request = () => ({
      batch: 1,
      inputs: 2,
      outputs: 1,
      x: DeviceArray.zeros(2),
      weights: DeviceArray.zeros(2),
      y: DeviceArray.zeros(1),
    });
    it.each<[string, () => unknown, string]>([
      [
        'an array in host memory',
        () => deviceKernels.denseForward({ ...request(), y: new Float32Array(1) as never }),
        'expected a DeviceArray (see DeviceArray.from) for y of deviceKernels.denseForward, received Float32Array(1)',
      ],
      [
        'a wrong length',
        () => deviceKernels.denseForward({ ...request(), x: DeviceArray.zeros(3) }),
        'expected length 2 (1 x 2) for x of deviceKernels.denseForward, received one of length 3',
      ],
      [
        'a backend',
        () => deviceKernels.denseForward({ ...request(), backend: 'cpu' } as never),
        'unknown option "backend" in deviceKernels.denseForward; known: batch, inputs, outputs, activation, x, bias, z, y, weights',
      ],
    ])('refuse %s', (_, work, message) => {
      expect(failureOf(work)).toBe(`invalid_argument: ${message}`);
    });

    it('refuse to fill an array that is also read', () => {
      const x = DeviceArray.zeros(1);
      const failure = failureOf(() =>
        deviceKernels.denseForward({ ...request(), inputs: 1, weights: x, x, y: x }),
      );
      expect(failure).toMatch(/^invalid_argument: expected memory of its own, not that of x for y /);
    });
  });
}

function nans(length: number): Float32Array {
  return new Float32Array(length).fill(Number.NaN);
}

function onDevice<Name extends string>(
  arrays: Readonly<Record<Name, Float32Array>>,
): Record<Name, DeviceArray> {
  const entries = Object.entries<Float32Array>(arrays).map(([name, values]) => [
    name,
    DeviceArray.from(values),
  ]);
  return Object.fromEntries(entries) as Record<Name, DeviceArray>;
}

function expectSame(
  got: Readonly<Record<string, DeviceArray>>,
  expected: Readonly<Record<string, Float32Array>>,
): void {
  for (const [name, values] of Object.entries(expected)) {
    const numbers = (got[name] as DeviceArray).toHost();
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
    const apart = numbers.reduce((most, value, i) => {
      const distance = Math.abs(value - (values[i] as number));
      return distance <= most ? most : distance; // a NaN stays
    }, 0);
    expect(apart / largest, name).toBeLessThan(tolerance);
  }
}
