/** The middle value, or the mean of the two middle ones. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error('the median of no values was asked for');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

/**
 * Median of peer/ours over rounds that timed both. Pairs stand side by side in time, so that a machine which slows down
 * for a while slows both and leaves the ratio alone; the quotient of two medians would not.
 */
export function pairedRatio(peer: readonly number[], ours: readonly number[]): number {
  if (peer.length !== ours.length)
    throw new Error(`expected a pair a round, got ${peer.length} and ${ours.length} samples`);
  return median(peer.map((time, round) => time / (ours[round] as number)));
}

/** |a - b|_2 / |b|_2; the norm of a where b is zero. NaN where either holds one. */
export function relativeDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`expected as many values, got ${a.length} and ${b.length}`);
  let squares = 0;
  let norm = 0;
  for (let i = 0; i < a.length; ++i) {
    squares += ((a[i] as number) - (b[i] as number)) ** 2;
    norm += (b[i] as number) ** 2;
  }
  return Math.sqrt(norm === 0 ? squares : squares / norm);
}
