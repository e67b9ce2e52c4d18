import { describe, expect, it } from 'vitest';
import { Dataset } from '../../src/network/dataset.js';
import { Population } from '../../src/population/population.js';
import { rejectionOf } from '../failure.js';
import { scattered, smallData, smallStudent } from '../network/small-students.js';

/** Each method in each state: that is where addons crash. */
describe('methods and states', () => {
  const data = smallData();
  const methods: Record<string, (population: Population) => unknown> = {
    'run()': (population) => population.run(population.size),
    'progress()': (population) => population.progress(),
    'evaluate()': (population) => population.evaluate(data),
    'network()': (population) => population.at(0).network(),
    'predict()': (population) => population.at(0).predict(scattered(6)),
    'pruningLosses()': (population) => population.at(0).pruningLosses(1, Uint32Array.of(4, 3, 2, 1, 0), data),
    'gradient()': (population) => population.at(0).gradient(data),
    'state()': (population) => population.at(0).state(),
    'restore()': (population) => population.at(0).restore(stateOf()),
  };
  const create = () => Population.create([smallStudent({ data })], { device: 'cpu' });
  const stateOf = () => create().at(0).state();
  /** Enough work to be busy while a few lines of JavaScript run. */
  const busy = (): [Population, Promise<void>] => {
    const population = create();
    return [population, population.run(100_000)];
  };
  const attempt = async (work: () => unknown) => work();

  it.each(Object.entries(methods))('%s works when fresh, and after a stop', async (_, method) => {
    const population = create();
    await method(population);
    population.stop();
    const pending = population.run(1_000_000);
    population.stop();
    await pending;
    await method(population);
    expect(population.busy).toBe(false);
    population.dispose();
  });

  it.each(Object.entries(methods))('%s is refused when busy', async (name, method) => {
    const [population, pending] = busy();
    expect(population.busy).toBe(true);
    expect(await rejectionOf(attempt(() => method(population)))).toBe(
      `population_busy: expected an idle population for ${name}, received one at work. Await its pending call first, or end it with stop()`,
    );
    population.stop();
    await pending;
    await method(population);
  });

  it('counts steps while it is busy, and not once it is disposed', async () => {
    const population = create();
    const { batchSize } = population.at(0).options;
    const perEpoch = Math.ceil(data.samples / (batchSize as number));
    const pending = population.run(100_000);
    let seen = 0;
    while (seen === 0) {
      [seen = 0] = population.stepsNow() ?? [];
      await new Promise(setImmediate);
    }
    expect(seen).toBeLessThan(100_000 * perEpoch);
    expect(population.busy).toBe(true);
    population.stop();
    await pending;
    expect(population.stepsNow()).toEqual([population.at(0).progress().step]);
    population.dispose();
    expect(population.stepsNow()).toBe(null);
  });

  it.each(Object.entries(methods))('%s is refused when disposed', async (name, method) => {
    const population = create();
    population.dispose();
    population.dispose();
    expect(await rejectionOf(attempt(() => method(population)))).toBe(
      `population_disposed: expected a population for ${name}, received one whose dispose() has been called`,
    );
  });

  it('may be observed in any state', async () => {
    const [population, pending] = busy();
    for (const _ of ['busy', 'disposed']) {
      population.stop();
      expect([population.size, population.dtype, population.device]).toEqual([1, 'float32', 'cpu']);
      expect(population.bytes).toBeGreaterThanOrEqual(0);
      population[Symbol.dispose]();
    }
    await pending;
    expect([population.busy, population.bytes]).toEqual([false, 0]);
  });

  it('ends an evaluation that is stopped, and says so', async () => {
    const inputs = scattered(3 * 200_000);
    const large = Dataset.create({ inputs, inputCount: 3, targets: scattered(2 * 200_000) });
    large.nativeOf('float32');
    const population = create();
    const pending = population.evaluate(large);
    population.stop();
    expect(await rejectionOf(pending)).toBe(
      'interrupted: evaluate() was ended before it had its result, by stop(). Call it again to have the result',
    );
    expect((await population.evaluate(data))[0]?.loss).toBeGreaterThan(0);
  });

  it.each<[string, (population: Population) => unknown, string]>([
    [
      'too few epochs',
      (population) => population.run([]),
      'expected one value per student (1) for untilEpoch, received 0',
    ],
    [
      'half an epoch',
      (population) => population.run(0.5),
      'expected a non-negative integer for untilEpoch of student 0, received 0.5',
    ],
    [
      '2^32 epochs',
      (population) => population.run([2 ** 32]),
      'expected at most 4294967295 epochs for untilEpoch of student 0, received 4294967296',
    ],
    [
      'epochs in words',
      (population) => population.run('two' as never),
      'expected one value, or an array of one per student for untilEpoch, received "two"',
    ],
    [
      'two data sets for one',
      (population) => population.evaluate([data, data]),
      'expected one value per student (1) for data, received 2',
    ],
    [
      'data that are none',
      (population) => population.evaluate([{} as never]),
      'expected a Dataset (see Dataset.create) for data of student 0, received an object (Object)',
    ],
    [
      'no sets of data',
      (population) => population.evaluateSets([]),
      'expected an array with at least one array of one data set a student for sets, received an array of length 0',
    ],
    [
      'a data set for a list of them',
      (population) => population.evaluateSets([[data], data as never]),
      'expected one value, or an array of one per student for data, received an object (Dataset)',
    ],
    [
      'a student too many',
      (population) => population.at(1),
      'expected an index from 0 to 0 for student, received 1',
    ],
    [
      'student -1',
      (population) => population.at(-1),
      'expected an index from 0 to 0 for student, received -1',
    ],
  ])('refuses %s', async (_, work, message) => {
    expect(await rejectionOf(attempt(() => work(create())))).toBe(`invalid_argument: ${message}`);
  });
});
