/** The objective of training: one loss, or a weighted sum of losses, each of the output of one layer. */
import { denseArray, finiteNumber, invalid, knownKeys, oneOf } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import type { NativeTerm } from '../native/addon.js';
import type { Layer } from './layers.js';

/** Names of the losses that may be the only loss of a network. */
export const losses = ['mse', 'crossEntropy'] as const;
/**
 * `mse`: mean over batch and outputs of (y - t)^2. `crossEntropy`: mean over the batch of -log softmax(y)[class], on the
 * outputs of the last layer as they are.
 */
export type PlainLoss = (typeof losses)[number];

/** Names of the losses that a term may have. */
export const termLosses = [
  ...losses,
  'meanAbsoluteError',
  'softCrossEntropy',
  'klDivergence',
  'factorDistance',
  'upstream',
] as const;

/**
 * One summand. y is the output of the layer, t the target, B the batch, N the outputs.
 * - `mse`, `meanAbsoluteError`: mean over batch and outputs of (y - t)^2, |y - t|
 * - `crossEntropy`: mean over the batch of -log softmax(y)[class]
 * - `softCrossEntropy`: mean over the batch of -sum_i t_i log softmax(y / temperature)_i, t a distribution
 * - `klDivergence`: mean over the batch of sum_i t_i (log t_i - log softmax(y / temperature)_i); neither has a factor
 *   temperature^2: give it as the weight
 * - `factorDistance`: mean over batch and outputs of |y / |y| - t / |t||^power, norms per sample (arXiv 1802.04977)
 * - `upstream`: sum over batch and outputs of y t, t being a gradient from elsewhere
 */
export interface Term {
  readonly loss: (typeof termLosses)[number];
  /** Name of the layer whose output the loss is of. Default: the last. */
  readonly layer?: string;
  /** Name of an array of the data (DatasetOptions.named). Default: its targets, or its classes. */
  readonly target?: string;
  /** Default 1. */
  readonly weight?: number;
  /** Of softCrossEntropy and klDivergence. Default 1. */
  readonly temperature?: number;
  /** Of factorDistance: 1 or 2. Default 2. */
  readonly power?: 1 | 2;
}

/** A plain loss of the last layer, or terms. */
export type Loss = PlainLoss | { readonly terms: readonly Term[] };

/** @throws invalid_argument */
export function checkLoss(where: string, loss: unknown): Loss {
  if (typeof loss !== 'object' || loss === null) return oneOf(where, loss, losses);
  knownKeys(where, loss, ['terms']);
  const { terms } = loss as { terms: readonly Term[] };
  denseArray(`terms of ${where}`, 'an array of terms', terms);
  if (terms.length === 0) throw invalid(`terms of ${where}`, 'at least one term', terms);
  return { terms: terms.map((term, t) => checkTerm(`terms[${t}] of ${where}`, term)) };
}

function checkTerm(where: string, term: Term): Term {
  if (typeof term !== 'object' || term === null)
    throw invalid(where, '{ loss, layer, target, weight }', term);
  knownKeys(where, term, ['loss', 'layer', 'target', 'weight', 'temperature', 'power']);
  const loss = oneOf(`loss of ${where}`, term.loss, termLosses);
  for (const key of ['layer', 'target'] as const)
    if (term[key] !== undefined && (typeof term[key] !== 'string' || term[key] === ''))
      throw invalid(`${key} of ${where}`, 'a name', term[key]);
  if (term.weight !== undefined) finiteNumber(`weight of ${where}`, term.weight);
  const isSoft = loss === 'softCrossEntropy' || loss === 'klDivergence';
  if (term.temperature !== undefined) {
    if (!isSoft)
      throw invalid(`temperature of ${where}`, `none, as ${loss} has no temperature`, term.temperature);
    if (finiteNumber(`temperature of ${where}`, term.temperature, 0) === 0)
      throw invalid(`temperature of ${where}`, 'a number above 0', term.temperature);
  }
  if (term.power !== undefined) {
    if (loss !== 'factorDistance')
      throw invalid(`power of ${where}`, `none, as ${loss} has no power`, term.power);
    oneOf(`power of ${where}`, String(term.power), ['1', '2']);
  }
  if (loss === 'crossEntropy' && term.target !== undefined)
    throw invalid(
      `target of ${where}`,
      'none, as crossEntropy looks at the classes of the data',
      term.target,
    );
  return { ...term };
}

/** The terms of a loss, a plain one being that of the last layer. */
export function termsOf(loss: Loss): readonly Term[] {
  return typeof loss === 'string' ? [{ loss }] : loss.terms;
}

/** Index of the layer whose output a term is of. @throws invalid_network when there is none of that name */
export function layerOf({ layer }: Term, layers: readonly Layer[]): number {
  if (layer === undefined) return layers.length - 1;
  const found = layers.findIndex(({ name }) => name === layer);
  if (found >= 0) return found;
  const names = layers.flatMap(({ name }) => (name === undefined ? [] : [`'${name}'`]));
  throw new EigenstudentError(
    'invalid_network',
    `expected the name of a layer for a term of the loss (${names.join(', ') || 'no layer has one'}), received '${layer}'`,
  );
}

/** @throws invalid_network */
export function toNativeObjective(loss: Loss, layers: readonly Layer[]): NativeTerm[] {
  return termsOf(loss).map((term) => ({
    loss: toNativeLoss(term),
    layer: layerOf(term, layers),
    target: term.target ?? '',
    weight: term.weight ?? 1,
  }));
}

function toNativeLoss({ loss: type, temperature = 1, power = 2 }: Term): NativeTerm['loss'] {
  switch (type) {
    case 'softCrossEntropy':
    case 'klDivergence':
      return { type, temperature };
    case 'factorDistance':
      return { type, power };
    default:
      return { type };
  }
}
