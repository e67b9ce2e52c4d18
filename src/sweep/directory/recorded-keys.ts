import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Trial } from '../protocol/trials.js';
import { recordFile, trialFolder } from './record.js';

/** Which of the trials have a record in a directory that may not be there; none of them is read. */
export async function recordedKeys(directory: string, trials: readonly Trial[]): Promise<Set<string>> {
  const present = new Set(await list(join(directory, 'trials')));
  const recorded = new Set<string>();
  for (const { key } of trials) {
    if (!present.has(key)) continue;
    if ((await list(trialFolder(directory, key))).includes(recordFile)) recorded.add(key);
  }
  return recorded;
}

async function list(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch {
    return [];
  }
}
