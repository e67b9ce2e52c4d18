import { statSync } from 'node:fs';
import { join } from 'node:path';
import { namesIn } from '../runs/names-in.js';
import { type Lock, locksFolder, OwnerWatch, ownersFolder, readLock } from '../runs/owners.js';

/** Trials whose locks living processes hold, and the number of these processes. */
export interface AtWork {
  readonly keys: ReadonlySet<string>;
  readonly processes: number;
}

/** Reads the locks of a run directory repeatedly, but only those that have changed. */
export class HeldTrials {
  readonly #locks = new Map<string, { readonly changed: number; readonly lock: Lock | undefined }>();
  readonly #owners: OwnerWatch;

  constructor(readonly directory: string) {
    this.#owners = new OwnerWatch(directory);
  }

  async read(): Promise<AtWork> {
    const alive = new Set<string>();
    for (const name of await namesIn(ownersFolder(this.directory))) {
      const id = name.slice(0, -'.json'.length);
      if (name.endsWith('.json') && !(await this.#owners.isDead(id))) alive.add(id);
    }
    const names = (await namesIn(locksFolder(this.directory))).filter((name) => name !== 'owners');
    const held = new Set(names);
    for (const key of this.#locks.keys()) if (!held.has(key)) this.#locks.delete(key);
    const keys = new Set<string>();
    for (const key of names) {
      const lock = await this.#lockOf(key);
      if (lock && alive.has(lock.owner)) keys.add(key);
    }
    return { keys, processes: alive.size };
  }

  async #lockOf(key: string): Promise<Lock | undefined> {
    const found = statSync(join(locksFolder(this.directory), key), { throwIfNoEntry: false });
    if (!found) return undefined;
    const cached = this.#locks.get(key);
    if (cached?.lock && cached.changed === found.mtimeMs) return cached.lock;
    const lock = await readLock(this.directory, key);
    this.#locks.set(key, { changed: found.mtimeMs, lock });
    return lock;
  }
}
