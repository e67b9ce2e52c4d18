/** Lists of one length as separate columns: v of two numbers becomes v[0] and v[1]. */
import { UnreadableValue } from './values.js';

/** Lengths of the lists in a value, the outermost first; those of the first of each. */
export function shapeOf(value: unknown, depth: number): number[] {
  if (depth === 0) return [];
  if (!isSequence(value)) throw new UnreadableValue('nothing');
  if (value.length === 0) throw new UnreadableValue('an empty list');
  return [value.length, ...shapeOf(value[0], depth - 1)];
}

/** The names of the numbers in a list: "v[0]", or "v[0][1]" for nested lists. */
export function elementNames(name: string, [length, ...inner]: readonly number[]): string[] {
  if (length === undefined) return [name];
  return Array.from({ length }, (_, i) => elementNames(`${name}[${i}]`, inner)).flat();
}

/**
 * Its values, in the order of elementNames.
 * @throws UnreadableValue for a value of another shape
 */
export function flatten(value: unknown, [length, ...inner]: readonly number[], into: unknown[]): void {
  if (length === undefined) {
    into.push(value);
    return;
  }
  if (!isSequence(value)) throw new UnreadableValue('nothing');
  if (value.length !== length) throw new UnreadableValue(`a list of ${value.length}`);
  for (let i = 0; i < length; ++i) flatten(value[i], inner, into);
}

function isSequence(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || ArrayBuffer.isView(value);
}
