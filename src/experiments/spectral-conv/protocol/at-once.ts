/** How many students train side by side, and on how many threads each. */
import { availableParallelism } from 'node:os';

/** A student of small images fills one core. More than four side by side would hold memory for little gain; arbitrary. */
export const atOnce = Math.min(4, availableParallelism());

/** Threads of one student. @param threads of all students together; absent: as many as the machine has cores */
export function threadsEach(threads = availableParallelism()): number {
  return Math.floor(threads / Math.min(atOnce, threads));
}
