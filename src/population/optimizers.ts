/** Optimisers and learning-rate schedules: data that native code applies. Updates follow PyTorch's definitions. */
import { finiteNumber, flag, invalid, knownKeys } from '../arguments.js';
import type { NativeOptimizer, NativeSchedule } from '../native/addon.js';
import { called, numberFrom, type OptionsOf, optional, optionsCheck, required } from '../options.js';

/** Learning rate over time; made by constant(), stepDecay() or cosine(). Epochs are fractional: step / steps per epoch. */
export type Schedule = NativeSchedule;

/** Made by sgd(), adam() or adamW(). */
export interface Optimizer extends NativeOptimizer {
  readonly learningRate: Schedule;
}

const nonNegative = numberFrom(0);

/** @internal */
const checkConstant = optionsCheck({
  /** Epochs over which the rate climbs linearly to the schedule's. Default 0. */
  warmup: called('warmup of learningRate', optional(nonNegative, 0)),
});
interface ConstantOptions extends OptionsOf<typeof checkConstant> {}
/** @internal */
const checkStepDecay = optionsCheck({
  every: required(positive),
  factor: required(nonNegative),
  ...checkConstant.each,
});
interface StepDecayOptions extends OptionsOf<typeof checkStepDecay> {}
/** @internal */
const checkCosine = optionsCheck({
  total: required(positive),
  minimum: optional(nonNegative, 0),
  ...checkConstant.each,
});
interface CosineOptions extends OptionsOf<typeof checkCosine> {}

const resting = { every: 1, factor: 1, total: 1, minimum: 0 };

/**
 * `rate` throughout.
 * @throws invalid_argument, as the other schedules and the optimisers do: which number, what was expected
 */
export function constant(rate: number, options: ConstantOptions = {}): Schedule {
  return schedule('constant', 'constant', rate, checkConstant('constant', options));
}

/** base * factor^floor(epoch / every); `every` in epochs. */
export function stepDecay(base: number, options: StepDecayOptions): Schedule {
  return schedule('step', 'stepDecay', base, checkStepDecay('stepDecay', options));
}

/** minimum + (base - minimum) (1 + cos(pi min(epoch / total, 1))) / 2; `total` in epochs. */
export function cosine(base: number, options: CosineOptions): Schedule {
  return schedule('cosine', 'cosine', base, checkCosine('cosine', options));
}

function schedule(kind: Schedule['kind'], where: string, base: number, numbers: Partial<Schedule>): Schedule {
  return { kind, base: nonNegative(`learningRate of ${where}`, base), warmup: 0, ...resting, ...numbers };
}

const unused = { momentum: 0, nesterov: false, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0 };

const rate = {
  /** A number stands for constant(number). */
  learningRate: required<Schedule, number | Schedule>(toSchedule),
};
/** @internal */
const checkSgd = optionsCheck({
  ...rate,
  /** Default 0. */
  momentum: optional(fraction, 0),
  /** Default false. */
  nesterov: optional(flag, false),
});
interface SgdOptions extends OptionsOf<typeof checkSgd> {}
/** @internal */
const checkAdam = optionsCheck({
  ...rate,
  /** Default 0.9. */
  beta1: optional(fraction, unused.beta1),
  /** Default 0.999. */
  beta2: optional(fraction, unused.beta2),
  /** Default 1e-7: Keras' default, as in the paper's code (PyTorch: 1e-8). */
  // 0 would give 0/0 where a gradient is exactly 0; below 1e-30 float32 soon rounds it to 0
  epsilon: optional(numberFrom(1e-30), unused.epsilon),
});
interface AdamOptions extends OptionsOf<typeof checkAdam> {}
/** @internal */
const checkAdamW = optionsCheck({
  ...checkAdam.each,
  /** Default 0.01 (PyTorch's). */
  weightDecay: optional(nonNegative, 0.01),
});
interface AdamWOptions extends OptionsOf<typeof checkAdamW> {}

/** v = momentum v + g, p -= rate v; with Nesterov p -= rate (g + momentum v). */
export function sgd(options: SgdOptions): Optimizer {
  const numbers = checkSgd('sgd', options);
  if (numbers.nesterov && numbers.momentum === 0)
    throw invalid('momentum of sgd', 'a positive momentum with nesterov', 0);
  return { ...unused, kind: 'sgd', ...numbers };
}

