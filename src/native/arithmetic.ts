import { addon } from './load.js';

/**
 * Which results of an engine belong together: raised whenever it gives other bits than before, by hand
 * (native/core/arithmetic.h). Neither the engine's name nor the version of the package tells as much.
 */
export function arithmeticRevision(engine: string): number {
  return addon().arithmeticOf(engine);
}
