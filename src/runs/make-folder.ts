import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf, EigenstudentError, reasonOf } from '../errors.js';
import { syncDirectory } from '../files/atomic-write.js';

/**
 * Creates a folder and its parents where they do not exist, durably across a power failure.
 * @throws file_unwritable with the path and the reason
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await make(path);
  } catch (cause) {
    const reason = reasonOf(cause);
    throw new EigenstudentError('file_unwritable', `cannot make the folder ${path}: ${reason}`, { cause });
  }
}

/**
 * Not `recursive: true`: Node 20 then reports a read-only disk as "no such file", and never returns for a file system
 * that takes no folders at all (/proc).
 */
async function make(path: string, parentsAreMade = false): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return; // Perhaps created by another process meanwhile.
    if (code !== 'ENOENT' || parentsAreMade || dirname(path) === path) throw error;
    await make(dirname(path));
    return make(path, true);
  }
  await syncDirectory(dirname(path));
}
