import { describe, expect, it } from 'vitest';
import { sgd } from '../../src/population/optimizers.js';
import { Population } from '../../src/population/population.js';
import type { StudentOptions } from '../../src/population/student-options.js';
import type { TrainOptions } from '../../src/training/options.js';
import type { TrainReport } from '../../src/training/report.js';
import { train } from '../../src/training/train.js';
import { failureOf, rejectionOf } from '../failure.js';
import { smallData, smallStudent } from '../network/small-students.js';

const create = (...students: Partial<StudentOptions>[]) =>
  Population.create(students.map((options) => smallStudent(options)));

async function all(population: Population, options?: TrainOptions): Promise<TrainReport[]> {
  const reports: TrainReport[] = [];
  for await (const report of train(population, options)) reports.push(report);
  return reports;
}

describe('train', () => {
  it('reports every few epochs and at the end of each student, and rests who has finished', async () => {
    const population = create({ epochs: 7 }, { epochs: 3, seed: 9 });
    const reports = await all(population, { every: 2 });
    expect(reports.map(({ epoch, epochs, stopped }) => [epoch, epochs, stopped])).toEqual([
      [2, [2, 2], [null, null]],
      [4, [4, 3], [null, 'finished']],
      [6, [6, 3], [null, 'finished']],
      [7, [7, 3], ['finished', 'finished']],
    ]);
    expect(reports[1]?.trainLoss[1]).toBe(reports[3]?.trainLoss[1]);
    expect(reports[1]?.trainLoss[0]).not.toBe(reports[3]?.trainLoss[0]);
    for (const report of reports) {
      expect('validationLoss' in report).toBe(false);
      expect(report.divergences).toEqual([]);
      expect(report.layerwise).toEqual([]); // the CPU has nothing to tell
    }
  });

  it('evaluates a student that rests no more', async () => {
    const population = create({ epochs: 6 }, { epochs: 2 });
    const asked: boolean[][] = [];
    const evaluateSets = population.evaluateSets.bind(population);
    population.evaluateSets = (sets) => {
      asked.push(...sets.map((data) => data.map((one) => one !== null)));
      return evaluateSets(sets);
    };
    await all(population, { every: 2 });
    expect(asked).toEqual([
      [true, true],
      [true, false],
      [true, false],
    ]);
  });

  it('asks for the losses of a report in one call', async () => {
    const population = create({ epochs: 4, data: { train: smallData(13), validation: smallData(6, 2) } });
    let calls = 0;
    const evaluateSets = population.evaluateSets.bind(population);
    population.evaluateSets = (sets) => {
      calls += 1;
      return evaluateSets(sets);
    };
    const reports = await all(population, { every: 2 });
    expect([reports.length, calls]).toEqual([2, 2]);
  });

  it('leaves the population where one run would have left it', async () => {
    const [trained, run] = [create({ epochs: 7 }, { epochs: 3 }), create({ epochs: 7 }, { epochs: 3 })];
    await all(trained, { every: 2 });
    await run.run([7, 3]);
    for (const i of [0, 1]) expect(trained.at(i).state()).toEqual(run.at(i).state());
  });

  it('evaluates on the training data and on the validation data', async () => {
    const splits = { train: smallData(13), validation: smallData(6, 2) };
    const population = create({ data: splits }, { seed: 8 });
    const last = (await all(population, { every: 6 })).at(-1);
    const [a, b] = population.students();
    expect(last?.trainLoss).toEqual([
      (await a?.evaluate(splits.train))?.loss,
      (await b?.evaluate(splits.train))?.loss,
    ]);
    expect(last?.validationLoss).toEqual([(await a?.evaluate(splits.validation))?.loss, NaN]);
  });

  it.each<[string, TrainOptions['validation'], boolean[]]>([
    ['one data set for all', smallData(6, 2), [true, true]],
    ['one each', [null, smallData(5, 2)], [false, true]],
  ])('takes validation data: %s', async (_, validation, finite) => {
    const last = (await all(create({}, {}), { every: 6, ...(validation && { validation }) })).at(-1);
    expect(last?.validationLoss?.map(Number.isFinite)).toEqual(finite);
  });

  it('may take the loss of the last batch instead of an evaluation', async () => {
    const population = create({});
    const last = (await all(population, { evaluateTrain: false })).at(-1);
    expect(last?.trainLoss).toEqual([population.progress()[0]?.batchLoss]);
  });

  it('counts steps and seconds', async () => {
    const seen: TrainReport[] = [];
    const reports = await all(create({}, {}), { every: 3, onReport: (report) => seen.push(report) });
    expect(seen).toEqual(reports);
    const [first, second] = reports as [TrainReport, TrainReport];
    expect(first.studentStepsPerSecond).toBeGreaterThan(0);
    expect(second.secondsElapsed).toBeGreaterThan(first.secondsElapsed);
    expect(second.secondsTraining).toBeGreaterThan(first.secondsTraining);
    expect(second.secondsTraining).toBeLessThan(second.secondsElapsed);
    // 2 students, 3 epochs of 4 steps a report
    expect(24 / first.studentStepsPerSecond).toBeLessThan(first.secondsElapsed);
  });

  it('gives one report of what has finished already', async () => {
    const population = create({});
    const last = (await all(population)).at(-1);
    const again = await all(population);
    expect(again).toHaveLength(1);
    expect(again[0]).toMatchObject({
      epoch: 6,
      trainLoss: last?.trainLoss,
      stopped: ['finished'],
      studentStepsPerSecond: 0,
    });
  });

  it('reports a student that diverges, once for all, and goes on', async () => {
    const wild = {
      seed: 3,
      trial: 4,
      optimizer: sgd({ learningRate: 1e20 }),
      layers: smallStudent().layers?.slice(2) ?? [],
    };
    const population = create({ epochs: 4 }, wild);
    const reports = await all(population, { every: 1 });
    const { divergence } = population.at(1).progress();
    expect(reports.map(({ stopped }) => stopped[1])).toEqual(Array(4).fill('diverged'));
    const { step = NaN, layer = NaN } = divergence ?? {};
    const what = layer < 0 ? 'the loss' : `the output of layer ${layer}`;
    const message =
      `student 1 (seed 3, trial 4) diverged at step ${step}: ${what} was not finite at learning rate 100000000000000000000. ` +
      'It keeps its parameters from before that step; try a lower learning rate';
    const expected = [{ student: 1, step, layer, learningRate: 1e20, message }];
    for (const { divergences } of reports) expect(divergences).toEqual(expected);
    expect(reports.at(-1)).toMatchObject({ epoch: 4, stopped: ['finished', 'diverged'] });
  });
});

