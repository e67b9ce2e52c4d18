import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { EigenstudentError } from '../../src/errors.js';
import { Population } from '../../src/population/population.js';
import { readRecords, sweep } from '../../src/sweep.js';
import { rejectionOf } from '../failure.js';
import { smallProtocol } from './small-protocol.js';

const protocol = smallProtocol();
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'eigenstudent-batch-'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(directory, { recursive: true, force: true });
});

type Evaluate = Population['evaluate'];

/**
 * Puts `answer` in place of the evaluation on test data of the first batch that has been trained. It is the 2nd: one was
 * before the first step, and the losses of reports are asked for with evaluateSets.
 */
function atTheEndOfTheFirstBatch(answer: () => ReturnType<Evaluate>): void {
  const original = Population.prototype.evaluate;
  let calls = 0;
  vi.spyOn(Population.prototype, 'evaluate').mockImplementation(function (this: Population, data) {
    calls += 1;
    return calls === 2 ? answer() : original.call(this, data);
  });
}

it('trainBatch keeps trained students when it is interrupted while it measures them', async () => {
  const controller = new AbortController();
  atTheEndOfTheFirstBatch(async () => {
    controller.abort();
    throw new EigenstudentError('interrupted', 'cut short by stop()');
  });
  expect(await rejectionOf(sweep(protocol, { directory, threads: 1, signal: controller.signal }))).toMatch(
    /^interrupted: interrupted: 4 of 8 trials are finished/,
  );
  expect((await readRecords(directory)).map(({ error }) => error)).toEqual(Array(4).fill(undefined));
});

it('trainBatch fails the trial of a student whose outputs are not finite', async () => {
  atTheEndOfTheFirstBatch(async () => Array(4).fill({ loss: Number.NaN, accuracy: Number.NaN }));
  const { summary } = await sweep(protocol, { directory, threads: 1 });
  expect(summary.trials).toEqual({ total: 8, finished: 4, failed: 4 });
  const failed = (await readRecords(directory)).filter(({ error }) => error !== undefined);
  for (const { error, steps } of failed) {
    expect(error).toEqual({
      code: 'diverged',
      message: 'its testLoss is NaN after training; lower the learning rate',
      step: steps,
      layer: -1,
      learningRate: null,
      stage: 'measurement',
    });
  }
});

it('trainBatch throws any other error, and frees the population', async () => {
  const dispose = vi.spyOn(Population.prototype, 'dispose');
  atTheEndOfTheFirstBatch(async () => {
    throw new EigenstudentError('out_of_memory', 'no room');
  });
  expect(await rejectionOf(sweep(protocol, { directory, threads: 1 }))).toBe('out_of_memory: no room');
  expect(dispose).toHaveBeenCalledTimes(1);
});
