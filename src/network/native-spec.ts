/** Network specs as the native code wants them. */
import type { NativeLayerSpec, NativeNetworkSpec, NativeTensorSpec } from '../native/addon.js';
import type { Layer, TensorOptions } from './layers.js';
import { inputsOf, type NetworkSpec } from './spec.js';

/** Initialisers stay behind: first values are drawn here and written into the parameter block. */
export function toNativeNetwork(spec: NetworkSpec): NativeNetworkSpec {
  return { layers: spec.layers.map((layer, i) => toNativeLayer(layer, inputsOf(spec, i))), loss: spec.loss };
}

function toNativeLayer(layer: Layer, inputs: number): NativeLayerSpec {
  const { kind, width: outputs, activation } = layer;
  const common = { kind, inputs, outputs, activation };
  const { bias } = layer.tensors;
  const withBias = bias && { bias: toNativeTensor(bias) };
  if (layer.kind === 'dense') {
    return { ...common, matrix: toNativeTensor(layer.tensors.weights), ...withBias };
  }
  const { eigenvectors, eigenvaluesIn, eigenvaluesOut } = layer.tensors;
  return {
    ...common,
    matrix: toNativeTensor(eigenvectors),
    eigenvaluesIn: toNativeTensor(eigenvaluesIn),
    eigenvaluesOut: toNativeTensor(eigenvaluesOut),
    ...withBias,
  };
}

/** A missing tensor cannot be: networkSpec() has seen to it; the type does not know. */
function toNativeTensor(tensor: TensorOptions | undefined): NativeTensorSpec {
  const { trainable = false, l1 = 0, l2 = 0, groupLasso = 0 } = tensor ?? {};
  return { trainable, l1, l2, groupLasso };
}
