/** Combines the axes of a protocol: all combinations, except for zipped axes; axes of an arm vary within it alone. */
import { type Axis, armNames, armOf, axesOf, withValue } from './axes.js';
import { formOf, type ProtocolDocument } from './experiment-form.js';

/** Axes that vary together, all of one length: one factor of the product. */
export interface Dimension {
  readonly axes: readonly Axis[];
  readonly length: number;
}

/** A larger number of trials is a typing error: training a million of the smallest takes weeks. Arbitrary. */
export const mostTrials = 10_000_000;

export function dimensionsOf(protocol: Pick<ProtocolDocument, 'zip'>): Dimension[] {
  const axes = axesOf(protocol);
  const groups = protocol.zip ?? [];
  const dimensions = new Map<readonly string[] | string, Axis[]>();
  for (const axis of axes) {
    const key = groups.find((names) => names.includes(axis.name)) ?? axis.name;
    const together = dimensions.get(key);
    if (together) together.push(axis);
    else dimensions.set(key, [axis]);
  }
  return [...dimensions.values()].map((together) => ({
    axes: together,
    length: (together[0] as Axis).values.length,
  }));
}

/** The dimensions without axes of other arms, on which the trials of this one do not depend. */
export function dimensionsOfArm(dimensions: readonly Dimension[], arm: string | undefined): Dimension[] {
  return dimensions
    .map(({ axes, length }) => ({
      axes: axes.filter((axis) => armOf(axis) === undefined || armOf(axis) === arm),
      length,
    }))
    .filter(({ axes }) => axes.length > 0);
}

/** One value for each of some axes. */
export type Choice = readonly (readonly [axis: Axis, value: unknown])[];

/** Every combination of the dimensions, the last one varying fastest. */
export function* combinations(dimensions: readonly Dimension[]): Generator<Choice> {
  const [first, ...rest] = dimensions;
  if (first === undefined) {
    yield [];
    return;
  }
  for (let i = 0; i < first.length; ++i) {
    const chosen = first.axes.map((axis) => [axis, axis.values[i]] as const);
    if (rest.length === 0) yield chosen;
    else for (const choice of combinations(rest)) yield [...chosen, ...choice];
  }
}

/** A copy in which the chosen axes have one value. */
export function choose<Document>(document: Document, choice: Choice): Document {
  return choice.reduce((copy, [{ path }, value]) => withValue(copy, path, value), document);
}

export interface TrialCount {
  /** Absent where the experiment has no arms. */
  readonly arm?: string;
  readonly trials: number;
  /** "student.width 3 x trials 30" */
  readonly product: string;
}

/** How many trials each arm has, without making them. */
export function countTrials(protocol: ProtocolDocument): TrialCount[] {
  const dimensions = dimensionsOf(protocol);
  return armNames(formOf(protocol)).flatMap((arm) => {
    if (arm !== undefined && !Object.hasOwn(protocol.arms ?? {}, arm)) return [];
    const factors = dimensionsOfArm(dimensions, arm).map(({ axes, length }) => {
      const repeats = axes.find(({ name }) => name === 'trials');
      const count = repeats ? sum(repeats.values as number[]) : length;
      return { text: `${axes.map(({ name }) => name).join(' with ')} ${count}`, count };
    });
    if (typeof protocol.trials === 'number')
      factors.push({ text: `trials ${protocol.trials}`, count: protocol.trials });
    const trials = factors.reduce((product, { count }) => product * count, 1);
    return [{ arm, trials, product: factors.map(({ text }) => text).join(' x ') }];
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
