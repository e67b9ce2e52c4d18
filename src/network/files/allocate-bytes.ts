import { totalmem } from 'node:os';
import { EigenstudentError } from '../../errors.js';

/**
 * Bytes for what a file says that it holds. More than the machine, or the container around the process, has are refused before
 * they are asked for: the system may grant them, and end the process when they are filled.
 * @param what they are for, as in "the array of x.npy"
 * @throws out_of_memory with the number of bytes and what they were for
 */
export function allocateBytes(bytes: number, what: string): Uint8Array<ArrayBuffer> {
  const most = Math.min(totalmem(), process.constrainedMemory() || Infinity);
  if (bytes > most) throw outOfMemory(bytes, what);
  try {
    return new Uint8Array(bytes);
  } catch (cause) {
    throw outOfMemory(bytes, what, cause);
  }
}

function outOfMemory(bytes: number, what: string, cause?: unknown): EigenstudentError {
  return new EigenstudentError('out_of_memory', `${what} needs ${bytes} bytes, more than there are`, {
    cause,
  });
}
