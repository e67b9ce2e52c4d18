/** Training that is interrupted ends in a state from which it continues as if nothing had happened. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dense, spectral } from '../../src/network/layers.js';
import { alternating } from '../../src/population/phases.js';
import { Population } from '../../src/population/population.js';
import type { StudentOptions } from '../../src/population/student-options.js';
import { restoreCheckpoint, saveCheckpoint } from '../../src/training/checkpoint.js';
import type { TrainOptions } from '../../src/training/options.js';
import type { TrainReport } from '../../src/training/report.js';
import { train } from '../../src/training/train.js';
import { rejectionOf } from '../failure.js';
import { smallData, smallStudent } from '../network/small-students.js';

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'interruption-'));
  path = join(folder, 'checkpoint.safetensors');
});
afterAll(() => rm(folder, { recursive: true }));

const options = (epochs: number): StudentOptions[] => [
  smallStudent({ epochs, phases: alternating(3) }),
  smallStudent({ epochs, seed: 8, batchSize: 5 }),
];
/** Minutes of work in steps of some tenths of a millisecond. */
const long = (epochs: number): StudentOptions[] => [
  smallStudent({
    layers: [spectral(200, { activation: 'tanh' }), dense(2)],
    data: smallData(1000),
    batchSize: 30,
    epochs,
    phases: alternating(7),
  }),
];
const states = (population: Population) => population.students().map((student) => student.state());
const losses = (reports: TrainReport[]) =>
  reports.map(({ epoch, trainLoss, validationLoss, stopped }) => ({
    epoch,
    trainLoss,
    validationLoss,
    stopped,
  }));

/** The reports until training ends or throws. */
async function collect(population: Population, how: TrainOptions, into: TrainReport[]): Promise<void> {
  for await (const report of train(population, how)) into.push(report);
}

describe('an AbortSignal', () => {
  it('that was aborted before trains nothing', async () => {
    const population = Population.create(options(6));
    const before = states(population);
    const signal = AbortSignal.abort(new Error('changed my mind'));
    expect(await rejectionOf(collect(population, { signal }, []))).toBe(
      'interrupted: training was interrupted after 0 to 0 completed epochs: changed my mind. Continue with train()',
    );
    expect(states(population)).toEqual(before);
  });

  it('between two reports keeps what was done, and the rest is as if uninterrupted', async () => {
    // validated on what it trains on, so that it improves for a while and then too slowly
    const how = {
      every: 3,
      validation: smallData(),
      earlyStopping: { patience: 2, minImprovement: 0.05 },
    };
    const whole: TrainReport[] = [];
    const uninterrupted = Population.create(options(30));
    await collect(uninterrupted, how, whole);

    const population = Population.create(options(30));
    const reports: TrainReport[] = [];
    for (;;) {
      const controller = new AbortController();
      const { signal } = controller;
      const onReport = () => {
        controller.abort();
        controller.abort(); // twice is once
      };
      const message = await rejectionOf(collect(population, { ...how, signal, onReport }, reports)).catch(
        () => 'ended',
      );
      if (message === 'ended') break;
      expect(message).toMatch(
        /^interrupted: .* completed epochs: This operation was aborted\. Continue with train\(\)$/,
      );
    }
    expect(losses(reports)).toEqual(losses(whole));
    expect(states(population)).toEqual(states(uninterrupted));
    expect(whole.at(-1)?.stopped).toContain('early');
    expect(whole.length).toBeGreaterThan(3);
  });

  it('in the middle of a chunk ends it after the current step', async () => {
    const population = Population.create(long(100_000));
    const controller = new AbortController();
    const how = { every: 100_000, signal: controller.signal, checkpoint: { path } };
    const training = rejectionOf(collect(population, how, []));
    setTimeout(() => controller.abort('enough'), 40);
    expect(await training).toMatch(
      /^interrupted: training was interrupted after (\d+) to \1 completed epochs: enough\. Continue with train\(\), or later with restoreCheckpoint from .*checkpoint\.safetensors$/,
    );
    const { step, epoch } = population.at(0).progress();
    expect(step).toBeGreaterThan(0);

    const restored = Population.create(long(epoch + 2));
    await restoreCheckpoint(restored, path);
    expect(states(restored)).toEqual(states(population));
    await collect(restored, { every: 100_000 }, []);
    const uninterrupted = Population.create(long(epoch + 2));
    await collect(uninterrupted, { every: 100_000 }, []);
    expect(states(restored)).toEqual(states(uninterrupted));
  }, 60_000);

  it('in the middle of an evaluation makes the continued run repeat the evaluation', async () => {
    const data = smallData(100_000);
    const students = [smallStudent({ epochs: 2, batchSize: 50_000, data })];
    const uninterrupted: TrainReport[] = [];
    await collect(Population.create(students), { every: 1 }, uninterrupted);

    const population = Population.create(students);
    const controller = new AbortController();
    const reports: TrainReport[] = [];
    // evaluateSets() is entered right after the run: abort as soon as it has been
    const evaluateSets = population.evaluateSets.bind(population);
    population.evaluateSets = (asked) => {
      const pending = evaluateSets(asked);
      controller.abort();
      return pending;
    };
    const message = await rejectionOf(collect(population, { every: 1, signal: controller.signal }, reports));
    expect(message).toMatch(/^interrupted: training was interrupted after 1 to 1 completed epochs/);
    population.evaluateSets = evaluateSets;
    await collect(population, { every: 1 }, reports);
    expect(losses(reports)).toEqual(losses(uninterrupted));
  });

  it('leaves no listener behind', async () => {
    const controller = new AbortController();
    const population = Population.create(options(6));
    await collect(population, { every: 2, signal: controller.signal }, []);
    for await (const _ of train(Population.create(options(6)), { every: 2, signal: controller.signal }))
      break;
    let stops = 0;
    population.stop = () => {
      stops += 1;
    };
    controller.abort();
    expect(stops).toBe(0);
  });
});

