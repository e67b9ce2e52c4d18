import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf, EigenstudentError, reasonOf } from '../errors.js';
import { syncDirectory } from '../files/atomic-write.js';

/**
 * Makes a folder and those it lies in, where they are not there, to outlive a power cut.
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
 * Not `recursive: true`: Node 20 then calls a read-only disk "no such file", and never returns from a place that takes
 * no folders at all (/proc).
 */
async function make(path: string, parentsAreMade = false): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return; // perhaps by another process just now
    if (code !== 'ENOENT' || parentsAreMade || dirname(path) === path) throw error;
    await make(dirname(path));
    return make(path, true);
  }
  await syncDirectory(dirname(path));
}
