/** Detects axes of a checked protocol whose values have no effect on the trials. */
import { axesOf } from './axes.js';
import type { ExperimentForm, ProtocolDocument } from './experiment-form.js';
import type { ProtocolIssue } from './protocol-issues.js';

/**
 * Detects a list of numbers of trials that is not zipped: 2 trials are among 3, so that the largest alone has an
 * effect.
 */
export function repeatIssues(form: ExperimentForm, protocol: ProtocolDocument): ProtocolIssue[] {
  const zipped = new Set(protocol.zip?.flat());
  const free = axesOf(protocol).filter(({ name, values }) => values.length > 1 && !zipped.has(name));
  const trials = free.find(({ name }) => name === 'trials');
  if (trials === undefined) return [];
  const { path, values } = trials;
  const most = values.reduce((a, b) => Math.max(a as number, b as number), 0);
  const partner = free.find((each) => each !== trials && each.values.length === values.length);
  const pair = `[${partner?.name ?? form.exampleAxis ?? form.placeAxes[0] ?? 'another axis'}, trials]`;
  const message =
    `expected one number unless zipped, received ${values.length} of which the largest alone would count. ` +
    `Write \`trials: ${most}\`, or \`zip: [${pair}]\` for a number of trials for each value of an axis`;
  return [{ path, message }];
}
