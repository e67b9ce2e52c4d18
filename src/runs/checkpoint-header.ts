/** Progress of an unfinished trial from the header of its checkpoint, without reading its numbers. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EigenstudentError } from '../errors.js';
import { readMetadata } from '../files/safetensors-part.js';
import { trialFolder } from './record.js';
import { checkpointFile } from './trial-checkpoint.js';

/** Completed steps; undefined where there is no readable checkpoint. Its checksum is not verified. */
export function checkpointSteps(directory: string, key: string): number | undefined {
  const path = join(trialFolder(directory, key), checkpointFile);
  if (!existsSync(path)) return undefined;
  try {
    const [steps] = JSON.parse(String(readMetadata(path).steps));
    return Number.isSafeInteger(steps) && steps >= 0 ? steps : undefined;
  } catch (error) {
    // A sweep may replace it at this moment.
    if (error instanceof EigenstudentError || ['SyntaxError', 'TypeError'].includes((error as Error).name))
      return undefined;
    throw error;
  }
}
