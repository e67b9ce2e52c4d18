import { types } from 'node:util';
import { closest, distance } from 'fastest-levenshtein';
import { EigenstudentError } from './errors.js';
import { isAbortSignal, typedArrayKind } from './kinds.js';

/** Characters of a received text that a message shows; arbitrary. */
const mostText = 200;

/** How a received value reads in an error message. Never throws, whatever the value. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return describeText(value);
  if (typeof value === 'number' || typeof value === 'boolean' || value == null) return String(value);
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object') return `a ${typeof value}`; // symbol, bigint
  if (types.isProxy(value)) return 'a Proxy'; // it may pass for anything
  const kind = typedArrayKind(value);
  if (kind !== undefined) return `${kind}(${(value as Float64Array).length})`;
  if (types.isDataView(value)) return `DataView(${byteLengthOf(value)})`;
  if (Array.isArray(value)) return `an array of length ${value.length}`;
  return `an object (${classNameOf(value)})`;
}

function describeText(text: string): string {
  if (text.length <= mostText) return JSON.stringify(text);
  return `${JSON.stringify(text.slice(0, mostText))} (${text.length} characters)`;
}

function byteLengthOf(view: DataView): number | string {
  try {
    return view.byteLength;
  } catch {
    return 'detached';
  }
}

/** "Dataset"; of a value that only inherits from an array's prototype, that it is none. */
function classNameOf(value: object): string {
  let name: unknown;
  try {
    name = (Object.getPrototypeOf(value) === null ? undefined : value.constructor)?.name;
  } catch {
    return 'whose constructor cannot be read'; // a getter that throws
  }
  if (typeof name !== 'string' || name === '') return 'no prototype';
  return /Array$/.test(name) ? `no ${name}, though it inherits from one` : name;
}

/** The uniform parameter error: "expected <what> for <where>, received <value>". */
export function invalid(where: string, expected: string, received: unknown, advice = ''): EigenstudentError {
  const hint = advice || otherCopy(expected, received);
  return new EigenstudentError(
    'invalid_argument',
    `expected ${expected} for ${where}, received ${describe(received)}${hint && `. ${hint}`}`,
  );
}

/** What to say of a Dataset where a Dataset was expected: the two classes of that name are not one. */
function otherCopy(expected: string, received: unknown): string {
  const [name] = /\((\w+)\)$/.exec(describe(received))?.slice(1) ?? [];
  if (name === undefined || !expected.split(/[^A-Za-z]+/).includes(name)) return '';
  return (
    `It is of another class ${name}: this process has loaded eigenstudent twice (two installations, or ` +
    'jest.resetModules() between two imports). Make it with the copy that takes it'
  );
}

/** An array without holes; a hole is refused at once, where a loop over 2^32 of them would not end. */
export function denseArray<Value>(
  where: string,
  expected: string,
  value: readonly Value[],
): readonly Value[] {
  if (!Array.isArray(value)) throw invalid(where, expected, value);
  for (let i = 0; i < value.length; ++i)
    if (!(i in value)) throw invalid(`${where}[${i}]`, 'a value', undefined, 'The array has a hole there');
  return value;
}

/** An array without holes of objects; `each` says what one is, as in "a curve, { x, y }". */
export function arrayOfObjects<Value extends object>(
  where: string,
  expected: string,
  each: string,
  value: readonly Value[],
): readonly Value[] {
  for (const [i, one] of denseArray(where, expected, value).entries())
    if (typeof one !== 'object' || one === null) throw invalid(`${where}[${i}]`, each, one);
  return value;
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

/** Text only: Node would take a number for a file that is open already, 0 for standard input. */
export function checkPath(where: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') throw invalid(where, 'the path of a file', value);
  // the operating system ends a path there
  if (value.includes('\0')) throw invalid(where, 'the path of a file, without the character U+0000', value);
  return value;
}

/** A text that is not empty. */
export function someName(where: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') throw invalid(where, 'a name', value);
  return value;
}

export function flag(where: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw invalid(where, 'true or false', value);
  return value;
}

export function abortSignal(where: string, value: unknown): AbortSignal {
  if (!isAbortSignal(value)) throw invalid(where, 'an AbortSignal', value);
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
