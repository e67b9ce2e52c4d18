import { EigenstudentError } from '../errors.js';

/**
 * Completes measurements after training even where the run is interrupted meanwhile: stop() interrupts one call, not
 * two.
 */
export async function retryOnceIfInterrupted<Result>(call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof EigenstudentError && error.code === 'interrupted') return call();
    throw error;
  }
}
