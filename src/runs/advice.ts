import { EigenstudentError, reasonOf } from '../errors.js';

/**
 * Carries out work that writes in a run directory; where it cannot be written, says what is safe and what to do.
 * @throws file_unwritable
 */
export async function writing<Result>(directory: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    const message = reasonOf(cause);
    // What the system says of a write names no file.
    const reason = cause instanceof EigenstudentError ? message : `cannot write in ${directory}: ${message}`;
    throw new EigenstudentError(
      'file_unwritable',
      `${reason}. Records of finished trials are intact; make room, then run the same again to go on`,
      { cause },
    );
  }
}
