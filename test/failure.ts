import { EigenstudentError } from '../src/errors.js';

/** "code: message" of the EigenstudentError that `work` throws. Anything else, or nothing, fails the test. */
export function failureOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return describe(error);
  }
  throw new Error('expected an EigenstudentError, nothing was thrown');
}

/** The same of a promise. */
export async function rejectionOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return describe(error);
  }
  throw new Error('expected an EigenstudentError, the promise was fulfilled');
}

function describe(error: unknown): string {
  if (error instanceof EigenstudentError) return `${error.code}: ${error.message}`;
  throw error;
}
