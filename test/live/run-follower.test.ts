import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { liveState } from '../../src/live/live-state.js';
import { RunFollower } from '../../src/live/run-follower.js';
import { recordFile, trialFolder } from '../../src/runs/record.js';
import { openRunDirectory, protocolFile } from '../../src/runs/run-directory.js';
import { arraysFile } from '../../src/runs/trial-arrays.js';
import { smallProtocol } from '../sweep/small-protocol.js';
import { RunningSweep } from './running-sweep.js';

let sweep: RunningSweep;
let follower: RunFollower;
beforeEach(async () => {
  sweep = await RunningSweep.of(smallProtocol({ epochs: 8 }));
  follower = new RunFollower(sweep.directory);
});
afterEach(() => sweep.remove());

const stateNow = async () => liveState(sweep.directory, (await follower.read()).run, () => null);

describe('the follower of a run directory', () => {
  it('waits for a directory, and for a protocol in it', async () => {
    expect((await stateNow()).absent).toBe(
      `${sweep.directory} does not exist yet: a sweep makes it when it begins`,
    );
    await sweep.begin();
    await rm(join(sweep.directory, protocolFile));
    expect((await stateNow()).absent).toBe(
      `${sweep.directory} holds no protocol.yaml yet: a sweep writes it when it begins`,
    );
    await openRunDirectory(sweep.directory, sweep.protocol);
    const { absent, total, counts } = await stateNow();
    expect({ absent, total, counts }).toEqual({
      absent: null,
      total: 8,
      counts: { finished: 0, failed: 0, training: 0, paused: 0, waiting: 8 },
    });
  });

  it('reports the issues of a protocol, and continues when they are fixed', async () => {
    await sweep.begin();
    await writeFile(join(sweep.directory, protocolFile), 'epochs: many\n');
    expect((await stateNow()).absent).toContain('epochs');
    await rm(join(sweep.directory, protocolFile));
    await openRunDirectory(sweep.directory, sweep.protocol);
    expect((await stateNow()).total).toBe(8);
  });

  it('distinguishes trials of a living process from abandoned ones', async () => {
    await sweep.begin();
    await sweep.claim(0);
    await sweep.claim(1);
    await sweep.reach(1, 0.5);
    await sweep.reach(2, 0.25);
    await sweep.finish(3);
    await sweep.fail(4);
    const state = await stateNow();
    expect(state.counts).toEqual({ finished: 1, failed: 1, training: 2, paused: 1, waiting: 3 });
    expect(state.processes).toBe(1);
    // Spectral and direct trials take as many steps each here: 0.5 + 0.25 + 2 of 8.
    expect(state.progress).toBeCloseTo(2.75 / 8, 10);
    await sweep.leave();
    const left = await stateNow();
    expect(left.counts).toEqual({ finished: 1, failed: 1, training: 0, paused: 2, waiting: 4 });
    expect(left.processes).toBe(0);
  });

  it('reads only what has changed', async () => {
    await sweep.begin();
    for (const i of sweep.trials.keys()) await sweep.reach(i, 0.5);
    expect((await follower.read()).changedCurves).toHaveLength(8);
    await follower.read(); // once more, for what was written within one tick of the clock
    expect((await follower.read()).changedCurves).toEqual([]);
    await sweep.reach(3, 0.75);
    expect((await follower.read()).changedCurves).toEqual([sweep.at(3).key]);
    const { run } = await follower.read();
    expect(run.onDisk.get(sweep.at(3).key)?.curve?.epoch.at(-1)).toBe(Math.round(0.75 * 8));
  });

  it('starts again when the protocol grows', async () => {
    await sweep.begin();
    await sweep.finish(0);
    expect((await follower.read()).restarted).toBe(true);
    expect((await follower.read()).restarted).toBe(false);
    await openRunDirectory(sweep.directory, smallProtocol({ epochs: 8, trials: 3 }));
    const { restarted, run } = await follower.read();
    expect(restarted).toBe(true);
    expect(run.trials).toHaveLength(12);
    expect(run.onDisk.has(sweep.at(0).key)).toBe(true);
  });

  it('counts a trial without a readable record as unfinished, and names it', async () => {
    await sweep.begin();
    await sweep.finish(0);
    await writeFile(join(trialFolder(sweep.directory, sweep.at(0).key), recordFile), '{"key"');
    const { counts, damaged } = await stateNow();
    expect(damaged).toEqual([sweep.at(0).key]);
    expect(counts.finished).toBe(0);
  });

  it('counts a trial without its arrays as unfinished', async () => {
    await sweep.begin();
    await sweep.finish(0);
    await rm(join(trialFolder(sweep.directory, sweep.at(0).key), arraysFile));
    expect((await stateNow()).damaged).toEqual([sweep.at(0).key]);
  });

  it('has a row for each setting of the varied fields, and a column for each field', async () => {
    const { spectral, direct } = smallProtocol().arms;
    await sweep.begin();
    const arms = { spectral: { ...spectral, batchSize: [8, 16] }, direct };
    const data = { train: [40, 80], validation: 16, test: 24 };
    await openRunDirectory(sweep.directory, smallProtocol({ epochs: 8, arms, data }));
    const { columns, groups, groupCount } = await stateNow();
    expect([...columns].sort()).toEqual(['batchSize', 'train']);
    expect(groupCount).toBe(2 * 2 * 3);
    const rows = groups.map(({ place: { parametrization, width }, settings }) =>
      [parametrization, width, ...columns.map((name, i) => `${name} ${settings[i]}`).sort()].join(', '),
    );
    expect(rows).toContain('spectral, 4, batchSize 8, train 80');
    expect(rows).toContain('direct, 6, batchSize null, train 40');
    expect(new Set(rows).size).toBe(12);
  });

  it('has means over the current trials, and the failures', async () => {
    await sweep.begin();
    await sweep.fail(0);
    await sweep.reach(1, 0.5);
    const { groups, failures } = await stateNow();
    const { parametrization, width } = failures[0]?.place ?? {};
    expect({ parametrization, width }).toEqual({
      parametrization: sweep.at(0).protocol.parametrization,
      width: sweep.at(0).protocol.student.width,
    });
    expect(failures[0]?.message).toContain('lower the learning rate');
    const { run } = await follower.read();
    const last = run.onDisk.get(sweep.at(1).key)?.curve?.effectiveSize?.at(-1);
    expect(groups.flatMap(({ values }) => values.effectiveSize ?? [])).toEqual([
      { mean: last, sd: null, trials: 1 },
    ]);
  });
});
