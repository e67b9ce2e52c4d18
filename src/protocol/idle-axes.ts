/** Axes of a checked protocol with values that no trial would show. */
import { type Axis, armOf, axesOf, valuesOf } from './axes.js';
import type { ProtocolIssue } from './protocol-issues.js';
import type { Protocol } from './protocol-schema.js';

export function idleAxisIssues(protocol: Protocol): ProtocolIssue[] {
  const zipped = new Set(protocol.zip?.flat());
  const free = axesOf(protocol).filter(({ name, values }) => values.length > 1 && !zipped.has(name));
  return free.flatMap((axis) => [...repeatIssues(axis, free), ...fullBatchIssues(axis, protocol)]);
}

/** Each with each, 2 trials are among 3: the most alone counts. */
function repeatIssues({ name, path, values }: Axis, free: readonly Axis[]): ProtocolIssue[] {
  if (name !== 'trials') return [];
  const most = values.reduce((a, b) => Math.max(a as number, b as number), 0);
  const partner = free.find((each) => each.name !== name && each.values.length === values.length);
  const pair = `[${partner?.name ?? 'student.width'}, trials]`;
  const message =
    `expected one number unless zipped, received ${values.length} of which the largest alone would count. ` +
    `Write \`trials: ${most}\`, or \`zip: [${pair}]\` for a number of trials for each value of an axis`;
  return [{ path, message }];
}

/** A batch of more samples than there are is all of them: two such sizes train the same. */
function fullBatchIssues(axis: Axis, protocol: Protocol): ProtocolIssue[] {
  if (armOf(axis) === undefined || axis.path[2] !== 'batchSize') return [];
  const samples = Math.max(...(valuesOf(protocol, 'data.train') as number[]));
  const full = (axis.values as number[]).filter((size) => size >= samples);
  if (full.length < 2) return [];
  const message =
    `expected at most one batch size of at least data.train, ${samples}, received ${full.join(' and ')}: ` +
    'each means all samples in one batch, so they train the same';
  return [{ path: axis.path, message }];
}
