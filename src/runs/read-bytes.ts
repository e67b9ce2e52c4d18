import { codeOf, EigenstudentError } from '../errors.js';
import { readBytes } from '../files/read-bytes.js';

export { readBytes };

/** As readBytes; undefined where there is no such file. */
export async function readBytesIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readBytes(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Whether a read failed because there is no such file. */
export function isMissing(error: unknown): boolean {
  return codeOf(error instanceof EigenstudentError ? error.cause : error) === 'ENOENT';
}
