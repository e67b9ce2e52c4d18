import { closest, distance } from 'fastest-levenshtein';
import { EigenstudentError } from './errors.js';

/** How a received value reads in an error message. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' || typeof value === 'boolean' || value == null) return String(value);
  if (ArrayBuffer.isView(value)) {
    return `${value.constructor.name}(${(value as Float64Array).length ?? value.byteLength})`;
  }
  if (Array.isArray(value)) return `an array of length ${value.length}`;
  return typeof value === 'function'
    ? 'a function'
    : `an object (${value.constructor?.name ?? 'no prototype'})`;
}

/** The uniform parameter error: "expected <what> for <where>, received <value>". */
export function invalid(where: string, expected: string, received: unknown, advice = ''): EigenstudentError {
  const hint = advice ? `. ${advice}` : '';
  return new EigenstudentError(
    'invalid_argument',
    `expected ${expected} for ${where}, received ${describe(received)}${hint}`,
  );
}

export function positiveInteger(where: string, value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 1)
    throw invalid(where, 'a positive integer', value);
  return value as number;
}

export function nonNegativeInteger(where: string, value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0)
    throw invalid(where, 'a non-negative integer', value);
  return value as number;
}

/** A finite number in [minimum, maximum]. */
export function finiteNumber(where: string, value: unknown, minimum = -Infinity, maximum = Infinity): number {
  const inside = typeof value === 'number' && Number.isFinite(value) && value >= minimum && value <= maximum;
  if (!inside) {
    const range =
      minimum === -Infinity && maximum === Infinity
        ? ''
        : maximum === Infinity
          ? ` of at least ${minimum}`
          : ` between ${minimum} and ${maximum}`;
    throw invalid(where, `a finite number${range}`, value);
  }
  return value;
}

/** One of a fixed set of names; a near miss is answered with the name it resembles. */
export function oneOf<const Name extends string>(
  where: string,
  value: unknown,
  names: readonly Name[],
): Name {
  if (typeof value === 'string' && (names as readonly string[]).includes(value)) return value as Name;
  throw invalid(
    where,
    `one of ${names.join(', ')}`,
    value,
    typeof value === 'string' ? didYouMean(value, names) : '',
  );
}

/** "Did you mean "relu"?", or nothing when no name is near. */
export function didYouMean(value: string, names: readonly string[]): string {
  if (names.length === 0) return '';
  const nearest = closest(value.toLowerCase(), names.map((name) => name.toLowerCase()) as string[]);
  const name = names.find((candidate) => candidate.toLowerCase() === nearest) as string;
  const near = distance(value.toLowerCase(), nearest) <= Math.max(2, Math.floor(value.length / 3));
  return near ? `Did you mean "${name}"?` : '';
}

/** Fails on keys that are not known, naming the nearest one that is. */
export function knownKeys(where: string, value: object, keys: readonly string[]): void {
  if (typeof value !== 'object' || value === null) throw invalid(where, 'an object of options', value);
  for (const key of Object.keys(value)) {
    if (!keys.includes(key)) {
      const hint = didYouMean(key, keys);
      throw new EigenstudentError(
        'invalid_argument',
        `unknown option "${key}" in ${where}; known: ${keys.join(', ')}${hint ? `. ${hint}` : ''}`,
      );
    }
  }
}

/** A word as a shell would need it to be written. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
