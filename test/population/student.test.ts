import { describe, expect, it } from 'vitest';
import { Dataset } from '../../src/network/dataset.js';
import { sgd } from '../../src/population/optimizers.js';
import { Population } from '../../src/population/population.js';
import type { StudentState } from '../../src/population/student.js';
import { failureOf, rejectionOf } from '../failure.js';
import { scattered, smallData, smallStudent } from '../network/small-students.js';

const create = (options: Parameters<typeof smallStudent>[0] = {}) =>
  Population.create([smallStudent({ seed: 1 }), smallStudent(options)], { dtype: 'float64' }).at(1);

describe('Student', () => {
  it('gives a snapshot of its network', async () => {
    const student = create();
    const before = student.network();
    const copy = before.clone();
    await student.predict(scattered(3));
    before.parameters.fill(0);
    expect(student.network().parameters).toEqual(copy.parameters);
    expect(student.network().spec).toEqual(student.spec);
  });

  it('predicts, evaluates and prunes as its network does', async () => {
    const student = create();
    const data = smallData(20, 3);
    const network = student.network();
    expect(await student.predict(data)).toEqual(await network.predict(data));
    expect(await student.predict(data.inputs)).toEqual(await network.predict(data));
    expect(await student.evaluate(data)).toEqual(await network.evaluate(data));
    const order = Uint32Array.of(6, 2, 4, 0, 1, 3, 5);
    const losses = await student.pruningLosses(0, order, data);
    expect(losses).toEqual(await network.pruningLosses(0, order, data));
    expect(losses).toHaveLength(8);
    expect(losses[7]).toBeCloseTo((await student.evaluate(data)).loss, 12);
  });

  it('separates the loss from the penalty', async () => {
    const student = create();
    const data = smallData(20, 3);
    const { dataLoss, penalty, gradients } = student.gradient(data);
    expect(dataLoss).toBeCloseTo((await student.evaluate(data)).loss, 12);
    const network = student.network();
    const values = (name: string) => Float64Array.from(network.tensor(name));
    const squares = (name: string) => values(name).reduce((sum, x) => sum + x * x, 0);
    const magnitudes = (name: string) => values(name).reduce((sum, x) => sum + Math.abs(x), 0);
    expect(penalty).toBeCloseTo(
      1e-3 *
        (squares('layers.0.eigenvectors') +
          squares('layers.0.eigenvaluesOut') +
          magnitudes('layers.1.weights')),
      12,
    );
    expect([...gradients.keys()]).toEqual([...network.tensors().keys()]);
  });

  it('has no second moment with SGD', () => {
    const state = create({ optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }) }).state();
    expect('secondMoment' in state).toBe(false);
    expect(state.firstMoment).toEqual(new Float64Array(88));
    expect(create().state().secondMoment).toEqual(new Float64Array(88));
  });

  it('clears a divergence when restored', async () => {
    const student = create({ optimizer: sgd({ learningRate: 1e200 }) });
    const state = student.state();
    await student.evaluate(smallData());
    const population = Population.create([smallStudent({ optimizer: sgd({ learningRate: 1e200 }) })], {
      dtype: 'float64',
    });
    await population.run(5);
    expect(population.progress()[0]?.divergence).toBeDefined();
    population.at(0).restore(state);
    expect(population.progress()[0]).toEqual({
      step: 0,
      epoch: 0,
      batchLoss: NaN,
      secondsTrained: expect.any(Number),
    });
    expect(population.at(0).state()).toEqual(state);
  });

  it.each<[string, (state: StudentState) => unknown, string]>([
    [
      'parameters of another kind',
      (state) => ({ ...state, parameters: new Float32Array(88) }),
      'expected a Float64Array for parameters of state, received Float32Array(88)',
    ],
    [
      'too few moments',
      (state) => ({ ...state, firstMoment: new Float64Array(87) }),
      "expected length 88 (the student's parameters) for firstMoment of state, received Float64Array(87)",
    ],
    [
      'no second moment',
      ({ secondMoment: _, ...state }) => state,
      'expected a Float64Array for secondMoment of state, received undefined',
    ],
    [
      'counts of another kind',
      (state) => ({ ...state, updateCount: new Uint32Array(7) }),
      'expected a Float64Array for updateCount of state, received Uint32Array(7)',
    ],
    [
      'too few counts',
      (state) => ({ ...state, updateCount: new Float64Array(3) }),
      "expected length 7 (the student's tensors) for updateCount of state, received Float64Array(3)",
    ],
    [
      'half a count',
      (state) => ({ ...state, updateCount: new Float64Array(7).fill(0.5) }),
      'expected a non-negative integer for updateCount[0] of state, received 0.5',
    ],
    [
      'step -1',
      (state) => ({ ...state, step: -1 }),
      'expected a non-negative integer for step of state, received -1',
    ],
    [
      'more than a state',
      (state) => ({ ...state, epoch: 1 }),
      'expected none, as the student has fixed data for epoch and position of state, received 1',
    ],
    [
      'something else',
      (state) => ({ ...state, loss: 1 }),
      'unknown option "loss" in state; known: parameters, firstMoment, secondMoment, buffers, epoch, position, updateCount, step',
    ],
  ])('is not restored from %s', (_, change, message) => {
    const student = create();
    const before = student.state();
    const other = { ...before, parameters: new Float64Array(88) };
    expect(failureOf(() => student.restore(change(other) as StudentState))).toBe(
      `invalid_argument: ${message}`,
    );
    expect(student.state()).toEqual(before);
  });

  it('refuses to restore a second moment, which SGD lacks', () => {
    const student = create({ optimizer: sgd({ learningRate: 0.1 }) });
    const state = { ...student.state(), secondMoment: new Float64Array(88) };
    expect(failureOf(() => student.restore(state))).toBe(
      'invalid_argument: expected none, as SGD has one moment for secondMoment of state, received Float64Array(88)',
    );
  });

  it.each<[string, () => Promise<unknown>, string]>([
    [
      'inputs of another count',
      () => create().predict(smallData4()),
      'data_mismatch: student 1: expected data with 3 inputs per sample, as the network has, received 4',
    ],
    [
      'data of another output',
      () => create().evaluate(smallData4()),
      'data_mismatch: student 1: expected data with 3 inputs per sample, as the network has, received 4',
    ],
    [
      'no data',
      () => create().pruningLosses(0, Uint32Array.of(0, 1, 2, 3, 4, 5, 6), null as never),
      'invalid_argument: expected a Dataset (see Dataset.create) for data, received null',
    ],
    [
      'a broken order',
      () => create().pruningLosses(0, Uint32Array.of(7, 1, 2, 3, 4, 5, 6), smallData()),
      'invalid_argument: expected each node from 0 to 6 once in removalOrder, received node 7',
    ],
  ])('refuses %s', async (_, work, message) => {
    expect(await rejectionOf(work())).toBe(message);
  });
});

function smallData4(): Dataset {
  return Dataset.create({ inputs: scattered(8), inputCount: 4, targets: scattered(4) });
}
