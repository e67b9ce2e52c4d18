import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { checkPath } from '../arguments.js';
import { EigenstudentError, reasonOf } from '../errors.js';

let written = 0;

/**
 * Writes a file under a temporary name beside it, syncs and renames: a reader sees the old file or the new one, whatever
 * happens in between.
 * @throws file_unwritable with the reason; the old file is still there
 */
export async function writeAtomically(path: string, data: Buffer | string): Promise<void> {
  checkPath('a file to write', path);
  const temporary = `${path}.${process.pid}-${written++}.tmp`;
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncDirectory(dirname(path));
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined); // the first error is the one to report
    const reason = reasonOf(cause);
    throw new EigenstudentError('file_unwritable', `cannot write ${path}: ${reason}`, { cause });
  }
}

/**
 * Makes renamed and new entries of a directory survive a power cut. Where directories cannot be opened
 * (Windows) there is nothing to sync.
 */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
