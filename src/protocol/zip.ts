/** `zip`: axes that vary together, value by value. */
import { didYouMean } from '../arguments.js';
import { type Axis, armNames, armOf, axesOf, fieldAt, valueAt } from './axes.js';
import { canonicalJson } from './canonical-json.js';
import { formOf, type ProtocolDocument } from './experiment-form.js';
import type { ProtocolIssue } from './protocol-issues.js';

/** The fields that a document names in `zip`; it need not be valid. */
export function namesInZip(document: unknown): ReadonlySet<unknown> {
  const groups = valueAt(document, ['zip']);
  return new Set(Array.isArray(groups) ? groups.flat() : []);
}

/** Issues of a protocol whose axes are valid. */
export function zipIssues(protocol: ProtocolDocument): ProtocolIssue[] {
  const axes = axesOf(protocol);
  const groups = protocol.zip ?? [];
  const names = groups.flat();
  const ofNames = groups.flatMap((group, i) =>
    group.flatMap((name, k): ProtocolIssue[] => {
      const message = nameMessage(name, protocol, axes) ?? repetition(name, names);
      return message === undefined ? [] : [{ path: ['zip', i, k], message }];
    }),
  );
  if (ofNames.length > 0) return ofNames;
  const ofLengths = groups.flatMap((group, i) => lengthIssues(group, i, axes));
  return ofLengths.length > 0
    ? ofLengths
    : groups.flatMap((group, i) => repeatIssues(group, i, axes, armNames(formOf(protocol))));
}

/** An arm has the axes of a group that are its own or common; two of its trials may not be the same. */
function repeatIssues(
  group: readonly string[],
  i: number,
  axes: readonly Axis[],
  arms: readonly (string | undefined)[],
): ProtocolIssue[] {
  for (const arm of arms) {
    const seen = axes
      .filter(({ name }) => group.includes(name))
      .filter((axis) => (armOf(axis) ?? arm) === arm);
    const texts = (seen[0]?.values ?? []).map((_, k) => canonicalJson(seen.map(({ values }) => values[k])));
    const again = texts.findIndex((text, k) => texts.indexOf(text) < k);
    if (again < 0) continue;
    const first = texts.indexOf(texts[again] as string);
    const names = seen.map(({ name }) => name).join(', ');
    const message = `expected distinct values of ${names} together, received value ${again + 1} like value ${first + 1}`;
    return [{ path: ['zip', i], message }];
  }
  return [];
}

function nameMessage(name: string, protocol: ProtocolDocument, axes: readonly Axis[]): string | undefined {
  const axisNames = axes.map((axis) => axis.name);
  if (axisNames.includes(name)) return undefined;
  const list = axisNames.length > 0 ? `one of the axes ${axisNames.join(', ')}` : 'an axis; there is none';
  const path = name.split('.');
  if (fieldAt(formOf(protocol), path) === undefined) {
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
