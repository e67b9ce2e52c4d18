/** Expands a protocol to its trials, each identified by all numbers that it depends on. */
import { createHash } from 'node:crypto';
import { armNames, armOf, valueAt } from './axes.js';
import { canonicalJson } from './canonical-json.js';
import {
  type Arm,
  type ExperimentForm,
  formOf,
  type ProtocolDocument,
  type Trial,
  type TrialProtocol,
} from './experiment-form.js';
import { choose, combinations, type Dimension, dimensionsOf, dimensionsOfArm } from './grid.js';

export { canonicalJson } from './canonical-json.js';
export type { Trial, TrialProtocol } from './experiment-form.js';

/**
 * The full grid, each trial once. The axes vary in the order of the protocol, the last one fastest: those common to all
 * arms, then the arm, then its axes, then the trial.
 */
export function expand(protocol: ProtocolDocument): Trial[] {
  const form = formOf(protocol);
  const trialsAt = form.trialsAt?.bind(form) ?? plainTrials;
  const dimensions = dimensionsOf(protocol);
  const shared = dimensions.filter(({ axes }) => axes.some((axis) => armOf(axis) === undefined));
  const armsOf = armsWith(
    form,
    dimensions.filter((dimension) => !shared.includes(dimension)),
  );
  const cache = new WeakMap<object, string>(); // The text of what trials share is computed once.
  const trials = new Map<string, Trial>();
  for (const choice of combinations(shared)) {
    const point = choose(protocol, choice);
    for (const arm of armsOf(point)) {
      const trialAt = trialsAt(point, arm);
      for (let index = 0; index < (point.trials as number); ++index) {
        const trial = trialAt(index);
        const key = trialKey(trial, cache);
        trials.set(key, { key, protocol: trial });
      }
    }
  }
  return [...trials.values()];
}

/** Every arm of a point; the same objects again while the values common to the arms do not change them. */
function armsWith(
  form: ExperimentForm,
  dimensions: readonly Dimension[],
): (point: ProtocolDocument) => readonly (Arm | undefined)[] {
  const cache = new WeakMap<object, Arm[]>();
  return (point) =>
    armNames(form).flatMap((name) => {
      if (name === undefined) return [undefined];
      const written = valueAt(point, ['arms', name]) as object | undefined;
      if (written === undefined) return [];
      const arms =
        cache.get(written) ??
        [...combinations(dimensionsOfArm(dimensions, name))].map((choice) => ({
          name,
          fields: valueAt(choose(point, choice), ['arms', name]) as object,
        }));
      cache.set(written, arms);
      return arms;
    });
}

/** The point, with the arm in place of all arms. */
function plainTrials(point: ProtocolDocument, arm: Arm | undefined): (trial: number) => TrialProtocol {
  const { trials: _, arms: __, zip: ___, seed, ...rest } = point;
  const fields = { ...rest, ...(arm && { arm: { ...arm.fields, name: arm.name } }) };
  return (trial) => ({ ...fields, schema: 1, seed: seed as number, trial });
}

/** The arm of a trial; undefined where its experiment has none. */
export function armNameOf(trial: TrialProtocol): string | undefined {
  const form = formOf(trial);
  return form.armOf ? form.armOf(trial) : (trial.arm as { readonly name?: string } | undefined)?.name;
}

/**
 * Depends on the values alone: neither on the order of the fields nor on the text of the file.
 * @param cache see canonicalJson
 */
export function trialKey(protocol: TrialProtocol, cache?: WeakMap<object, string>): string {
  return createHash('sha256').update(canonicalJson(protocol, cache)).digest('hex').slice(0, 16);
}
