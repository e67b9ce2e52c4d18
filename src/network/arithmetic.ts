import { addon } from '../native/load.js';

/**
 * Which results belong together: raised whenever an engine gives other bits than before, by hand (native/core/arithmetic.h).
 * Neither the engine's name nor the version of the package tells as much.
 */
export function arithmeticRevision(): number {
  return addon().arithmetic;
}
