/**
 * Locks of trials: locks/<key>/<generation>, created by exactly one process and containing its id. The highest
 * generation is valid; a process takes over the lock of a dead one by creating the next generation.
 */

import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { codeOf } from '../errors.js';
import { writing } from './advice.js';
import { makeFolder } from './make-folder.js';
import { namesIn } from './names-in.js';
import {
  type Lock,
  locksFolder,
  type Owner,
  OwnerWatch,
  ownerHere,
  ownersFolder,
  readLock,
} from './owners.js';
import { isMissing } from './read-bytes.js';

/** Milliseconds between heartbeats. */
const heartbeat = 3000;

/** The locks of one process on one run directory. */
export class TrialLocks {
  readonly #watch: OwnerWatch;
  readonly #held = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #counter = 0;
  #heartbeatWrite: Promise<void> = Promise.resolve();

  private constructor(
    readonly directory: string,
    readonly owner: Owner,
  ) {
    this.#watch = new OwnerWatch(directory);
    this.#timer = setInterval(() => {
      this.#heartbeatWrite = this.#beat();
    }, heartbeat).unref();
  }

  /**
   * Registers this process as an owner in a run directory.
   * @throws file_unwritable
   */
  static async enter(directory: string): Promise<TrialLocks> {
    const id = `${hostname().replace(/[^\w.-]/g, '_')}-${process.pid}-${randomUUID().slice(0, 8)}`;
    const owner = ownerHere(id);
    await writing(directory, async () => {
      for (let attempt = 1; ; ++attempt) {
        try {
          await makeFolder(ownersFolder(directory));
          // Renamed into place: a process killed while it writes would leave a file without its identity.
          await writeFile(heartbeatFile(directory, id), JSON.stringify(owner));
          await rename(heartbeatFile(directory, id), join(ownersFolder(directory), `${id}.json`));
          await writeFile(join(ownersFolder(directory), id), id);
          return;
        } catch (error) {
          // The last process to leave removes the folder, perhaps at this moment.
          if (isMissing(error) && attempt < 10) continue;
          await removeOwner(directory, id).catch(() => undefined); // A full disk leaves empty files.
          throw error;
        }
      }
    });
    return new TrialLocks(directory, owner);
  }

  /**
   * Enters, works and leaves. The first error is thrown: where the disk cannot be written any more, leaving fails as
   * well.
   * @throws file_unwritable; errors of the work
   */
  static async within<Result>(
    directory: string,
    work: (locks: TrialLocks) => Promise<Result>,
  ): Promise<Result> {
    const locks = await TrialLocks.enter(directory);
    let result: Result;
    try {
      result = await work(locks);
    } catch (error) {
      await locks.leave().catch(() => undefined); // The next process treats the remaining files as those of a dead one.
      throw error;
    }
    await locks.leave();
    return result;
  }

  /**
   * Increments the counter that other processes observe. Where it cannot be written they take this process for dead, as
   * they should.
   */
  async #beat(): Promise<void> {
    const path = join(ownersFolder(this.directory), `${this.owner.id}.json`);
    this.#counter += 1;
    try {
      await writeFile(`${path}.tmp`, JSON.stringify({ ...this.owner, counter: this.#counter }));
      await rename(`${path}.tmp`, path);
    } catch (error) {
      // The file was deleted by hand: the next heartbeat writes it again.
      if (codeOf(error) === 'ENOENT') await makeFolder(ownersFolder(this.directory)).catch(() => undefined);
    }
  }

  /**
   * Acquires the lock of a trial, unless another living process holds it.
   * @throws file_unwritable
   */
  async claim(key: string): Promise<boolean> {
    const lock = await readLock(this.directory, key);
    if (lock?.owner === this.owner.id) {
      this.#held.add(key);
      return true;
    }
    this.#held.delete(key);
    if (lock && !(await this.#watch.isDead(lock.owner))) return false;
    const generation = (lock?.generation ?? 0) + 1;
    if (!(await this.#make(key, generation))) return false;
    // Where the lock of a dead process was removed meanwhile, another process may have created a higher generation.
    if ((await readLock(this.directory, key))?.owner !== this.owner.id) return false;
    if (lock && !(await this.#isStill(key, lock))) {
      await rm(join(locksFolder(this.directory), key, String(generation)), { force: true });
      return false;
    }
    this.#held.add(key);
    return true;
  }

  /**
   * Whether the lock that was taken over still exists. Its owner may have released it as it left, and another process,
   * which found none, created the first generation again: that one holds the trial.
   */
  async #isStill(key: string, { generation, owner }: Lock): Promise<boolean> {
    try {
      const path = join(locksFolder(this.directory), key, String(generation));
      return (await readFile(path, 'utf8')).trim() === owner;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  /** Whether this process created the lock. */
  async #make(key: string, generation: number): Promise<boolean> {
    const folder = join(locksFolder(this.directory), key);
    const path = join(folder, String(generation));
    await makeLockFolder(folder);
    return writing(this.directory, async () => {
      try {
        // A link is atomic; a file that is opened and then written may stay empty for ever.
        await link(join(ownersFolder(this.directory), this.owner.id), path);
        return true;
      } catch (error) {
        if (codeOf(error) === 'EEXIST') return false;
        if (codeOf(error) !== 'ENOENT' && !noLinkCodes.includes(codeOf(error) ?? '')) throw error;
      }
      try {
        await writeFile(path, this.owner.id, { flag: 'wx' });
        return true;
      } catch (error) {
        // EEXIST: another process was faster; ENOENT: another process released it with its folder
        if (codeOf(error) === 'EEXIST' || codeOf(error) === 'ENOENT') return false;
        throw error;
      }
    });
  }

  /**
   * Releases the lock of a trial, if this process holds it.
   * @throws file_unwritable
   */
  async release(key: string): Promise<void> {
    this.#held.delete(key);
    const lock = await readLock(this.directory, key);
    if (lock?.owner === this.owner.id)
      await writing(this.directory, () => removeLock(this.directory, key, lock.generation));
  }

  /**
   * Releases all locks and unregisters the process.
   * @throws file_unwritable
   */
  async leave(): Promise<void> {
    clearInterval(this.#timer);
    await this.#heartbeatWrite; // a beat after the end would bring the file back
    for (const key of [...this.#held]) await this.release(key);
    await writing(this.directory, () => removeOwner(this.directory, this.owner.id));
  }
}

/** Temporary file that becomes the process's file of heartbeats; its name contains the process, for clean.ts. */
function heartbeatFile(directory: string, id: string): string {
  return join(ownersFolder(directory), `${id}.json.${process.pid}-0.tmp`);
}

/** Removes all files of an owner except its locks. */
async function removeOwner(directory: string, id: string): Promise<void> {
  const path = join(ownersFolder(directory), id);
  for (const file of [path, `${path}.json`, `${path}.json.tmp`, heartbeatFile(directory, id)])
    await rm(file, { force: true });
  for (const folder of [ownersFolder(directory), locksFolder(directory)]) await removeIfEmpty(folder);
}

/** Nothing is synced: locks are irrelevant after a power failure. */
async function makeLockFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') await makeFolder(folder); // Throws where the folder cannot be made.
  }
}

/** File systems without hard links, and files with the maximum number of links. */
const noLinkCodes = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV'];

/** Removes generations up to one, the highest last: until then it is valid. */
export async function removeLock(directory: string, key: string, upTo: number): Promise<void> {
  const folder = join(locksFolder(directory), key);
  const generations = (await namesIn(folder)).map(Number).sort((a, b) => a - b);
  for (const generation of generations)
    if (generation <= upTo) await rm(join(folder, String(generation)), { force: true });
  await removeIfEmpty(folder);
}

export async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(codeOf(error) ?? '')) throw error;
  }
}
