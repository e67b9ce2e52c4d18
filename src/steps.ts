/** Long work on large arrays, cut into steps, so that a program can answer signals and requests in between. */
import { setImmediate as turn } from 'node:timers/promises';
import { EigenstudentError, reasonOf } from './errors.js';

/** Each `yield` is a place where the work may rest. The results are the same however it is carried out. */
export type Steps<Result> = Generator<void, Result, void>;

/** Numbers that one step deals with; arbitrary, milliseconds of work. */
export const stepLength = 2 ** 20;

/** Milliseconds of work between two turns of the event loop; arbitrary, short to a person and long to the loop. */
const pace = 50;

/** All steps at once. */
export function finish<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/**
 * The steps with turns of the event loop in between.
 * @throws interrupted, when the signal is aborted
 */
export async function inTurns<Result>(steps: Steps<Result>, signal?: AbortSignal): Promise<Result> {
  for (let rested = performance.now(); ; ) {
    const { done, value } = steps.next();
    if (done) return value;
    if (performance.now() - rested < pace) continue;
    await turn();
    throwIfInterrupted(signal);
    rested = performance.now();
  }
}

/** @throws interrupted */
export function throwIfInterrupted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  const { reason } = signal;
  throw new EigenstudentError('interrupted', `interrupted while data were prepared: ${reasonOf(reason)}`, {
    cause: reason,
  });
}

/**
 * What the promise gives, or an error as soon as the signal is aborted meanwhile: for the reading of files, which then ends by
 * itself.
 * @throws interrupted; what the promise throws
 */
export async function unlessInterrupted<Result>(
  work: Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  if (!signal) return work;
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => {
      try {
        throwIfInterrupted(signal);
      } catch (error) {
        reject(error);
      }
    };
    signal.addEventListener('abort', onAbort);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Start and end of each stretch of 0 ... count - 1 that one step deals with. */
export function* stretches(count: number, length = stepLength): Generator<[from: number, to: number]> {
  for (let from = 0; from < count; from += length) yield [from, Math.min(count, from + length)];
}
