/** Optimisers and learning-rate schedules: data that native code applies. Updates follow PyTorch's definitions. */
import { finiteNumber, invalid, knownKeys } from '../arguments.js';
import type { NativeOptimizer, NativeSchedule } from '../native/addon.js';

/** Learning rate over time; made by constant(), stepDecay() or cosine(). Epochs are fractional: step / steps per epoch. */
export type Schedule = NativeSchedule;

/** Made by sgd(), adam() or adamW(). */
export interface Optimizer extends NativeOptimizer {
  readonly learningRate: Schedule;
}

interface WarmupOptions {
  /** Epochs over which the rate climbs linearly to the schedule's. Default 0. */
  readonly warmup?: number;
}

const resting = { every: 1, factor: 1, total: 1, minimum: 0 };

/**
 * `rate` throughout.
 * @throws invalid_argument, as the other schedules and the optimisers do: which number, what was expected
 */
export function constant(rate: number, options: WarmupOptions = {}): Schedule {
  knownKeys('constant', options, ['warmup']);
  return { kind: 'constant', base: checkRate('constant', rate), warmup: checkWarmup(options), ...resting };
}

/** base * factor^floor(epoch / every); `every` in epochs. */
export function stepDecay(
  base: number,
  options: { readonly every: number; readonly factor: number } & WarmupOptions,
): Schedule {
  knownKeys('stepDecay', options, ['every', 'factor', 'warmup']);
  return {
    kind: 'step',
    base: checkRate('stepDecay', base),
    warmup: checkWarmup(options),
    ...resting,
    every: positive('every of stepDecay', options.every),
    factor: finiteNumber('factor of stepDecay', options.factor, 0),
  };
}

/** minimum + (base - minimum) (1 + cos(pi min(epoch / total, 1))) / 2; `total` in epochs. */
export function cosine(
  base: number,
  options: { readonly total: number; readonly minimum?: number } & WarmupOptions,
): Schedule {
  knownKeys('cosine', options, ['total', 'minimum', 'warmup']);
  return {
    kind: 'cosine',
    base: checkRate('cosine', base),
    warmup: checkWarmup(options),
    ...resting,
    total: positive('total of cosine', options.total),
    minimum: finiteNumber('minimum of cosine', options.minimum ?? 0, 0),
  };
}

interface RateOptions {
  /** A number stands for constant(number). */
  readonly learningRate: number | Schedule;
}
interface AdamOptions extends RateOptions {
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-7: Keras' default, as in the paper's code (PyTorch: 1e-8). */
  readonly epsilon?: number;
}

const unused = { momentum: 0, nesterov: false, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0 };

/** v = momentum v + g, p -= rate v; with Nesterov p -= rate (g + momentum v). */
export function sgd(
  options: RateOptions & {
    /** Default 0. */
    readonly momentum?: number;
    /** Default false. */
    readonly nesterov?: boolean;
  },
): Optimizer {
  knownKeys('sgd', options, ['learningRate', 'momentum', 'nesterov']);
  const momentum = fraction('momentum of sgd', options.momentum ?? 0);
  const nesterov = options.nesterov ?? false;
  if (typeof nesterov !== 'boolean') throw invalid('nesterov of sgd', 'true or false', nesterov);
  if (nesterov && momentum === 0) throw invalid('momentum of sgd', 'a positive momentum with nesterov', 0);
  return {
    ...unused,
    kind: 'sgd',
    momentum,
    nesterov,
    learningRate: toSchedule('sgd', options.learningRate),
  };
}

/** Adam (Kingma & Ba 2015), bias-corrected: p -= rate mhat / (sqrt(vhat) + epsilon). */
export function adam(options: AdamOptions): Optimizer {
  knownKeys('adam', options, ['learningRate', 'beta1', 'beta2', 'epsilon']);
  return { ...adamNumbers('adam', options), kind: 'adam' };
}

/** Adam with decoupled weight decay (Loshchilov & Hutter 2019): p *= 1 - rate weightDecay before each update. */
export function adamW(
  options: AdamOptions & {
    /** Default 0.01 (PyTorch's). */
    readonly weightDecay?: number;
  },
): Optimizer {
  knownKeys('adamW', options, ['learningRate', 'beta1', 'beta2', 'epsilon', 'weightDecay']);
  const weightDecay = finiteNumber('weightDecay of adamW', options.weightDecay ?? 0.01, 0);
  return { ...adamNumbers('adamW', options), kind: 'adamW', weightDecay };
}

function adamNumbers(name: string, options: AdamOptions) {
  return {
    ...unused,
    beta1: fraction(`beta1 of ${name}`, options.beta1 ?? unused.beta1),
    beta2: fraction(`beta2 of ${name}`, options.beta2 ?? unused.beta2),
    // 0 would give 0/0 where a gradient is exactly 0; below 1e-30 float32 soon rounds it to 0
    epsilon: finiteNumber(`epsilon of ${name}`, options.epsilon ?? unused.epsilon, 1e-30),
    learningRate: toSchedule(name, options.learningRate),
  };
}

/** What each kind uses of an optimizer's numbers. */
const usedByKind = {
  sgd: ['momentum', 'nesterov'],
  adam: ['beta1', 'beta2', 'epsilon'],
  adamW: ['beta1', 'beta2', 'epsilon', 'weightDecay'],
} as const;

/** Checks an optimiser that may have been written by hand, and returns it with nothing else in it. */
export function checkOptimizer(where: string, value: unknown): Optimizer {
  const { kind, learningRate, ...numbers } = (value ?? {}) as Partial<Optimizer>;
  if (typeof learningRate !== 'object' || !isNameIn(usedByKind, kind))
    throw invalid(where, 'an optimizer made by sgd(), adam() or adamW()', value);
  const used = numbersOfKind(kind, numbers, usedByKind, unused);
  if (kind === 'sgd') return sgd({ learningRate, ...used });
  return kind === 'adam' ? adam({ learningRate, ...used }) : adamW({ learningRate, ...used });
}

/** What each kind uses of a schedule's numbers, besides base and warmup. */
const usedBySchedule = { constant: [], step: ['every', 'factor'], cosine: ['total', 'minimum'] } as const;

function toSchedule(where: string, value: number | Schedule): Schedule {
  if (typeof value === 'number') return constant(checkRate(where, value));
  const { kind, base, warmup = 0, ...numbers } = (value ?? {}) as Schedule;
  if (!isNameIn(usedBySchedule, kind)) {
    const expected = 'a number or a schedule made by constant(), stepDecay() or cosine()';
    throw invalid(`learningRate of ${where}`, expected, value);
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

/** The numbers that `kind` uses. Refuses others that are not at rest, because they would have no effect. */
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

function checkRate(where: string, rate: number): number {
  return finiteNumber(`learningRate of ${where}`, rate, 0);
}

function checkWarmup({ warmup = 0 }: WarmupOptions): number {
  return finiteNumber('warmup of learningRate', warmup, 0);
}

function positive(where: string, value: number): number {
  if (finiteNumber(where, value, 0) === 0) throw invalid(where, 'a positive number', value);
  return value;
}

/** A number in [0, 1): at 1 a moving average never moves. */
function fraction(where: string, value: number): number {
  if (typeof value !== 'number' || !(value >= 0 && value < 1))
    throw invalid(where, 'a number from 0 to below 1', value);
  return value;
}
