/** How many students train side by side. */
import { availableParallelism } from 'node:os';

/** A student of small images fills one core. More than four side by side would hold memory for little gain; arbitrary. */
export const atOnce = Math.min(4, availableParallelism());
