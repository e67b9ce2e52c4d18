import { createHash } from 'node:crypto';
import type { StudentState } from '../../src/population/student.js';

/** A hash of all bits of a state: millions of numbers are long to compare, and longer to print. */
export function stateBits({
  parameters,
  firstMoment,
  secondMoment,
  updateCount,
  step,
}: StudentState): string {
  const hash = createHash('sha256').update(JSON.stringify([step, ...updateCount]));
  for (const { buffer, byteOffset, byteLength } of [parameters, firstMoment, secondMoment ?? firstMoment])
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest('hex');
}
