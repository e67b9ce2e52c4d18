import { createHash } from 'node:crypto';
import { typedArrayKind } from '../kinds.js';
import type { Dataset } from '../network/dataset.js';

const known = new WeakMap<Dataset, string>();

/** SHA-256 of a data set's numbers, their kinds and counts: different data have different fingerprints. */
export function fingerprint(data: Dataset): string {
  const existing = known.get(data);
  if (existing) return existing;
  const hash = createHash('sha256');
  for (const array of [data.inputs, data.targets, data.classes]) {
    hash.update(`${typedArrayKind(array)} ${array?.length} `);
    if (array) hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  }
  hash.update(`${data.inputCount} ${data.targetCount}`);
  const digest = hash.digest('hex');
  known.set(data, digest);
  return digest;
}
