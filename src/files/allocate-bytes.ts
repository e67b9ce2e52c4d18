import { EigenstudentError } from '../errors.js';
import { requireMemory } from '../native/free-memory.js';

/**
 * Allocates the bytes that a file declares. More than are free are refused beforehand: the system may grant
 * them, and kill the process when they are filled.
 * @param what they are for, as in "the array of x.npy"
 * @throws out_of_memory with the number of bytes and what they were for
 */
export function allocateBytes(bytes: number, what: string): Uint8Array<ArrayBuffer> {
  requireMemory(what, bytes, 'Use fewer samples or inputs');
  try {
    return new Uint8Array(bytes);
  } catch (cause) {
    const message = `${what} needs ${bytes} bytes, more than there are`;
    throw new EigenstudentError('out_of_memory', message, { cause });
  }
}
