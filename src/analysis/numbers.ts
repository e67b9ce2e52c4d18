import { finiteNumber, invalid } from '../arguments.js';

/**
 * A copy of `values` [n], n >= 1, each checked to be finite and at least `minimum`; the error names the first that is
 * not by its index.
 */
export function finiteNumbers(where: string, values: ArrayLike<number>, minimum = -Infinity): Float64Array {
  const isList = Array.isArray(values) || (ArrayBuffer.isView(values) && !(values instanceof DataView));
  if (!isList || values.length === 0) throw invalid(where, 'an array of at least one number', values);
  const copy = new Float64Array(values.length);
  for (let i = 0; i < copy.length; ++i) copy[i] = finiteNumber(`${where}[${i}]`, values[i], minimum);
  return copy;
}

/** Largest of `values` [n]; a loop, because Math.max(...values) overflows the stack near 1e5 values. */
export function largest(values: Iterable<number>): number {
  let maximum = -Infinity;
  for (const value of values) if (value > maximum) maximum = value;
  return maximum;
}
