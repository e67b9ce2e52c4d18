import { readdir } from 'node:fs/promises';
import { codeOf } from '../errors.js';

/** What lies in a folder, sorted; nothing where there is no such folder. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return [];
    throw error;
  }
}
