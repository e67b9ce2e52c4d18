/** Compares two protocols: whether one requests more trials than the other, and where they conflict. */
import { describe } from '../arguments.js';
import type { ProtocolDocument } from '../protocol/experiment-form.js';
import { formatPath } from '../protocol/protocol.js';
import { spacingSchema } from '../protocol/spacing.js';
import { expand } from '../protocol/trials.js';

/**
 * Relation of `given` to `present` by the trials that they request: the same; a part of it; a superset (`grows`); or
 * neither, with the fields that differ, as in "epochs is 6 there and 7 here".
 */
export function compareProtocols(
  present: ProtocolDocument,
  given: ProtocolDocument,
): 'same' | 'part' | 'grows' | readonly string[] {
  const there = new Set(expand(present).map(({ key }) => key));
  const here = new Set(expand(given).map(({ key }) => key));
  const lost = [...there].some((key) => !here.has(key));
  const gained = [...here].some((key) => !there.has(key));
  if (lost && gained) return differences(present, given);
  if (lost) return 'part';
  return gained ? 'grows' : 'same';
}

type Path = readonly (string | number)[];

function differences(there: unknown, here: unknown, path: Path = []): string[] {
  if (isObject(there) && isObject(here)) {
    const names = new Set([...Object.keys(there), ...Object.keys(here)]);
    return [...names].flatMap((name) => differences(there[name], here[name], [...path, name]));
  }
  // `width: 20` and `width: [20]` are the same
  if (JSON.stringify([there].flat()) === JSON.stringify([here].flat())) return [];
  return [`${formatPath(path)} is ${show(there)} there and ${show(here)} here`];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  if (value === undefined) return 'absent';
  if (Array.isArray(value)) return JSON.stringify(value);
  if (!isObject(value)) return describe(value);
  return spacingSchema(value) ? JSON.stringify(value) : 'present';
}
