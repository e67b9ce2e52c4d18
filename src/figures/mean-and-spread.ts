import { summarize } from '../analysis/summary.js';
import { raisedTen, short } from './numbers-in-text.js';

/**
 * "22.3 ± 1.5": the spread to two digits and the mean to the same place, "(2.3 ± 1.5)·10⁻⁵" where both are small, and
 * the bare value for a single one.
 */
export function meanAndSpread(values: readonly number[]): string {
  const { mean, sd, count } = summarize(values);
  if (count === 1) return short(mean);
  if (sd === 0) return `${short(mean)} ± 0`;
  const size = Math.max(Math.abs(mean), sd);
  const exponent = size < 1e-3 || size >= 1e6 ? magnitude(size) : 0;
  const scale = 10 ** exponent;
  // At most four digits of the mean, however small the spread.
  const places = Math.min(1 - magnitude(sd / scale), 3 - magnitude(size / scale));
  const decimals = Math.min(100, Math.max(0, places));
  const text = `${(mean / scale).toFixed(decimals)} ± ${(sd / scale).toFixed(decimals)}`;
  return exponent === 0 ? text : `(${text})·${raisedTen(exponent)}`;
}

function magnitude(value: number): number {
  return Math.floor(Math.log10(value));
}
