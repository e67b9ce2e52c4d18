/** How far an unfinished trial was when it was last kept, from the head of its checkpoint: no number of it is read. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EigenstudentError } from '../errors.js';
import { readMetadata } from '../files/safetensors-part.js';
import { trialFolder } from './record.js';
import { checkpointFile } from './trial-checkpoint.js';

/** Steps done; nothing where there is no checkpoint, or none that can be read. Its checksum is not looked at. */
export function checkpointSteps(directory: string, key: string): number | undefined {
  const path = join(trialFolder(directory, key), checkpointFile);
  if (!existsSync(path)) return undefined;
  try {
    const [steps] = JSON.parse(String(readMetadata(path).steps));
    return Number.isSafeInteger(steps) && steps >= 0 ? steps : undefined;
  } catch (error) {
    // a sweep may be about to replace it
    if (error instanceof EigenstudentError || ['SyntaxError', 'TypeError'].includes((error as Error).name))
      return undefined;
    throw error;
  }
}
