import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { EigenstudentError, reasonOf } from '../errors.js';

/**
 * SHA-256 of a file, hexadecimal, read in chunks.
 * @throws file_unreadable
 */
export async function fileHash(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch (cause) {
    const reason = reasonOf(cause);
    throw new EigenstudentError('file_unreadable', `cannot read ${path}: ${reason}`, { cause });
  }
  return hash.digest('hex');
}

/** @throws file_unreadable; invalid_data when the file has changed since the protocol was inspected */
export async function checkHash(path: string, expected: string): Promise<void> {
  const received = await fileHash(path);
  if (received === expected) return;
  throw new EigenstudentError(
    'invalid_data',
    `expected ${path} to be as it was when its sweep began, with SHA-256 ${expected}, received ${received}. Put the old file ` +
      'back, or sweep into another directory: other data are other trials',
  );
}
