/**
 * Who may train which trial: locks/<key>/<generation>, made by one process only and holding its id. The highest generation
 * counts; one is taken over from the dead by making the next.
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

/** Milliseconds between signs of life. */
const heartbeat = 3000;

/** The locks of one process on one run directory. */
export class TrialLocks {
  readonly #watch: OwnerWatch;
  readonly #held = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #counter = 0;
  #beating: Promise<void> = Promise.resolve();

  private constructor(
    readonly directory: string,
    readonly owner: Owner,
  ) {
    this.#watch = new OwnerWatch(directory);
    this.#timer = setInterval(() => {
      this.#beating = this.#beat();
    }, heartbeat).unref();
  }

  /**
   * Makes this process known in a run directory.
   * @throws file_unwritable
   */
  static async enter(directory: string): Promise<TrialLocks> {
    const id = `${hostname().replace(/[^\w.-]/g, '_')}-${process.pid}-${randomUUID().slice(0, 8)}`;
    const owner = ownerHere(id);
    await writing(directory, async () => {
      for (let attempts = 1; ; ++attempts) {
        try {
          await makeFolder(ownersFolder(directory));
          // Renamed into place: killed while it writes, it would leave a file that says nothing of who it was.
          await writeFile(firstSign(directory, id), JSON.stringify(owner));
          await rename(firstSign(directory, id), join(ownersFolder(directory), `${id}.json`));
          await writeFile(join(ownersFolder(directory), id), id);
          return;
        } catch (error) {
          // Whoever leaves last takes the folder along, perhaps right now.
          if (isMissing(error) && attempts < 10) continue;
          await removeOwner(directory, id).catch(() => undefined); // a full disk leaves empty files
          throw error;
        }
      }
    });
    return new TrialLocks(directory, owner);
  }

  /**
   * Enters, works and leaves. What fails first is told: where the disk cannot be written any more, leaving fails as well.
   * @throws file_unwritable; what the work throws
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
      await locks.leave().catch(() => undefined); // what stays is that of a dead process to the next one
      throw error;
    }
    await locks.leave();
    return result;
  }

  /** Others see a counter grow. Where that cannot be written they will take this process for dead, and that is right. */
  async #beat(): Promise<void> {
    const path = join(ownersFolder(this.directory), `${this.owner.id}.json`);
    this.#counter += 1;
    try {
      await writeFile(`${path}.tmp`, JSON.stringify({ ...this.owner, counter: this.#counter }));
      await rename(`${path}.tmp`, path);
    } catch (error) {
      // Somebody tidied up by hand: the next beat writes it anew.
      if (codeOf(error) === 'ENOENT') await makeFolder(ownersFolder(this.directory)).catch(() => undefined);
    }
  }

  /**
   * Makes a trial this process's own, unless it is that of another that lives.
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
    // Where what was dead was tidied away meanwhile, somebody may have made a higher one.
    if ((await readLock(this.directory, key))?.owner !== this.owner.id) return false;
    if (lock && !(await this.#isStill(key, lock))) {
      await rm(join(locksFolder(this.directory), key, String(generation)), { force: true });
      return false;
    }
    this.#held.add(key);
    return true;
  }

  /**
   * Whether the lock that was taken over is where it was. Its owner may have released it as it left, and another, who found
   * none, made the first generation anew: that one holds the trial.
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

  /** Whether it was this process that made it. */
  async #make(key: string, generation: number): Promise<boolean> {
    const folder = join(locksFolder(this.directory), key);
    const path = join(folder, String(generation));
    await makeLockFolder(folder);
    return writing(this.directory, async () => {
      try {
        // A link is there whole or not at all; a file that is opened and then written may stay empty for ever.
        await link(join(ownersFolder(this.directory), this.owner.id), path);
        return true;
      } catch (error) {
        if (codeOf(error) === 'EEXIST') return false;
        if (codeOf(error) !== 'ENOENT' && !linkless.includes(codeOf(error) ?? '')) throw error;
      }
      try {
        await writeFile(path, this.owner.id, { flag: 'wx' });
        return true;
      } catch (error) {
        // EEXIST: another was quicker; ENOENT: another released it, folder and all
        if (codeOf(error) === 'EEXIST' || codeOf(error) === 'ENOENT') return false;
        throw error;
      }
    });
  }

  /**
   * Gives a trial up, if it is this process's own.
   * @throws file_unwritable
   */
  async release(key: string): Promise<void> {
    this.#held.delete(key);
    const lock = await readLock(this.directory, key);
    if (lock?.owner === this.owner.id)
      await writing(this.directory, () => removeLock(this.directory, key, lock.generation));
  }

  /**
   * Gives everything up.
   * @throws file_unwritable
   */
  async leave(): Promise<void> {
    clearInterval(this.#timer);
    await this.#beating; // a beat after the end would bring the file back
    for (const key of [...this.#held]) await this.release(key);
    await writing(this.directory, () => removeOwner(this.directory, this.owner.id));
  }
}

/** What becomes this process's sign of life; the process is in its name, for who tidies up (clean.ts). */
function firstSign(directory: string, id: string): string {
  return join(ownersFolder(directory), `${id}.json.${process.pid}-0.tmp`);
}

/** All that an owner has left of itself, its locks apart. */
async function removeOwner(directory: string, id: string): Promise<void> {
  const path = join(ownersFolder(directory), id);
  for (const file of [path, `${path}.json`, `${path}.json.tmp`, firstSign(directory, id)])
    await rm(file, { force: true });
  for (const folder of [ownersFolder(directory), locksFolder(directory)]) await removeIfEmpty(folder);
}

/** Nothing is synced: who holds what is of no interest after a power cut. */
async function makeLockFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') await makeFolder(folder); // or says why not
  }
}

/** File systems without links, and files with all the links they can have. */
const linkless = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV'];

/** Removes generations up to one, the highest last: until then it counts. */
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
