/** Counts the trials of a protocol by arm and by the values of each axis. */
import { type Axis, armOf, axesOf } from '../protocol/axes.js';
import { canonicalJson } from '../protocol/canonical-json.js';
import type { ProtocolDocument, Trial } from '../protocol/experiment-form.js';
import { valueIn } from '../protocol/settings.js';
import { armNameOf } from '../protocol/trials.js';

export interface TrialCountsByField {
  readonly total: number;
  /** Empty where the experiment has no arms. */
  readonly byArm: Readonly<Record<string, number>>;
  /** For each field that varies, by its path in the protocol: its values, each with the number of its trials. */
  readonly byField: Readonly<Record<string, readonly { readonly value: unknown; readonly trials: number }[]>>;
}

export function countTrials(protocol: ProtocolDocument, trials: readonly Trial[]): TrialCountsByField {
  const byArm: Record<string, number> = {};
  for (const trial of trials) {
    const arm = armNameOf(trial.protocol);
    if (arm !== undefined) byArm[arm] = (byArm[arm] ?? 0) + 1;
  }
  const axes = axesOf(protocol).filter(({ values }) => values.length > 1);
  const byField = axes.map((axis) => {
    const counted = axis.name === 'trials' ? partnerOf(axis, axes, protocol) : axis;
    const counts = countsOf(counted, trials);
    const texts = counted.values.map((value) => canonicalJson(value));
    const values = axis.values.map((value, i) => ({ value, trials: counts[i] as number }));
    // A zipped field may repeat a value; its trials are counted together.
    return [axis.name, values.filter((_, i) => texts.indexOf(texts[i] as string) === i)] as const;
  });
  return { total: trials.length, byArm, byField: Object.fromEntries(byField) };
}

/** The number of trials of each value. */
function countsOf(axis: Axis, trials: readonly Trial[]): number[] {
  const counts = new Map(axis.values.map((value) => [canonicalJson(value), 0]));
  const arm = armOf(axis);
  for (const { protocol: trial } of trials) {
    if (arm !== undefined && arm !== armNameOf(trial)) continue;
    const text = canonicalJson(valueIn(trial, axis));
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return axis.values.map((value) => counts.get(canonicalJson(value)) ?? 0);
}

/**
 * The axis that the number of trials is zipped with, preferably one common to all arms: a trial does not hold that
 * number.
 */
function partnerOf(axis: Axis, axes: readonly Axis[], { zip }: ProtocolDocument): Axis {
  const group = zip?.find((names) => names.includes(axis.name)) ?? [];
  const partners = axes.filter((each) => each !== axis && group.includes(each.name));
  return partners.find((each) => armOf(each) === undefined) ?? (partners[0] as Axis);
}
