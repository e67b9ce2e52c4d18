/**
 * What a value is, whichever realm made it. Jest's sandbox, vm contexts and other windows have classes of their own, so that
 * `instanceof` says no to a Float32Array of theirs; what is asked here cannot be forged either, unlike a prototype.
 */
import { types } from 'node:util';

/** Name of a typed array's class, as "Float32Array"; undefined for anything else, a Proxy of one included. */
export function typedArrayKind(value: unknown): string | undefined {
  return types.isTypedArray(value) ? (tagOf.call(value) as string) : undefined;
}

const tagOf = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)
  ?.get as () => unknown;

/** An array, or a typed array. */
export function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || types.isTypedArray(value);
}

/** By what it can do: every realm, and every polyfill, has a class of its own. */
export function isAbortSignal(value: unknown): value is AbortSignal {
  if (typeof value !== 'object' || value === null) return false;
  const { aborted, addEventListener, removeEventListener } = value as Partial<AbortSignal>;
  return (
    typeof aborted === 'boolean' &&
    typeof addEventListener === 'function' &&
    typeof removeEventListener === 'function'
  );
}
