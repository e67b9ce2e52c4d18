/** Products of the Hessian with a direction, against central differences of gradients; in float64. */
import { describe, expect, it } from 'vitest';
import { type Dataset, type Network, Population, sgd } from '../../src/index.js';
import { normals } from '../../src/network/random.js';
import { rejectionOf } from '../failure.js';
import { branched, data, network, normalised, residual, twoTerms } from './networks.js';

const step = 1e-6;
const devices = ['reference', 'cpu'] as const;
const directionFor = (of: Network, part = 0) =>
  normals({ seed: 6, trial: 0, purpose: 'freeUse', part }, of.parameters.length, 1);

function populationOf(start: Network, samples: Dataset, options: object = {}): Population {
  const student = { network: start, data: samples, optimizer: sgd({ learningRate: 1 }), batchSize: 99 };
  return Population.create([{ ...student, epochs: 1, seed: 0 }], { dtype: 'float64', ...options });
}

async function gradientAt(
  start: Network,
  by: number,
  direction: Float64Array,
  samples: Dataset,
  statistics: object,
) {
  const moved = start.clone();
  for (let i = 0; i < direction.length; ++i)
    moved.parameters[i] = (moved.parameters[i] as number) + by * (direction[i] as number);
  using population = populationOf(moved, samples);
  const { gradients } = await population.at(0).gradients(samples, statistics);
  return gradients;
}

const isFrozen = (of: Network, name: string) => {
  const [, layer, tensor] = name.split('.') as [string, string, string];
  const tensors = of.spec.layers[Number(layer)]?.tensors as Record<string, { trainable: boolean }>;
  return tensors[tensor]?.trainable === false;
};

describe.each(devices)('Student.hessianProduct on %s', (device) => {
  it.each([
    ['a layer that two others read, add, concat, batch norm', branched(), 'mse' as const, {}],
    ['running statistics', branched(), 'mse' as const, { statistics: 'running' as const }],
    ['terms at two layers', branched(), twoTerms, {}],
    ['depth, group lasso', normalised(3), 'mse' as const, {}],
    ['residual blocks', residual(), 'mse' as const, {}],
  ])('is the slope of the gradient: %s', async (_, layers, loss, statistics) => {
    const start = network(layers, loss);
    const samples = data();
    const direction = directionFor(start);
    let offset = 0;
    for (const [name, { length }] of start.tensors()) {
      if (isFrozen(start, name)) direction.fill(0, offset, offset + length);
      offset += length;
    }
    using population = populationOf(start, samples, { device });
    const product = await population.at(0).hessianProduct(samples, direction, statistics);
    const above = await gradientAt(start, step, direction, samples, statistics);
    const below = await gradientAt(start, -step, direction, samples, statistics);
    for (const [name, values] of product) {
      for (let i = 0; i < values.length; ++i) {
        const wanted = ((above.get(name)?.[i] as number) - (below.get(name)?.[i] as number)) / (2 * step);
        const off = Math.abs((values[i] as number) - wanted) / Math.max(1, Math.abs(wanted));
        expect(off, `${name}[${i}]`).toBeLessThan(1e-6);
      }
    }
  });

  it('is linear and symmetric, and treats frozen tensors as constants', async () => {
    const start = network(branched());
    const samples = data();
    using population = populationOf(start, samples, { device });
    const [u, v] = [directionFor(start, 1), directionFor(start, 2)];
    const productOf = async (direction: Float64Array) => {
      const product = await population.at(0).hessianProduct(samples, direction);
      for (const [name, values] of product)
        if (isFrozen(start, name)) expect(values.every((value) => value === 0)).toBe(true);
      return [...product.values()].flatMap((values) => [...values]);
    };
    const [hu, hv] = [await productOf(u), await productOf(v)];
    const sum = await productOf(u.map((value, i) => value + 2 * (v[i] as number)));
    for (const [i, value] of sum.entries())
      expect(value).toBeCloseTo((hu[i] as number) + 2 * (hv[i] as number), 9);
    // Entries of frozen tensors meet products of 0.
    const dot = (a: Float64Array, b: readonly number[]) => b.reduce((s, x, i) => s + x * (a[i] as number), 0);
    expect(dot(v, hu)).toBeCloseTo(dot(u, hv), 9);
  });

  it('in float32 is that of float64, rounded, and does not change the student', async () => {
    const layers = normalised(2);
    const start = network(layers);
    const samples = data();
    using population = populationOf(start, samples, { device, dtype: 'float32' });
    using precise = populationOf(population.at(0).network(), samples, { device });
    const before = population.at(0).state();
    const direction = Float32Array.from(directionFor(start));
    const rounded = await population.at(0).hessianProduct(samples, direction);
    expect(population.at(0).state()).toEqual(before);
    const exact = await precise.at(0).hessianProduct(samples, Float64Array.from(direction));
    for (const [name, values] of rounded)
      for (const [i, value] of values.entries()) {
        const wanted = exact.get(name)?.[i] as number;
        // The data and the result are rounded to 6e-8.
        expect(Math.abs(value - wanted)).toBeLessThan(1e-5 * Math.max(1, Math.abs(wanted)));
      }
  });

  it('leaves the event loop free, and the direction may change meanwhile', async () => {
    const start = network(normalised(2));
    const samples = data(20_000);
    using population = populationOf(start, samples, { device });
    const direction = directionFor(start);
    let turns = 0;
    const timer = setInterval(() => ++turns, 1);
    const pending = population.at(0).hessianProduct(samples, direction);
    const kept = direction.slice();
    direction.fill(Number.NaN);
    expect(population.busy).toBe(true);
    const found = await pending;
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
    expect(await population.at(0).hessianProduct(samples, kept)).toEqual(found);
  });
});

it('refuses a direction of another network, other statistics, and data of another shape', async () => {
  const start = network(normalised(1));
  const samples = data();
  using population = populationOf(start, samples);
  const ask = (direction: never, options?: never) =>
    rejectionOf(population.at(0).hessianProduct(samples, direction, options));
  expect(await ask(new Float64Array(3) as never)).toMatch(/^invalid_argument: .*direction.*3/);
  expect(await ask(new Float32Array(start.parameters.length) as never)).toMatch(
    /^invalid_argument: .*direction/,
  );
  expect(await ask(directionFor(start) as never, { statistics: 'both' } as never)).toMatch(
    /^invalid_argument: .*statistics/,
  );
  expect(await ask(directionFor(start) as never, { inputs: true } as never)).toMatch(
    /^invalid_argument: .*inputs/,
  );
});
