import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  liveOwners,
  type Owner,
  OwnerWatch,
  ownerHere,
  ownersFolder,
  ownersOf,
  readOwners,
} from '../../src/runs/owners.js';
import { TrialLocks } from '../../src/runs/trial-locks.js';
import { rejectionOf } from '../failure.js';

let directory: string;
const entered: TrialLocks[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'eigenstudent-owners-'));
});
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  for (const locks of entered.splice(0)) await locks.leave();
  await rm(directory, { recursive: true, force: true });
});

async function enter(): Promise<TrialLocks> {
  const locks = await TrialLocks.enter(directory);
  entered.push(locks);
  return locks;
}

/** An owner that no process of this test is; `changes` say what is wrong with it. */
async function leaveOwner(id: string, changes: Partial<Owner>): Promise<void> {
  await mkdir(ownersFolder(directory), { recursive: true });
  await writeFile(
    join(ownersFolder(directory), `${id}.json`),
    JSON.stringify({ ...ownerHere(id), ...changes }),
  );
}

/** A lock as a process left it. */
async function leaveLock(key: string, generation: number, owner: string): Promise<void> {
  await mkdir(join(directory, 'locks', key), { recursive: true });
  await writeFile(join(directory, 'locks', key, String(generation)), owner);
}

/** The id of a process that has ended. */
async function endedProcess(): Promise<number> {
  const child = spawn('true');
  await once(child, 'exit');
  return child.pid as number;
}

describe('a lock', () => {
  it('is held by one process until it is released', async () => {
    const [first, second] = [await enter(), await enter()];
    expect(await first.claim('a')).toBe(true);
    expect(await first.claim('a')).toBe(true);
    expect(await second.claim('a')).toBe(false);
    expect(await second.claim('b')).toBe(true);
    expect(await ownersOf(directory)).toEqual(
      new Map([
        ['a', first.owner.id],
        ['b', second.owner.id],
      ]),
    );
    await second.release('a'); // not its own
    expect(await second.claim('a')).toBe(false);
    await first.release('a');
    expect(await second.claim('a')).toBe(true);
  });

  it('is acquired by exactly one of many processes at once', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, enter));
    for (const key of ['a', 'b', 'c']) {
      const claimed = await Promise.all(all.map((locks) => locks.claim(key)));
      expect(claimed.filter(Boolean)).toHaveLength(1);
    }
  });

  it('of a dead process is taken over by exactly one of many', async () => {
    await leaveOwner('dead', { pid: await endedProcess() });
    await leaveLock('a', 7, 'dead');
    const all = await Promise.all(Array.from({ length: 8 }, enter));
    const claimed = await Promise.all(all.map((locks) => locks.claim('a')));
    expect(claimed.filter(Boolean)).toHaveLength(1);
    expect((await readdir(join(directory, 'locks', 'a'))).sort()).toEqual(['7', '8']);
    const winner = all[claimed.indexOf(true)] as TrialLocks;
    await winner.release('a');
    expect(await readdir(join(directory, 'locks'))).not.toContain('a');
  });

  it('that was taken over is not released by its previous holder', async () => {
    const [first, second] = [await enter(), await enter()];
    await first.claim('a');
    await leaveLock('a', 2, second.owner.id);
    expect(await first.claim('a')).toBe(false);
    await first.release('a');
    await first.leave();
    expect(await ownersOf(directory)).toEqual(new Map([['a', second.owner.id]]));
  });

  it('that is released during a takeover and acquired by a third process belongs to the third', async () => {
    const [first, second, third] = [await enter(), await enter(), await enter()];
    await first.claim('a');
    vi.spyOn(OwnerWatch.prototype, 'isDead').mockImplementationOnce(async () => {
      await first.leave();
      expect(await third.claim('a')).toBe(true);
      return true;
    });
    expect(await second.claim('a')).toBe(false);
    expect(await ownersOf(directory)).toEqual(new Map([['a', third.owner.id]]));
    expect(await third.claim('a')).toBe(true);
  });

  it('of an owner without a file is free', async () => {
    await leaveLock('a', 1, 'nobody');
    expect(await (await enter()).claim('a')).toBe(true);
  });

  it('survives that the folder of locks is deleted', async () => {
    const locks = await enter();
    await locks.claim('a');
    await rm(join(directory, 'locks'), { recursive: true });
    expect(await locks.claim('a')).toBe(true);
    expect(await locks.claim('b')).toBe(true);
  });

  it('is removed when its owner leaves, with all files of the owner', async () => {
    const locks = await enter();
    await locks.claim('a');
    await locks.leave();
    expect(await readdir(directory)).toEqual([]);
  });

  it('cannot be acquired where nothing may be written', async () => {
    await writeFile(join(directory, 'locks'), '');
    expect(await rejectionOf(TrialLocks.enter(directory))).toMatch(
      /^file_unwritable: cannot make the folder .*locks.*: E/,
    );
  });
});

describe('an owner', () => {
  it.each<[string, () => Promise<Partial<Owner>>]>([
    ['whose process has ended', async () => ({ pid: await endedProcess() })],
    ['whose process id is now that of another process', async () => ({ processStarted: '1' })],
  ])('%s is dead at once', async (_, changes) => {
    await leaveOwner('dead', await changes());
    expect(await new OwnerWatch(directory).isDead('dead')).toBe(true);
    expect(await liveOwners(directory)).toEqual([]);
    expect(await readOwners(directory)).toHaveLength(1);
  });

  it('of another machine is dead when its counter has not changed for a minute of the watch', async () => {
    let now = 1e6;
    const watch = new OwnerWatch(directory, () => now);
    await leaveOwner('far', { host: 'elsewhere', counter: 4 });
    expect(await watch.isDead('far')).toBe(false);
    now += 59_000;
    expect(await watch.isDead('far')).toBe(false);
    await leaveOwner('far', { host: 'elsewhere', counter: 5 });
    now += 59_000;
    expect(await watch.isDead('far')).toBe(false);
    now += 60_000;
    expect(await watch.isDead('far')).toBe(true);
    expect((await liveOwners(directory)).map(({ id }) => id)).toEqual(['far']);
  });

  it('of this machine whose process hangs is dead after a minute too', async () => {
    let now = 0;
    const watch = new OwnerWatch(directory, () => now);
    await leaveOwner('hanging', {});
    expect(await watch.isDead('hanging')).toBe(false);
    now = 60_001;
    expect(await watch.isDead('hanging')).toBe(true);
  });

  it('with a corrupt file counts as one whose counter does not change', async () => {
    let now = 0;
    const watch = new OwnerWatch(directory, () => now);
    await mkdir(ownersFolder(directory), { recursive: true });
    await writeFile(join(ownersFolder(directory), 'torn.json'), '{"host": ');
    expect(await watch.isDead('torn')).toBe(false);
    now = 60_001;
    expect(await watch.isDead('torn')).toBe(true);
  });

  it('is alive and increments its counter though the clock is set back', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] });
    const locks = await enter();
    const counter = async () => (await readOwners(directory))[0]?.counter ?? -1;
    const before = await counter();
    vi.setSystemTime(new Date('1999-01-01'));
    vi.advanceTimersByTime(3000);
    await vi.waitFor(async () => expect(await counter()).toBeGreaterThan(before));
    expect(await new OwnerWatch(directory).isDead(locks.owner.id)).toBe(false);
    const files = await readFile(join(ownersFolder(directory), `${locks.owner.id}.json`), 'utf8');
    expect(files).not.toMatch(/\d{4}-\d\d-\d\d/);
  });
});
