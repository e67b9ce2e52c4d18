/** The class of the addon behind populationLoss(), which checks sizes and kinds of arrays itself. */
import { describe, expect, it } from 'vitest';
import { addon } from '../../src/native/load.js';
import { failureOf } from '../failure.js';

const spec = {
  activation: 'erf',
  slope: 0.01,
  neurons: 2,
  teacherNeurons: 1,
  inputs: 2,
  weights: Float64Array.of(1, 0),
  outgoing: Float64Array.of(1),
};
const { PopulationLoss } = addon();
const parameters = Float64Array.of(0.5, 0.1, -0.2, 0.4, 1, 2);

describe('the native PopulationLoss', () => {
  it('overwrites outputs that are not a number', () => {
    const loss = new PopulationLoss(spec);
    const gradient = new Float64Array(6).fill(Number.NaN);
    const hessian = new Float64Array(36).fill(Number.NaN);
    const product = new Float64Array(6).fill(Number.NaN);
    const value = loss.value(parameters);
    expect(loss.gradient(parameters, gradient)).toBe(value);
    expect(loss.hessian(parameters, hessian)).toBe(value);
    loss.hessianProduct(parameters, gradient, product);
    for (const numbers of [gradient, hessian, product]) expect(numbers.every(Number.isFinite)).toBe(true);
  });

  it.each([
    [
      { activation: 'elu' },
      /^invalid_argument: expected an activation with a population loss .* received elu$/,
    ],
    [
      { activation: 'none' },
      /^invalid_argument: expected one of linear, .* for spec.activation, received "none"$/,
    ],
    [{ neurons: 0 }, 'invalid_argument: expected an integer from 1 to 1048576 for spec.neurons, received 0'],
    [
      { neurons: 2 ** 40 },
      'invalid_argument: expected an integer from 1 to 1048576 for spec.neurons, received 1099511627776',
    ],
    [{ slope: Number.NaN }, 'invalid_argument: expected a finite number for spec.slope, received NaN'],
    [
      { weights: new Float64Array(3) },
      'invalid_argument: expected a Float64Array of length 2 for spec.weights, received Float64Array(3)',
    ],
    [{ outgoing: [1] }, /for spec.outgoing, received an array of length 1$/],
    [{ neurons: 2 ** 20 }, /^out_of_memory: /],
  ])('refuses %j', (changes, message) => {
    const failure = failureOf(() => new PopulationLoss({ ...spec, ...changes } as typeof spec));
    if (typeof message === 'string') expect(failure).toBe(message);
    else expect(failure).toMatch(message);
  });

  it('refuses arrays of other lengths and kinds, and other receivers', () => {
    const loss = new PopulationLoss(spec);
    const short = new Float64Array(5);
    expect(failureOf(() => loss.value(short))).toMatch(/for parameters, received Float64Array\(5\)$/);
    expect(failureOf(() => loss.gradient(parameters, short))).toMatch(
      /for into, received Float64Array\(5\)$/,
    );
    expect(failureOf(() => loss.hessian(parameters, new Float64Array(35)))).toMatch(/for into, received/);
    expect(failureOf(() => loss.hessianProduct(parameters, short, short))).toMatch(/for direction, received/);
    expect(failureOf(() => loss.value(new Float32Array(6) as unknown as Float64Array))).toMatch(
      /for parameters, received Float32Array\(6\)$/,
    );
    expect(() => loss.value.call({} as typeof loss, parameters)).toThrow();
  });
});
