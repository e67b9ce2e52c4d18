/** Checks the tensors of a layer that a caller or a file describes. */
import { flag, invalid, knownKeys } from '../arguments.js';
import type { EigenstudentError } from '../errors.js';
import { furtherPenaltyNames, type Layer, type TensorName, type TensorOptions } from './layers.js';

const tensorKeys = ['trainable', 'l1', 'l2', ...furtherPenaltyNames, 'initialize'];

/** The error about what is no layer. */
export function unlikeLayer(where: string, layer: unknown): EigenstudentError {
  return invalid(
    where,
    'a layer made by spectral(), dense(), conv2d(), batchNorm() or another function that makes layers',
    layer,
  );
}

/** The numbers are checked by the layer's builder. */
function checkTensorOptions(where: string, tensor: TensorOptions): void {
  knownKeys(where, tensor, tensorKeys);
  flag(`trainable of ${where}`, tensor.trainable);
}

/** The options of a layer's builder that follow from its tensors. */
export function tensorOptionsOf(
  where: string,
  layer: Layer & { readonly tensors: unknown },
  required: readonly TensorName[],
  optional: readonly TensorName[],
) {
  const { tensors } = layer;
  if (typeof tensors !== 'object' || tensors === null) throw unlikeLayer(where, layer);
  if (required.some((name) => !(name in tensors))) throw unlikeLayer(where, layer);
  knownKeys(`tensors of ${where}`, tensors, [...required, ...optional]);
  const entries = Object.entries(tensors) as [string, TensorOptions][];
  for (const [name, tensor] of entries) checkTensorOptions(`${name} of ${where}`, tensor);
  const given = <K extends keyof TensorOptions>(key: K) =>
    Object.fromEntries(
      entries.flatMap(([name, tensor]) => (tensor[key] == null ? [] : [[name, tensor[key]]])),
    );
  const further = furtherPenaltyNames.map((penalty) => [penalty, given(penalty)] as const);
  return {
    bias: 'bias' in tensors,
    trainable: entries.filter(([, tensor]) => tensor.trainable).map(([name]) => name as never),
    l1: given('l1'),
    l2: given('l2'),
    ...Object.fromEntries(further.filter(([, coefficients]) => Object.keys(coefficients).length > 0)),
    initialize: given('initialize'),
  };
}