/** Adam (Kingma & Ba 2015), bias-corrected: p -= rate mhat / (sqrt(vhat) + epsilon). */
export function adam(options: AdamOptions): Optimizer {
  return { ...unused, ...checkAdam('adam', options), kind: 'adam' };
}

/** Adam with decoupled weight decay (Loshchilov & Hutter 2019): p *= 1 - rate weightDecay before each update. */
export function adamW(options: AdamWOptions): Optimizer {
  return { ...unused, ...checkAdamW('adamW', options), kind: 'adamW' };
}

/** The options that each kind of optimiser uses. */
const usedByKind = {
  sgd: ['momentum', 'nesterov'],
  adam: ['beta1', 'beta2', 'epsilon'],
  adamW: ['beta1', 'beta2', 'epsilon', 'weightDecay'],
} as const;

/** Checks an optimiser that may have been written by hand, and returns it without unknown fields. */
export function checkOptimizer(where: string, value: unknown): Optimizer {
  const { kind, learningRate, ...numbers } = (value ?? {}) as Partial<Optimizer>;
  if (typeof learningRate !== 'object' || !isNameIn(usedByKind, kind))
    throw invalid(where, 'an optimizer made by sgd(), adam() or adamW()', value);
  const used = numbersOfKind(kind, numbers, usedByKind, unused);
  if (kind === 'sgd') return sgd({ learningRate, ...used });
  return kind === 'adam' ? adam({ learningRate, ...used }) : adamW({ learningRate, ...used });
}

/** The options that each kind of schedule uses, besides base and warmup. */
const usedBySchedule = { constant: [], step: ['every', 'factor'], cosine: ['total', 'minimum'] } as const;

function toSchedule(where: string, value: unknown): Schedule {
  if (typeof value === 'number') return constant(nonNegative(where, value));
  const { kind, base, warmup = 0, ...numbers } = (value ?? {}) as Schedule;
  if (!isNameIn(usedBySchedule, kind)) {
    const expected = 'a number or a schedule made by constant(), stepDecay() or cosine()';
    throw invalid(where, expected, value);
  }
  const used = numbersOfKind(kind, numbers, usedBySchedule, resting) as NativeSchedule;
  if (kind === 'constant') return constant(base, { warmup });
  return kind === 'step' ? stepDecay(base, { ...used, warmup }) : cosine(base, { ...used, warmup });
}

function isNameIn<Kind extends string>(
  table: Readonly<Record<Kind, unknown>>,
  value: unknown,
): value is Kind {
  return typeof value === 'string' && Object.hasOwn(table, value);
}

/**
 * The options that `kind` uses. Refuses others with values other than their defaults, because they would have
 * no effect.
 */
function numbersOfKind<Kind extends string>(
  kind: Kind,
  numbers: object,
  usedBy: Readonly<Record<Kind, readonly string[]>>,
  atRest: Readonly<Record<string, unknown>>,
): object {
  knownKeys(kind, numbers, Object.keys(atRest));
  const isUsed = (key: string) => usedBy[kind].includes(key);
  for (const [key, value] of Object.entries(numbers)) {
    if (isUsed(key) || value === undefined || value === atRest[key]) continue;
    const users = (Object.keys(usedBy) as Kind[]).filter((one) => usedBy[one].includes(key));
    const advice = `Of the kinds, ${users.join(' and ')} ${users.length === 1 ? 'uses' : 'use'} it`;
    throw invalid(`${key} of ${kind}`, `no value, or ${atRest[key]},`, value, advice);
  }
  return Object.fromEntries(Object.entries(numbers).filter(([key]) => isUsed(key)));
}

function positive(where: string, value: unknown): number {
  const number = finiteNumber(where, value, 0);
  if (number === 0) throw invalid(where, 'a positive number', value);
  return number;
}

/** A number in [0, 1): with 1 a moving average would never change. */
function fraction(where: string, value: unknown): number {
  if (typeof value !== 'number' || !(value >= 0 && value < 1))
    throw invalid(where, 'a number from 0 to below 1', value);
  return value;
}