describe('early stopping', () => {
  /** A student whose loss never improves after its first evaluation. */
  const idle = { optimizer: sgd({ learningRate: 0 }), epochs: 20 };
  const validation = smallData(6, 2);

  it('stops a student, and only that one, after so many evaluations without improvement', async () => {
    const population = create(idle, { epochs: 20 });
    const reports = await all(population, { every: 2, validation, earlyStopping: { patience: 3 } });
    // evaluated first at epoch 2, then in vain at 4, 6, 8
    const stops = reports.map(({ stopped, epochs }) => [stopped[0], epochs[0]]);
    expect(stops.slice(0, 5)).toEqual([
      [null, 2],
      [null, 4],
      [null, 6],
      ['early', 8],
      ['early', 8],
    ]);
    expect(population.at(1).progress().epoch).toBeGreaterThan(8);
    expect(population.at(0).progress()).toMatchObject({ epoch: 8, step: 32 });
  });

  it('requires an improvement of at least minImprovement', async () => {
    const population = create({ epochs: 20 });
    const options = { every: 1, validation, earlyStopping: { patience: 2, minImprovement: 1e9 } };
    expect((await all(population, options)).at(-1)).toMatchObject({ epoch: 3, stopped: ['early'] });
  });

  it('starts again for a student that is restored to an earlier state', async () => {
    const population = create(idle);
    const start = population.at(0).state();
    const options = { every: 2, validation, earlyStopping: { patience: 2 } };
    const first = await all(population, options);
    population.at(0).restore(start);
    const second = await all(population, options);
    expect(second.map(({ epoch }) => epoch)).toEqual([2, 4, 6]);
    expect(second.map(({ trainLoss }) => trainLoss)).toEqual(first.map(({ trainLoss }) => trainLoss));
  });

  it('goes on where a longer patience is given later', async () => {
    const population = create(idle);
    const options = (patience: number) => ({ every: 1, validation, earlyStopping: { patience } });
    expect((await all(population, options(2))).at(-1)?.epoch).toBe(3);
    expect((await all(population, options(2))).at(-1)?.epoch).toBe(3);
    expect((await all(population, options(5))).at(-1)?.epoch).toBe(6);
    expect((await all(population, { every: 5 })).at(-1)?.epoch).toBe(20);
  });
});

