import { statSync } from 'node:fs';
import { join } from 'node:path';
import { namesIn } from '../runs/names-in.js';
import { type Lock, locksFolder, OwnerWatch, ownersFolder, readLock } from '../runs/owners.js';

/** Which trials a living process is at work on, and how many such processes there are. */
export interface AtWork {
  readonly keys: ReadonlySet<string>;
  readonly processes: number;
}

/** Looks at the locks of a run directory again and again, reading only those that have changed. */
export class HeldTrials {
  readonly #locks = new Map<string, { readonly changed: number; readonly lock: Lock | undefined }>();
  readonly #owners: OwnerWatch;

  constructor(readonly directory: string) {
    this.#owners = new OwnerWatch(directory);
  }

  async look(): Promise<AtWork> {
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
    const known = this.#locks.get(key);
    if (known?.lock && known.changed === found.mtimeMs) return known.lock;
    const lock = await readLock(this.directory, key);
    this.#locks.set(key, { changed: found.mtimeMs, lock });
    return lock;
  }
}
