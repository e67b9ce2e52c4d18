/** Layers without a matrix, between other layers or joining several of them. */
import { finiteNumber, invalid, knownKeys } from '../arguments.js';
import {
  type Activation,
  type ActivationLayer,
  type AddLayer,
  activationOf,
  type BatchNormLayer,
  type BatchNormTensor,
  batchNormTensors,
  type ConcatLayer,
  type Initializer,
  type LayerPlace,
  placeKeys,
  placeOf,
  type SlopeOptions,
  tensorOptions,
} from './layers.js';

export interface BatchNormOptions extends LayerPlace {
  /** running = (1 - momentum) running + momentum new. Default 0.1, as in PyTorch. */
  readonly momentum?: number;
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
  /** Names of the tensors that train. Default: both. */
  readonly trainable?: readonly BatchNormTensor[];
  readonly l1?: { readonly [K in BatchNormTensor]?: number };
  readonly l2?: { readonly [K in BatchNormTensor]?: number };
  readonly initialize?: { readonly [K in BatchNormTensor]?: Initializer };
}

/**
 * Batch normalisation (arXiv 1502.03167) per unit, with PyTorch's conventions: y = scale (x - mean) /
 * sqrt(variance + epsilon) + shift. Training normalises by the biased statistics of the batch and moves the
 * running ones (the variance unbiased); predictions use the running ones unless `statistics: 'batch'` is
 * given. Scale starts at 1, shift at 0.
 * @throws invalid_argument
 */
export function batchNorm(options: BatchNormOptions = {}): BatchNormLayer {
  const where = 'batchNorm layer';
  knownKeys(where, options, ['momentum', 'epsilon', 'trainable', 'l1', 'l2', 'initialize', ...placeKeys]);
  const momentum = finiteNumber(`momentum of ${where}`, options.momentum ?? 0.1, 0);
  if (momentum > 1) throw invalid(`momentum of ${where}`, 'a number from 0 to 1', momentum);
  const epsilon = finiteNumber(`epsilon of ${where}`, options.epsilon ?? 1e-5, 0);
  if (epsilon === 0) throw invalid(`epsilon of ${where}`, 'a number above 0', epsilon);
  const initial = { scale: 1, shift: 0 };
  const tensors = tensorOptions(
    where,
    options,
    batchNormTensors,
    batchNormTensors,
    batchNormTensors,
    initial,
  );
  return { kind: 'batchNorm', momentum, epsilon, tensors, ...placeOf(where, options) };
}

/** Of activation(). */
export interface ActivationOptions extends LayerPlace, SlopeOptions {}

/** A layer that applies f to every number of the one it reads. @throws invalid_argument */
export function activation(f: Activation, options: ActivationOptions = {}): ActivationLayer {
  const where = 'activation layer';
  knownKeys(where, options, ['slope', ...placeKeys]);
  return { kind: 'activation', ...activationOf(where, f, options.slope), ...placeOf(where, options) };
}

/** The sum of layers of one shape, by their names. @throws invalid_argument */
export function add(inputs: readonly string[], place: Omit<LayerPlace, 'inputs'> = {}): AddLayer {
  return { kind: 'add', ...joining('add layer', inputs, place) };
}

/** The concatenation of layers along their units, by their names. @throws invalid_argument */
export function concat(inputs: readonly string[], place: Omit<LayerPlace, 'inputs'> = {}): ConcatLayer {
  return { kind: 'concat', ...joining('concat layer', inputs, place) };
}

function joining(where: string, inputs: readonly string[], place: Omit<LayerPlace, 'inputs'>): LayerPlace {
  knownKeys(where, place, ['name']);
  const placed = placeOf(where, { ...place, inputs });
  if ((placed.inputs?.length ?? 0) < 2)
    throw invalid(`inputs of ${where}`, 'an array of at least two names of layers', inputs);
  return placed;
}
