/**
 * The place of each tensor in a network's flat parameter block, and of each buffer in its block of buffers,
 * from native code (description.ts). Gradients and optimiser moments use the places of the parameters.
 */
import type { FloatArray, NativePlace } from '../native/addon.js';
import { describe } from './description.js';
import type { TensorName } from './layers.js';
import type { NetworkSpec } from './network-spec.js';

export interface TensorPlace extends Omit<NativePlace, 'name'> {
  /** As in files: "layers.0.eigenvectors". */
  readonly name: string;
  readonly role: TensorName;
}

/** Every tensor of a network, in the order of the block. */
export function tensorLayout(spec: NetworkSpec): TensorPlace[] {
  return describe(spec).tensors.map(placed);
}

/** Every buffer (running statistics), in the order of its block. */
export function bufferLayout(spec: NetworkSpec): TensorPlace[] {
  return describe(spec).buffers.map(placed);
}

function placed(place: NativePlace): TensorPlace {
  return { ...place, name: `layers.${place.layer}.${place.name}`, role: place.name as TensorName };
}

/** Number of scalars in the block, frozen ones included. */
export function parameterCount(spec: NetworkSpec): number {
  return describe(spec).parameters;
}

/** Views into a block, by name; writing to a view writes to the block. */
export function tensorViews(places: readonly TensorPlace[], block: FloatArray): Map<string, FloatArray> {
  return new Map(
    places.map(({ name, offset, size }) => [name, block.subarray(offset, offset + size)] as const),
  );
}
