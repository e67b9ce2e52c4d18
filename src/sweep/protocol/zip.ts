/** `zip`: which axes go together, value by value. */
import { didYouMean } from '../../arguments.js';
import { type Axis, axesOf, fieldAt, valueAt } from './axes.js';
import type { ProtocolIssue } from './protocol-issues.js';
import type { Protocol } from './protocol-schema.js';

/** Of a protocol whose axes are good. */
export function zipIssues(protocol: Protocol): ProtocolIssue[] {
  const axes = axesOf(protocol);
  const groups = protocol.zip ?? [];
  const names = groups.flat();
  const ofNames = groups.flatMap((group, i) =>
    group.flatMap((name, k): ProtocolIssue[] => {
      const message = nameTrouble(name, protocol, axes) ?? repetition(name, names);
      return message === undefined ? [] : [{ path: ['zip', i, k], message }];
    }),
  );
  return ofNames.length > 0 ? ofNames : groups.flatMap((group, i) => lengthIssues(group, i, axes));
}

function nameTrouble(name: string, protocol: Protocol, axes: readonly Axis[]): string | undefined {
  const axisNames = axes.map((axis) => axis.name);
  if (axisNames.includes(name)) return undefined;
  const list = axisNames.length > 0 ? `one of the axes ${axisNames.join(', ')}` : 'an axis; there is none';
  const path = name.split('.');
  if (fieldAt(path) === undefined) {
    const hint = didYouMean(name, axisNames);
    return `expected ${list}, received "${name}", which is no field of a protocol${hint && `. ${hint}`}`;
  }
  const value = valueAt(protocol, path);
  const what = value === undefined ? 'is not there' : `has one value (${JSON.stringify(value)})`;
  return `expected ${list}, received "${name}", which ${what}. A list or a range makes it an axis`;
}

function repetition(name: string, names: readonly string[]): string | undefined {
  const twice = names.indexOf(name) !== names.lastIndexOf(name);
  return twice ? `expected each axis once in zip, received "${name}" twice` : undefined;
}

function lengthIssues(group: readonly string[], i: number, axes: readonly Axis[]): ProtocolIssue[] {
  const members = group.map((name) => axes.find((axis) => axis.name === name) as Axis);
  if (new Set(members.map(({ values }) => values.length)).size === 1) return [];
  const lengths = members.map(({ name, values }) => `${name} with ${values.length}`).join(', ');
  return [{ path: ['zip', i], message: `expected axes of equal length, received ${lengths}` }];
}
