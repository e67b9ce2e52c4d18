import { readdir } from 'node:fs/promises';
import { codeOf } from '../errors.js';

/** Names of the entries of a folder, sorted; empty where there is no such folder. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return [];
    throw error;
  }
}
