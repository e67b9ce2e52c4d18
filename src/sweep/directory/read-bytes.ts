import { readFile } from 'node:fs/promises';
import { EigenstudentError } from '../../errors.js';

/** @throws file_unreadable with the path and the reason; its `cause` is Node's error */
export async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EigenstudentError('file_unreadable', `cannot read ${path}: ${reason}`, { cause });
  }
}

/** The same; undefined where there is no such file. */
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

/** Of an error of the operating system: "ENOENT", "ENOSPC", ... */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
