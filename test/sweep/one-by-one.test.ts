import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { summaryTable } from '../../src/cli/tables.js';
import {
  defineExperiment,
  fields,
  type OneByOneOptions,
  oneByOne,
  readRecords,
  registerExperiment,
  sweep,
  type TrialRun,
  writeSummary,
} from '../../src/sweep.js';

interface SmallTrial {
  readonly schema: number;
  readonly seed: number;
  readonly trial: number;
  readonly size: number;
}
type Run = (trial: SmallTrial, run: TrialRun) => Promise<{ scalars: Record<string, number | null> }>;

const value = z.object({ value: z.number().nullable() });

let remove: (() => void) | undefined;
afterAll(() => remove?.());

/** An experiment whose trials are `run`. */
function register(run: Run, options?: OneByOneOptions, scalars: z.ZodObject = value): void {
  remove?.();
  remove = registerExperiment(
    defineExperiment({
      name: 'small',
      title: 'Registered by a test.',
      template: 'experiment: small\n',
      schema: fields.strict({
        experiment: fields.experimentField('small'),
        size: fields.positiveInteger,
        trials: fields.trialsField,
        seed: fields.nonNegativeInteger,
        zip: fields.zipField,
      }),
      scalars,
      place: ({ size }) => ({ size }),
      placeColumns: [{ name: 'size', heading: 'size' }],
      placeAxes: ['size'],
      stepsOf: () => 10,
      bytesOf: () => 1,
      open: () => oneByOne<never, never>(run as never, options),
    }),
  );
}

const protocol = { experiment: 'small', size: [1, 2], trials: 2, seed: 1 };
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'eigenstudent-one-by-one-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** Records by what became of them. */
async function errors(): Promise<(string | undefined)[]> {
  return (await readRecords(directory)).map(({ error }) => error?.message);
}

describe('trials that run one by one', () => {
  it('do not fail for an error that an interruption causes', async () => {
    const stop = new AbortController();
    register(async (_, { signal }) => {
      setTimeout(() => stop.abort(), 5);
      await sleep(10_000, undefined, { signal });
      return { scalars: { value: 1 } };
    });
    const interrupted = sweep(protocol, { directory, signal: stop.signal });
    await expect(interrupted).rejects.toMatchObject({ code: 'interrupted' });
    expect(await readRecords(directory)).toEqual([]);
  });

  it('are claimed by a process one at a time, so that others find some', async () => {
    let [running, most] = [0, 0];
    const count: Run = async () => {
      most = Math.max(most, ++running);
      await sleep(20);
      running -= 1;
      return { scalars: { value: 1 } };
    };
    register(count);
    await sweep({ ...protocol, trials: 3 }, { directory });
    expect(most).toBe(1);
    register(count, { atOnce: 3 });
    await sweep({ ...protocol, trials: 6 }, { directory });
    expect(most).toBe(3);
  });

  it('are no more side by side than the threads that were asked for', async () => {
    let [running, most] = [0, 0];
    register(
      async () => {
        most = Math.max(most, ++running);
        await sleep(20);
        running -= 1;
        return { scalars: { value: 1 } };
      },
      { atOnce: 3 },
    );
    for (const [threads, trials] of [
      [1, 2],
      [2, 4],
      [8, 8],
    ] as const) {
      most = 0;
      await sweep({ ...protocol, trials }, { directory, threads });
      expect(most).toBe(Math.min(3, threads));
    }
  });

  it('fail alone for a result without scalars, or with a non-finite number', async () => {
    register(async ({ size, trial }) => {
      if (size === 1) return { scalars: { value: trial === 0 ? 1 : Number.NaN } };
      return (trial === 0 ? undefined : { scalars: { value: 1 }, tensors: {} }) as never;
    });
    const { summary } = await sweep(protocol, { directory });
    expect(summary.trials).toMatchObject({ finished: 1, failed: 3 });
    const found = await errors();
    expect(found).toContainEqual(expect.stringMatching(/^its value is NaN/));
    expect(found).toContainEqual(expect.stringMatching(/^expected \{ scalars \} from the function/));
    expect(found).toContainEqual(expect.stringMatching(/^expected a Map of tensors by name/));
  });

  it('fail for a scalar that the experiment does not declare', async () => {
    register(async () => ({ scalars: { value: 1, other: 2 } }));
    await sweep(protocol, { directory });
    expect((await errors())[0]).toContain("scalars.other: not in the experiment's schema");
  });

  it('fail for an invalid step', async () => {
    register(async (_, { checkpoint }) => {
      await checkpoint(Number.NaN, () => new Map());
      return { scalars: { value: 1 } };
    });
    await sweep(protocol, { directory });
    expect((await errors())[0]).toContain('expected an integer from 0 to 10 for the step of a checkpoint');
  });

  it('may have scalars that are null in some groups, and a schema with refinements beside failed trials', async () => {
    register(
      async ({ size, trial }) => {
        if (trial === 1) throw new Error('on purpose');
        return { scalars: { value: size === 1 ? null : 3 } };
      },
      {},
      value.refine(() => true),
    );
    const { summary } = await sweep(protocol, { directory });
    expect(summary.groups.map((group) => group.value)).toEqual([undefined, { mean: 3, sd: null }]);
    expect(summaryTable(summary)).toContain('value');
    expect((await writeSummary(directory)).trials.failed).toBe(2);
  });

  it('end the sweep with the error of a callback of the caller, their records kept', async () => {
    register(async () => ({ scalars: { value: 1 } }));
    const onProgress = ({ trials }: { trials: { finished: number } }) => {
      if (trials.finished === 2) throw new Error('of the caller');
    };
    await expect(sweep(protocol, { directory, onProgress })).rejects.toThrow('of the caller');
    expect(await errors()).toEqual([undefined, undefined]);
  });

  it('are computed by an engine without the arithmetic revision of the addon', async () => {
    register(async () => ({ scalars: { value: 1 } }), { engine: 'wasm' });
    const { summary } = await sweep(protocol, { directory });
    expect(summary).toMatchObject({ engines: ['wasm float64'], arithmetic: [null], mixedEngines: false });
  });
});
