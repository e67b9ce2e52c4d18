import { readFile } from 'node:fs/promises';
import { EigenstudentError } from '../errors.js';

/** @throws file_unreadable with the path and the reason; its `cause` is Node's error */
export async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** "file_unreadable: cannot read <path>: <reason of the cause>" */
export function unreadable(path: string, cause: unknown): EigenstudentError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new EigenstudentError('file_unreadable', `cannot read ${path}: ${reason}`, { cause });
}
