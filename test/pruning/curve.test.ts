import { describe, expect, it } from 'vitest';
import { Dataset } from '../../src/network/dataset.js';
import { dense, spectral, sum } from '../../src/network/layers.js';
import { Network } from '../../src/network/network.js';
import { normals } from '../../src/network/random.js';
import { adam } from '../../src/population/optimizers.js';
import { Population } from '../../src/population/population.js';
import { pruningCurve } from '../../src/pruning/curve.js';

const draw = (part: number, count: number) => normals({ seed: 5, trial: 0, purpose: 'freeUse', part }, count);
const data = Dataset.create({ inputs: draw(0, 64 * 4), inputCount: 4, targets: draw(1, 64) });

/** 4 -> 3 (linear) -> 1: phi has rows of norm 3, 0, 4 along the axes and lambda_out = 1, so y = -3 x_0 - 4 x_2. */
function known(): Network {
  return Network.from(
    { inputs: 4, layers: [spectral(3), sum()] },
    Float64Array.of(
      ...[3, 0, 0, 0],
      ...[0, 0, 0, 0],
      ...[0, 0, 4, 0],
      ...[0, 0, 0, 0],
      ...[1, 1, 1],
      ...[1, 1, 1],
    ),
  );
}

/** Two students, of which the second is the one looked at. */
function students(): Population {
  const options = { data, optimizer: adam({ learningRate: 0.01 }), batchSize: 16, epochs: 3, seed: 1 };
  return Population.create([
    { ...options, layers: [dense(6), sum()] },
    { ...options, layers: [spectral(9, { activation: 'relu' }), dense(5, { activation: 'relu' }), sum()] },
  ]);
}

describe('pruningCurve', () => {
  it('returns order, relevance, effective size and every loss', async () => {
    const curve = await pruningCurve(known(), data);
    expect(curve).toMatchObject({ criterion: 'L', layer: 0, effectiveSize: 2 });
    expect(curve.order).toEqual(Uint32Array.of(1, 0, 2));
    expect(Array.from(curve.relevance)).toEqual([expect.closeTo(0.75, 14), 0, 1]);
    const targets = data.targets as Float64Array;
    const mse = (answer: (x: Float64Array) => number) =>
      targets.reduce((total, target, sample) => {
        const x = data.inputs.subarray(4 * sample, 4 * sample + 4) as Float64Array;
        return total + (answer(x) - target) ** 2;
      }, 0) / targets.length;
    const full = mse((x) => -3 * (x[0] as number) - 4 * (x[2] as number));
    const expected = [mse(() => 0), mse((x) => -4 * (x[2] as number)), full, full];
    expect(curve.losses).toHaveLength(4);
    for (const [kept, loss] of expected.entries()) expect(curve.losses[kept]).toBeCloseTo(loss, 11);
  });

  it('ends, at the full width, at the loss that evaluate gives', async () => {
    const network = known();
    const { losses } = await pruningCurve(network, data);
    expect(losses[3]).toBeCloseTo((await network.evaluate(data)).loss, 12);
  });

  it('of a student is that of its network, and leaves the student as it was', async () => {
    const population = students();
    await population.run(3);
    const student = population.at(1);
    const before = student.state();
    const curve = await pruningCurve(student, data);
    expect(curve).toEqual(await pruningCurve(student.network(), data));
    expect(curve.losses).toHaveLength(10);
    expect(new Set(curve.losses).size).toBeGreaterThan(5); // it is a curve and not a constant
    expect(student.state()).toEqual(before);
    const second = await pruningCurve(student, data, { layer: 1 });
    expect(second).toMatchObject({ criterion: 'M', layer: 1 });
    expect(second.losses).toHaveLength(6);
    population.dispose();
  });

  it('accepts another criterion, or given relevance', async () => {
    const byWeights = await pruningCurve(known(), data, { criterion: 'M' }); // equal to L, as eigenvaluesIn = 0
    expect(byWeights).toEqual({ ...(await pruningCurve(known(), data)), criterion: 'M' });
    const given = await pruningCurve(known(), data, { relevance: [1, 4, 2] });
    expect(given).toMatchObject({ criterion: 'given', effectiveSize: 3 });
    expect(given.order).toEqual(Uint32Array.of(0, 2, 1));
    expect(given.relevance).toEqual(Float64Array.of(0.25, 1, 0.5));
  });

  it('of nodes that are all dead has effective size 0', async () => {
    const dead = known();
    dead.tensor('layers.0.eigenvaluesOut').fill(0);
    const curve = await pruningCurve(dead, data);
    expect(curve.effectiveSize).toBe(0);
    expect(curve.relevance).toEqual(new Float64Array(3));
    expect(new Set(curve.losses).size).toBe(1);
  });

  it.each<[string, () => Promise<unknown>, string]>([
    [
      'what is no network',
      () => pruningCurve({} as never, data),
      'expected a Network or a Student for the first argument of pruningCurve, received an object (Object)',
    ],
    [
      'the last layer',
      () => pruningCurve(known(), data, { layer: 1 }),
      'expected a hidden layer, not the last for layer, received 1. Its nodes are the outputs; removing them is no pruning',
    ],
    [
      'a criterion and a relevance at once',
      () => pruningCurve(known(), data, { criterion: 'L', relevance: [1, 2, 3] }),
      'expected a criterion or a relevance, received both (criterion "L"). Leave one out',
    ],
    [
      'a relevance of another length',
      () => pruningCurve(known(), data, { relevance: [1, 2] }),
      'expected 3 numbers, one per node of layer 0 for relevance, received an array of length 2',
    ],
    [
      'a relevance below 0',
      () => pruningCurve(known(), data, { relevance: [1, 2, -3] }),
      'expected a finite number of at least 0 for relevance[2], received -3',
    ],
    [
      'a misspelt option',
      () => pruningCurve(known(), data, { criteria: 'L' } as never),
      'unknown option "criteria" in pruningCurve; known: layer, criterion, relevance, seed, points. Did you mean "criterion"?',
    ],
    [
      'what is no data',
      () => pruningCurve(known(), [] as never),
      'expected a Dataset (see Dataset.create) for data, received an array of length 0',
    ],
  ])('refuses %s', async (_, call, message) => {
    await expect(call()).rejects.toMatchObject({ code: 'invalid_argument', message });
  });

  it('refuses a student whose population is busy or disposed', async () => {
    const population = students();
    const student = population.at(1);
    const running = population.run(3);
    await expect(pruningCurve(student, data)).rejects.toMatchObject({ code: 'population_busy' });
    await running;
    const curve = pruningCurve(student, data);
    await expect(pruningCurve(student, data)).rejects.toMatchObject({ code: 'population_busy' });
    await curve;
    population.dispose();
    await expect(pruningCurve(student, data)).rejects.toMatchObject({ code: 'population_disposed' });
  });
});