describe('what train refuses, at the call', () => {
  it.each<[string, Record<string, unknown>, string]>([
    [
      'every 0 epochs',
      { every: 0 },
      'invalid_argument: expected a positive integer for every of train, received 0',
    ],
    [
      'every half epoch',
      { every: 0.5 },
      'invalid_argument: expected a positive integer for every of train, received 0.5',
    ],
    [
      'a signal that is none',
      { signal: new AbortController() },
      'invalid_argument: expected an AbortSignal for signal, received an object (AbortController)',
    ],
    [
      'a misspelt option',
      { evry: 5 },
      'invalid_argument: unknown option "evry" in train; known: every, validation, evaluateTrain, signal, earlyStopping, checkpoint, onReport. Did you mean "every"?',
    ],
    [
      'evaluateTrain of 1',
      { evaluateTrain: 1 },
      'invalid_argument: expected true or false for evaluateTrain, received 1',
    ],
    ['onReport of 1', { onReport: 1 }, 'invalid_argument: expected a function for onReport, received 1'],
    [
      'validation for another number of students',
      { validation: [null, null] },
      'invalid_argument: expected one data set for all students, or one for each of the 1 for validation, received an array of length 2',
    ],
    [
      'validation that is none',
      { validation: 'test' },
      'invalid_argument: expected a Dataset (see Dataset.create) for validation of student 0, received "test"',
    ],
    [
      'patience of 0',
      { validation: smallData(), earlyStopping: { patience: 0 } },
      'invalid_argument: expected a positive integer for patience of earlyStopping, received 0',
    ],
    [
      'a negative improvement',
      { validation: smallData(), earlyStopping: { patience: 1, minImprovement: -1 } },
      'invalid_argument: expected a finite number of at least 0 for minImprovement of earlyStopping, received -1',
    ],
    [
      'early stopping with nothing to watch',
      { earlyStopping: { patience: 1 } },
      'invalid_argument: expected a Dataset for earlyStopping to watch for validation of student 0, received null',
    ],
    [
      'a checkpoint without a path',
      { checkpoint: {} },
      'invalid_argument: expected the path of a file for path of checkpoint, received undefined',
    ],
    [
      'a checkpoint with two places to go',
      { checkpoint: { path: 'x', save: async () => {} } },
      'invalid_argument: expected none beside save for path of checkpoint, received "x"',
    ],
    [
      'a checkpoint saved by a name',
      { checkpoint: { save: 'x' } },
      'invalid_argument: expected a function for save of checkpoint, received "x"',
    ],
    [
      'a checkpoint every 0 epochs',
      { checkpoint: { path: 'x', every: 0 } },
      'invalid_argument: expected a positive integer for every of checkpoint, received 0',
    ],
    [
      'a checkpoint every -1 seconds',
      { checkpoint: { path: 'x', everySeconds: -1 } },
      'invalid_argument: expected a finite number of at least 0 for everySeconds of checkpoint, received -1',
    ],
  ])('refuses %s', (_, options, message) => {
    expect(failureOf(() => train(create({}), options as TrainOptions))).toBe(message);
  });

  it('refuses a student instead of a population', () => {
    expect(failureOf(() => train(create({}).at(0) as never))).toBe(
      'invalid_argument: expected a Population for train, received an object (Student)',
    );
  });

  it('refuses, when it begins, a population that is disposed or busy', async () => {
    const disposed = create({});
    disposed.dispose();
    expect(await rejectionOf(all(disposed))).toMatch(/^population_disposed: /);
    const population = create({});
    const pending = population.run(1000);
    expect(await rejectionOf(all(population))).toMatch(/^population_busy: /);
    await pending;
  });
});
