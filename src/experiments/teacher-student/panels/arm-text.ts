import { stringify } from 'yaml';
import { brief } from '../../../figures/numbers-in-text.js';
import type { Parametrization, Protocol } from '../protocol/schema.js';

/** An arm in a protocol: any field may be an axis. */
type GridArm = NonNullable<Protocol['arms'][Parametrization]>;

/** "first layer trains eigenvectors; adam (learningRate 0.005, ...); batch 300; 2000 epochs"; axes as written. */
export function armText(arm: GridArm, epochs: string, layers = 'first layer'): string {
  const { trainable, optimizer, batchSize, alternating } = arm;
  const names = Array.isArray(trainable) && trainable.every((name) => typeof name === 'string');
  return [
    `${layers} trains ${names ? trainable.join(' and ') : inFlow(trainable)}`,
    isOne(optimizer) ? Object.entries(optimizer).map(optimizerText).join() : `optimizer ${inFlow(optimizer)}`,
    `batch ${inFlow(batchSize)}`,
    ...penaltyTexts('L1', arm.l1),
    ...penaltyTexts('L2', arm.l2),
    ...(arm.groupLasso === undefined ? [] : penaltyTexts('group lasso', arm.groupLasso)),
    ...(arm.initialize ? [`eigenvalues start at ${inFlow(arm.initialize)}`] : []),
    ...(alternating === null ? [] : [`alternating ${alternatingText(alternating)}`]),
    `${epochs} epochs`,
  ].join('; ');
}

/**
 * A value, plain or as flow YAML, its numbers rounded as far as they remain distinct from the others.
 * @param others the values beside it, as Array.map passes them
 */
export function inFlow(value: unknown, _index = 0, others: readonly unknown[] = []): string {
  const short = shortened(value, others);
  if (typeof short !== 'object' || short === null) return String(short);
  return stringify(short, { collectionStyle: 'flow', lineWidth: 0 }).trim();
}

function shortened(value: unknown, others: readonly unknown[]): unknown {
  if (typeof value === 'number') return brief(value, others);
  if (Array.isArray(value)) return value.map((each) => shortened(each, value));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, shortened(each, [])]));
}

function optimizerText([name, settings]: [string, unknown]): string {
  const terms = Object.entries(settings as object).map(([field, value]) => `${field} ${inFlow(value)}`);
  return `${name} (${terms.join(', ')})`;
}

function penaltyTexts(name: string, penalty: GridArm['l1'] | NonNullable<GridArm['groupLasso']>): string[] {
  if (!isOne(penalty)) return [`${name} ${inFlow(penalty)}`];
  const terms = Object.entries(penalty).filter(([, factor]) => factor !== 0);
  return terms.length === 0
    ? []
    : [`${name} ${terms.map(([tensor, factor]) => `${tensor} ${inFlow(factor)}`).join(', ')}`];
}

function alternatingText(alternating: NonNullable<GridArm['alternating']>): string {
  if (!isOne(alternating) || !('every' in alternating)) return inFlow(alternating);
  return `every ${inFlow(alternating.every)} ${inFlow(alternating.unit)}`;
}

function isOne(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
