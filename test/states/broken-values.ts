/** Values that no TypeScript program would hand over. */
import { expect } from 'vitest';

export type Untyped = Record<string, unknown>;

/** The array of a caller who has handed its buffer to another thread. */
export function detached<Array extends Float32Array | Float64Array | Uint32Array>(array: Array): Array {
  structuredClone(array.buffer, { transfer: [array.buffer as ArrayBuffer] });
  expect(array.length).toBe(0);
  return array;
}

/** A copy of a plain object with the value at a path (such as "students.0.seed") exchanged; the rest is shared. */
export function changed(value: object, path: string, to: unknown): object {
  const [key = '', ...rest] = path.split('.');
  const copy = Object.assign(Array.isArray(value) ? [] : {}, value) as Untyped;
  copy[key] = rest.length === 0 ? to : changed(copy[key] as object, rest.join('.'), to);
  return copy;
}
