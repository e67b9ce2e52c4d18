import { addon } from './load.js';

/**
 * The revision of an engine's arithmetic: developers raise it whenever the engine's results change in any bit
 * (native/core/arithmetic.h). It follows neither from the engine's name nor from the version of the package.
 */
export function arithmeticRevision(engine: string): number {
  return addon().arithmeticOf(engine);
}
