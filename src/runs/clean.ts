/** Removes files that dead processes have left in a run directory. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EigenstudentError, reasonOf } from '../errors.js';
import { namesIn } from './names-in.js';
import {
  isHere,
  isRunning,
  isTrialLock,
  liveOwners,
  locksFolder,
  type Owner,
  OwnerWatch,
  ownersFolder,
  readLock,
  readOwners,
} from './owners.js';
import { recordFile, trialFolder } from './record.js';
import { readRecordIfWhole } from './run-directory.js';
import { checkpointFile } from './trial-checkpoint.js';
import { removeIfEmpty, removeLock } from './trial-locks.js';

/**
 * Removes temporary files of processes that have ended, checkpoints of finished trials, and the locks and owner files
 * of dead processes. Files of living processes are kept, and so is every record.
 * @returns the paths removed, relative to the directory
 * @throws file_unwritable
 */
export async function cleanRunDirectory(directory: string): Promise<string[]> {
  const cleaning = new Cleaning(directory);
  try {
    await cleaning.run();
  } catch (cause) {
    if (cause instanceof EigenstudentError) throw cause;
    const reason = reasonOf(cause);
    throw new EigenstudentError('file_unwritable', `cannot tidy up ${directory}: ${reason}`, { cause });
  }
  return cleaning.removed;
}

class Cleaning {
  readonly removed: string[] = [];
  #living: readonly Owner[] = [];
  readonly #watch: OwnerWatch;

  constructor(readonly directory: string) {
    this.#watch = new OwnerWatch(directory);
  }

  async run(): Promise<void> {
    this.#living = await liveOwners(this.directory);
    for (const key of await namesIn(join(this.directory, 'trials'))) await this.#cleanTrial(key);
    for (const key of await namesIn(locksFolder(this.directory)))
      if (key !== 'owners') await this.#cleanLock(key);
    for (const folder of ['', 'figures', 'slurm', join('locks', 'owners')]) await this.#cleanFolder(folder);
    await this.#cleanOwners();
  }

  /**
   * Only the process that holds a trial's lock writes in its folder: temporary files that were listed before the lock
   * was found free are abandoned.
   */
  async #cleanTrial(key: string): Promise<void> {
    const names = await namesIn(trialFolder(this.directory, key));
    const temporary = names.filter((name) => name.endsWith('.tmp'));
    const checkpoint = names.includes(checkpointFile) && names.includes(recordFile);
    if (temporary.length === 0 && !checkpoint) return;
    if (await this.#isHeld(key)) return;
    for (const name of temporary) await this.#remove(join('trials', key, name));
    if (checkpoint && (await this.#isFinished(key))) await this.#remove(join('trials', key, checkpointFile));
  }

  async #isHeld(key: string): Promise<boolean> {
    const lock = await readLock(this.directory, key);
    return lock !== undefined && !(await this.#watch.isDead(lock.owner));
  }

  /** A damaged record does not count: its trial continues from the checkpoint. */
  async #isFinished(key: string): Promise<boolean> {
    return (await readRecordIfWhole(this.directory, key)) !== undefined;
  }

  /**
   * Locks of unfinished trials stay for the process that takes over: a lower generation must not follow a higher one.
   * The lock of the protocol is acquired only where the protocol grows, that of the report only at the end, so no other
   * process would remove one that a killed process left.
   */
  async #cleanLock(key: string): Promise<void> {
    const lock = await readLock(this.directory, key);
    if (lock && (await this.#isHeld(key))) return;
    if (lock && isTrialLock(key) && !(await this.#isFinished(key))) return;
    await removeLock(this.directory, key, lock?.generation ?? 0);
    this.removed.push(join('locks', key));
  }

  /**
   * Files that any process may write: summary, report, protocol, owner files. Their temporary names contain the
   * process.
   */
  async #cleanFolder(folder: string): Promise<void> {
    const elsewhere = this.#living.some((owner) => !isHere(owner));
    for (const name of await namesIn(join(this.directory, folder))) {
      const [, pid] = /\.(\d+)-\d+\.tmp$/.exec(name) ?? [];
      if (pid === undefined || isRunning(Number(pid)) || elsewhere) continue;
      await this.#remove(join(folder, name));
    }
  }

  async #cleanOwners(): Promise<void> {
    for (const { id } of await readOwners(this.directory)) {
      if (!(await this.#watch.isDead(id))) continue;
      for (const name of [id, `${id}.json`, `${id}.json.tmp`])
        await rm(join(ownersFolder(this.directory), name), { force: true });
      this.removed.push(join('locks', 'owners', `${id}.json`));
    }
    for (const folder of [ownersFolder(this.directory), locksFolder(this.directory)])
      await removeIfEmpty(folder);
  }

  async #remove(path: string): Promise<void> {
    await rm(join(this.directory, path), { force: true });
    this.removed.push(path);
  }
}
