import { EigenstudentError, reasonOf } from '../errors.js';

/**
 * Runs work that writes in a run directory; where it cannot write, the error says which files are safe and what to do.
 * @throws file_unwritable
 */
export async function writing<Result>(directory: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    const message = reasonOf(cause);
    // The system's message of a failed write names no file.
    const reason = cause instanceof EigenstudentError ? message : `cannot write in ${directory}: ${message}`;
    throw new EigenstudentError(
      'file_unwritable',
      `${reason}. Records of finished trials are intact; make room, then run the same again to go on`,
      { cause },
    );
  }
}
