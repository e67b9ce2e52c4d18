import { readFile } from 'node:fs/promises';
import { EigenstudentError } from '../errors.js';

/** @throws file_unreadable with the path and the reason; its `cause` is Node's error */
export async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EigenstudentError('file_unreadable', `cannot read ${path}: ${reason}`, { cause });
  }
}