describe('population.stop()', () => {
  it('ends training as well', async () => {
    const population = Population.create(long(100_000));
    const training = rejectionOf(collect(population, { every: 100_000 }, []));
    setTimeout(() => population.stop(), 20);
    expect(await training).toMatch(
      /completed epochs: population\.stop\(\) was called\. Continue with train\(\)$/,
    );
  }, 60_000);
});

describe('leaving the loop', () => {
  it('leaves a population that a further train() continues', async () => {
    const population = Population.create(options(9));
    for await (const { epoch } of train(population, { every: 2 })) if (epoch === 4) break;
    const rest: TrainReport[] = [];
    await collect(population, { every: 2 }, rest);
    expect(rest.map(({ epoch }) => epoch)).toEqual([6, 8, 9]);
    const uninterrupted = Population.create(options(9));
    await uninterrupted.run(9);
    expect(states(population)).toEqual(states(uninterrupted));
  });
});

describe('checkpoints of train', () => {
  it.each<[string, object, number[]]>([
    ['at every report', {}, [2, 4, 6, 8, 9]],
    ['every 4 epochs and at the end', { every: 4 }, [4, 8, 9]],
    ['after as many seconds, and at the end', { everySeconds: 1e6 }, [9]],
    ['always, after 0 seconds', { everySeconds: 0 }, [2, 4, 6, 8, 9]],
    ['sooner where the first interval is shorter', { everySeconds: 1e6, firstSeconds: 0 }, [2, 4, 6, 8, 9]],
  ])('are written %s', async (_, when, expected) => {
    const file = join(folder, 'due.safetensors');
    const written: number[] = [];
    const population = Population.create(options(9));
    for await (const { epoch } of train(population, { every: 2, checkpoint: { path: file, ...when } })) {
      if (await stat(file).catch(() => undefined)) written.push(epoch);
      await rm(file, { force: true });
    }
    expect(written).toEqual(expected);
  });

  it('are written between reports too, and what is trained does not depend on it', async () => {
    const uninterrupted = Population.create(long(300));
    await uninterrupted.run(300);
    const population = Population.create(long(300));
    const reports: TrainReport[] = [];
    const saved: number[] = [];
    const file = join(folder, 'between.safetensors');
    const save = async (one: Population) => {
      saved.push(one.at(0).progress().step);
      if (saved.length === 1) await saveCheckpoint(one, file);
    };
    await collect(population, { every: 300, checkpoint: { save, everySeconds: 0.05 } }, reports);
    expect(reports.map(({ epoch }) => epoch)).toEqual([300]);
    const last = population.at(0).progress().step;
    expect(saved.length).toBeGreaterThan(1);
    expect(saved[0]).toBeLessThan(last);
    expect(saved.at(-1)).toBe(last);
    expect(states(population)).toEqual(states(uninterrupted));

    const continued = Population.create(long(300));
    await restoreCheckpoint(continued, file);
    await collect(continued, { every: 300 }, []);
    expect(states(continued)).toEqual(states(uninterrupted));
  }, 60_000);

  it('follow the report that they belong to', async () => {
    const order: string[] = [];
    const checkpoint = { save: async () => void order.push('save') };
    const onReport = () => void order.push('report');
    await collect(Population.create(options(4)), { every: 2, checkpoint, onReport }, []);
    expect(order).toEqual(['report', 'save', 'report', 'save']);
  });

  it('contain the state of early stopping', async () => {
    const how = {
      every: 1,
      validation: smallData(6, 3),
      earlyStopping: { patience: 4, minImprovement: 1e9 },
    };
    const first = Population.create(options(30));
    for await (const { epoch } of train(first, { ...how, checkpoint: { path } })) if (epoch === 3) break;
    const second = Population.create(options(30));
    await restoreCheckpoint(second, path);
    const reports: TrainReport[] = [];
    await collect(second, how, reports);
    expect(reports.map(({ epoch }) => epoch)).toEqual([4, 5]);
  });
});
