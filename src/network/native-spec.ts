/** Converts network specs to the form of the native code. */
import { EigenstudentError } from '../errors.js';
import type { NativeLayerSpec, NativeNetworkSpec, NativeTensorSpec } from '../native/addon.js';
import { defaultSlope, furtherPenaltyNames, type Layer, type TensorOptions } from './layers.js';
import type { NetworkSpec } from './network-spec.js';

/**
 * Initialisers are left out: first values are drawn in TypeScript and written into the parameter block.
 * @throws invalid_network for names of layers that do not exist or come later
 */
export function toNativeNetwork(spec: NetworkSpec): NativeNetworkSpec {
  return {
    input: spec.inputShape ?? [spec.inputs],
    layers: spec.layers.map((layer, index) => ({
      options: toNativeOptions(layer),
      reads: readsOf(spec, index),
      tensors: Object.entries(layer.tensors ?? {}).map(toNativeTensor),
    })),
  };
}

/** The options of the type alone, without its place in the graph and its tensors; with every default. */
function toNativeOptions(layer: Layer): NativeLayerSpec['options'] {
  const { kind: type, name: _name, inputs: _inputs, tensors: _tensors, ...options } = layer;
  return layer.activation === undefined ? { type, ...options } : { type, slope: defaultSlope, ...options };
}

function toNativeTensor([name, tensor]: [string, TensorOptions]): NativeTensorSpec {
  const { trainable, l1, l2 } = tensor;
  const further = furtherPenaltyNames.map((penalty) => [penalty, tensor[penalty] ?? 0]);
  return { name, trainable, l1, l2, ...Object.fromEntries(further) };
}

/** 0 is the network's input, k + 1 the output of layer k. */
function readsOf(spec: NetworkSpec, index: number): number[] {
  const { inputs } = spec.layers[index] as Layer;
  if (inputs === undefined) return [index];
  return inputs.map((wanted) => {
    if (wanted === 'input') return 0;
    const found = spec.layers.findIndex(({ name }) => name === wanted);
    if (found >= 0 && found < index) return found + 1;
    const earlier = spec.layers
      .slice(0, index)
      .flatMap(({ name }) => (name === undefined ? [] : [`'${name}'`]));
    throw new EigenstudentError(
      'invalid_network',
      `layer ${index}: expected names of layers before it for inputs ('input'${earlier.map((name) => `, ${name}`).join('')}), ` +
        `received '${wanted}'${found >= 0 ? `, which is layer ${found}` : ''}`,
    );
  });
}
