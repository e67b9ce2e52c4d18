import { addon } from './load.js';

/**
 * The revision of an engine's arithmetic: developers raise it whenever the engine's results change in any bit
 * (native/core/arithmetic.h). It follows neither from the engine's name nor from the version of the package.
 * @returns undefined of an engine that is not the addon's: who wrote it knows its revisions
 */
export function arithmeticRevision(engine: string): number | undefined {
  return /^(reference|cpu|cuda)/.test(engine) ? addon().arithmeticOf(engine) : undefined;
}
