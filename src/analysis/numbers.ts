import { finiteNumber, invalid } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { isList } from '../kinds.js';

/**
 * A copy of `values` [n], n >= 1, each checked to be finite and at least `minimum`; the error names the first that is
 * not by its index.
 */
export function finiteNumbers(where: string, values: ArrayLike<number>, minimum = -Infinity): Float64Array {
  if (!isList(values) || values.length === 0) throw invalid(where, 'an array of at least one number', values);
  finiteNumber(`${where}[0]`, values[0], minimum); // an array of 2^32 holes is refused here, before memory is allocated for it
  const copy = room(where, values.length);
  for (let i = 0; i < copy.length; ++i) {
    const value = values[i] as number;
    // the name of an element is only built for an error: it took longer than all other work of a report on
    // relevances
    copy[i] =
      Number.isFinite(value) && value >= minimum ? value : finiteNumber(`${where}[${i}]`, value, minimum);
  }
  return copy;
}

function room(where: string, length: number): Float64Array<ArrayBuffer> {
  try {
    return new Float64Array(length);
  } catch (cause) {
    const message = `${where} has ${length} numbers, whose copy needs ${8 * length} bytes, more than there are`;
    throw new EigenstudentError('out_of_memory', message, { cause });
  }
}

/** A copy of `values` [n], n >= 1, each checked to be finite and above 0. */
export function positiveNumbers(where: string, values: ArrayLike<number>): Float64Array {
  const copy = finiteNumbers(where, values);
  const wrong = copy.findIndex((value) => value <= 0);
  if (wrong >= 0) throw invalid(`${where}[${wrong}]`, 'a number above 0', copy[wrong]);
  return copy;
}

/** Largest of `values` [n]; a loop, because Math.max(...values) overflows the stack near 1e5 values. */
export function largest(values: Iterable<number>): number {
  let maximum = -Infinity;
  for (const value of values) if (value > maximum) maximum = value;
  return maximum;
}

/** Fails unless all of the named lists, such as { x, y }, have one length. */
export function equalLengths(lists: Readonly<Record<string, ArrayLike<number>>>): void {
  const [[firstName, first], ...others] = Object.entries(lists) as [
    [string, ArrayLike<number>],
    ...[string, ArrayLike<number>][],
  ];
  for (const [name, list] of others) {
    if (list.length !== first.length)
      throw invalid(name, `as many numbers as ${firstName} has (${first.length})`, list);
  }
}

/** At most `count` of the values, the first and last among them and the others evenly between by rank. */
export function evenly<Value>(values: readonly Value[], count: number): readonly Value[] {
  if (values.length <= count) return values;
  return Array.from(
    { length: count },
    (_, i) => values[Math.round((i * (values.length - 1)) / (count - 1))] as Value,
  );
}
