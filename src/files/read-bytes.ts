import { readFile } from 'node:fs/promises';
import { checkPath } from '../arguments.js';
import { EigenstudentError, reasonOf } from '../errors.js';

/** @throws file_unreadable with the path and the reason; its `cause` is Node's error */
export async function readBytes(path: string): Promise<Buffer> {
  checkPath('a file to read', path);
  try {
    return await readFile(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** "file_unreadable: cannot read <path>: <reason of the cause>" */
export function unreadable(path: string, cause: unknown): EigenstudentError {
  const reason = reasonOf(cause);
  return new EigenstudentError('file_unreadable', `cannot read ${path}: ${reason}`, { cause });
}
