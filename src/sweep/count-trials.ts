/** How many trials there are of each kind. */
import { type Axis, armOf, axesOf, valueAt } from '../protocol/axes.js';
import { canonicalJson } from '../protocol/canonical-json.js';
import type { Parametrization, Protocol } from '../protocol/protocol-schema.js';
import type { Trial } from '../protocol/trials.js';

export interface TrialCountsByField {
  readonly total: number;
  readonly byArm: Readonly<Partial<Record<Parametrization, number>>>;
  /** For each field that varies, by its path in the protocol, its values and how many trials have each. */
  readonly byField: Readonly<Record<string, readonly { readonly value: unknown; readonly trials: number }[]>>;
}

export function countTrials(protocol: Protocol, trials: readonly Trial[]): TrialCountsByField {
  const byArm: Partial<Record<Parametrization, number>> = {};
  for (const { protocol: trial } of trials)
    byArm[trial.parametrization] = (byArm[trial.parametrization] ?? 0) + 1;
  const axes = axesOf(protocol).filter(({ values }) => values.length > 1);
  const byField = axes.map((axis) => {
    const counted = axis.name === 'trials' ? partnerOf(axis, axes, protocol) : axis;
    const counts = countsOf(counted, trials);
    const texts = counted.values.map((value) => canonicalJson(value));
    const values = axis.values.map((value, i) => ({ value, trials: counts[i] as number }));
    // A zipped field may have a value several times; its trials are counted together.
    return [axis.name, values.filter((_, i) => texts.indexOf(texts[i] as string) === i)] as const;
  });
  return { total: trials.length, byArm, byField: Object.fromEntries(byField) };
}

/** How many trials have each value. */
function countsOf(axis: Axis, trials: readonly Trial[]): number[] {
  const counts = new Map(axis.values.map((value) => [canonicalJson(value), 0]));
  const arm = armOf(axis);
  for (const { protocol: trial } of trials) {
    if (arm !== undefined && arm !== trial.parametrization) continue;
    const value = arm === undefined ? valueAt(trial, axis.path) : valueAt(trial.arm, axis.path.slice(2));
    const text = canonicalJson(value);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return axis.values.map((value) => counts.get(canonicalJson(value)) ?? 0);
}

/** A trial does not know how many there are beside it; what the number is zipped with tells, best where both arms have it. */
function partnerOf(axis: Axis, axes: readonly Axis[], { zip }: Protocol): Axis {
  const group = zip?.find((names) => names.includes(axis.name)) ?? [];
  const partners = axes.filter((each) => each !== axis && group.includes(each.name));
  return partners.find((each) => armOf(each) === undefined) ?? (partners[0] as Axis);
}
