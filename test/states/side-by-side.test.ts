/** Populations that train at the same time, and the event loop beside them. */
import { describe, expect, it } from 'vitest';
import type { NativePopulation, NativePopulationSpec } from '../../src/native/addon.js';
import * as native from './native-students.js';
import { playChild } from './play-child.js';

const students = (...trials: number[]): Partial<NativePopulationSpec> => {
  const data = native.dataset();
  return { threads: 2, students: trials.map((trial) => native.student(data, { trial })) };
};

describe.each(native.backends)('%s', (backend) => {
  const epochs = 300;

  async function trained(population: NativePopulation): Promise<Float64Array[]> {
    await population.run(new Float64Array(population.size).fill(epochs));
    return Array.from({ length: population.size }, (_, i) => native.read(population, i));
  }

  it('trains two populations at once to the very numbers they reach one after the other', async () => {
    const make = () => [
      native.population(backend, students(1, 2)),
      native.population(backend, students(3, 4, 5)),
    ];
    const alone: Float64Array[][] = [];
    for (const population of make()) alone.push(await trained(population));
    const together = await Promise.all(make().map(trained));
    expect(together).toEqual(alone);
    expect(alone.flat()).not.toContainEqual(native.floats('float64', native.parameters)); // something was trained
  });

  it('stops one population and leaves the other running', async () => {
    const [stopped, running] = [native.population(backend), native.population(backend)];
    const first = stopped.run(native.forever());
    const second = running.run(native.forever());
    stopped.stop();
    await first;
    expect([stopped.busy, running.busy]).toEqual([false, true]);
    running.dispose();
    await second;
  });

  it('shares one data set between populations that come and go', async () => {
    const data = native.dataset();
    const make = () => native.population(backend, { students: [native.student(data)] });
    const [first, second] = [make(), make()];
    const pending = [first.run(native.until(epochs)), second.evaluate([[data]])] as const;
    second.dispose();
    await Promise.allSettled(pending);
    expect(native.read(first).every(Number.isFinite)).toBe(true);
    await make().run(native.until(1));
  });

  it('leaves the event loop free: a 1 ms timer keeps firing while students train', async () => {
    const population = native.population(backend);
    const pending = population.run(native.forever());
    let ticks = 0;
    const timer = setInterval(() => ++ticks, 1);
    await new Promise((resolve) => setTimeout(resolve, 500));
    clearInterval(timer);
    expect(population.busy).toBe(true);
    population.stop();
    await pending;
    expect(ticks).toBeGreaterThan(50); // of 500; a run on this thread would leave none
  });

  it('does not hold the threads that files and DNS need, however many populations train', async () => {
    const populations = Array.from({ length: 6 }, () => native.population(backend));
    const pending = populations.map((population) => population.run(native.forever()));
    const { readFile } = await import('node:fs/promises');
    expect(await readFile(new URL(import.meta.url), 'utf8')).toContain('however many populations train');
    expect(populations.every((population) => population.busy)).toBe(true);
    for (const population of populations) population.stop();
    await Promise.all(pending);
  });

  it('trains in worker threads beside the main thread to the same bits', () => {
    const { stderr, ...rest } = playChild('beside', backend);
    expect(stderr).toBe('');
    expect(rest).toEqual({ status: 0, signal: null, stdout: '9 of 9 the same, no other' });
  }, 90_000); // longer than playChild() waits
});
