/** Who works on a run directory, as far as one look at it can tell. */
import { liveOwners, ownersOf } from '../owners.js';

/** A process that works on a run directory, or that may: one of another machine is not known to be dead from one look. */
export interface Worker {
  readonly host: string;
  readonly pid: number;
  /** Keys of the trials that it holds. */
  readonly trials: readonly string[];
}

export async function readWorkers(directory: string): Promise<Worker[]> {
  const owners = await liveOwners(directory);
  if (owners.length === 0) return []; // whatever locks are left, their owners are dead
  const held = [...(await ownersOf(directory))];
  return owners.map(({ id, host, pid }) => ({
    host,
    pid,
    trials: held.flatMap(([key, owner]) => (owner === id ? [key] : [])).sort(),
  }));
}
