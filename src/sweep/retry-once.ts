import { EigenstudentError } from '../errors.js';

/** What has been trained is measured and kept even where the run is interrupted meanwhile: stop() ends one call, not two. */
export async function retryOnceIfInterrupted<Result>(call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof EigenstudentError && error.code === 'interrupted') return call();
    throw error;
  }
}
