/**
 * Where each tensor lies in a network's flat parameter block: layer by layer, within a layer in the order of
 * `spectralTensors` or `denseTensors`, no padding (native/core/parameter_layout.h). Gradients and optimiser moments use
 * the same places.
 */
import { EigenstudentError } from '../errors.js';
import type { FloatArray } from '../native/addon.js';
import { maximumElements } from './arrays.js';
import type { TensorName } from './layers.js';
import { type NetworkSpec, tensorShape, tensorsOf } from './spec.js';

export interface TensorPlace {
  /** As in files: "layers.0.eigenvectors". */
  readonly name: string;
  readonly layer: number;
  readonly role: TensorName;
  /** In scalars from the start of the block. */
  readonly offset: number;
  readonly size: number;
  /** [N_out, N_in] of a matrix, [length] of a vector. */
  readonly shape: readonly number[];
}

/** Every tensor of a network, in the order of the block. */
export function tensorLayout(spec: NetworkSpec): TensorPlace[] {
  let offset = 0;
  const places = spec.layers.flatMap((layer, index) =>
    tensorsOf(layer).map(([role]): TensorPlace => {
      const shape = tensorShape(spec, index, role);
      const size = shape.reduce((product, length) => product * length, 1);
      const place = { name: `layers.${index}.${role}`, layer: index, role, offset, size, shape };
      offset += size;
      return place;
    }),
  );
  if (offset > maximumElements) {
    throw new EigenstudentError(
      'invalid_network',
      `expected at most ${maximumElements} parameters, received a network of ${offset}`,
    );
  }
  return places;
}

/** Number of scalars in the block, frozen ones included. */
export function parameterCount(spec: NetworkSpec): number {
  return tensorLayout(spec).reduce((count, place) => count + place.size, 0);
}

/** Views into a block, by name; writing to a view writes to the block. */
export function tensorViews(places: readonly TensorPlace[], block: FloatArray): Map<string, FloatArray> {
  return new Map(
    places.map(({ name, offset, size }) => [name, block.subarray(offset, offset + size)] as const),
  );
}
