/** The processes that work on a run directory, as far as one reading of it can determine. */
import { liveOwners, ownersOf } from '../owners.js';

/**
 * A process that works on a run directory, or may: whether a process of another machine is dead cannot be determined
 * from one reading.
 */
export interface Worker {
  readonly host: string;
  readonly pid: number;
  /** Keys of the trials whose locks it holds. */
  readonly trials: readonly string[];
}

export async function readWorkers(directory: string): Promise<Worker[]> {
  const owners = await liveOwners(directory);
  if (owners.length === 0) return []; // Without owners, all remaining locks are those of dead processes.
  const held = [...(await ownersOf(directory))];
  return owners.map(({ id, host, pid }) => ({
    host,
    pid,
    trials: held.flatMap(([key, owner]) => (owner === id ? [key] : [])).sort(),
  }));
}
