import { types } from 'node:util';
import { invalid } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import type { FloatArray, NativeUnits } from '../native/addon.js';
import { allocate } from '../native/arrays.js';
import { describe } from '../network/description.js';
import type { Initializer, Layer, TensorName } from '../network/layers.js';
import { bufferLayout, type TensorPlace, tensorLayout } from '../network/layout.js';
import { Network } from '../network/network.js';
import { type NetworkSpec, tensorsOf } from '../network/network-spec.js';
import { checkHiddenLayer } from '../network/removal-order.js';
import { checkCuttable, unitGroupOf } from './unit-groups.js';

/** A group of units that are removed together, and those that are kept, by ascending index. */
interface Cut {
  readonly group: number;
  readonly kept: Uint32Array;
}

/**
 * A narrower network, in which hidden layer `layer` has only the units `kept`, nodes or channels: the layer loses rows of its
 * matrix [N_out][N_in], or filters, and entries of eigenvaluesOut and bias, the next one loses columns of its matrix, or channels of
 * its kernels, and entries of eigenvaluesIn. Layers that share the units of `layer` (batch norm with its running statistics,
 * activations, pools, depth-wise convolutions, everything that is added) lose them too, and so do those that read any of these, also
 * through a flatten or a concat. Its outputs are, to rounding, those of
 * `network` with the outputs of the other nodes held at 0, whatever their bias and activation. (The paper
 * sets eigenvalues to zero, arXiv 2310.12612, which removes a node only where lambda_in = 0, there is no bias
 * and f(0) = 0.) The result shares no memory with `network`, which is not changed.
 *
 * Trainable tensors, penalties and initialisers stay the same: arrays are cut like their tensors, and
 * 'orthonormalRows' becomes the values themselves where there are fewer columns than rows.
 *
 * @param kept distinct units of the layer by ascending index, at least one
 * @throws invalid_argument when the layer is not a hidden one, a convolution of several groups reads or makes its units, or `kept`
 *   is not as described
 */
export function keepNodes(network: Network, layer: number, kept: Uint32Array): Network {
  const { spec } = network;
  checkHiddenLayer(spec, layer);
  const group = unitGroupOf(spec, layer);
  checkKept(kept, group.units);
  checkCuttable(spec, group);
  const cut: Cut = { group: group.group, kept };
  const tensors = tensorLayout(spec).map((place) => cutTensor(network, place, cut));
  const layers = spec.layers.map((before, index) => {
    const own = tensors.filter(({ place }) => place.layer === index);
    return {
      ...before,
      ...cutSizes(spec, index, cut),
      ...(own.length > 0 && {
        tensors: Object.fromEntries(own.map(({ place, options }) => [place.role, options])),
      }),
    } as Layer;
  });
  const buffers = bufferLayout(spec).map((place) =>
    gather(network.tensor(place.name), survivors(spec, place, cut)),
  );
  const joined = (blocks: readonly Float64Array[]) => joinBlocks(blocks, network);
  return Network.from({ ...spec, layers }, joined(tensors.map(({ values }) => values)), joined(buffers));
}

/** The options of a layer that count its units: its width, and the groups of a depth-wise convolution. */
function cutSizes(
  spec: NetworkSpec,
  layer: number,
  cut: Cut,
): { readonly width?: number; readonly groups?: number } {
  if (spec.layers[layer]?.width === undefined) return {};
  const width = indicesThatStay(unitsAt(spec, layer + 1), cut).length;
  return describe(spec).layers[layer]?.makesUnits ? { width } : { width, groups: width };
}

function joinBlocks(blocks: readonly Float64Array[], { dtype }: Network): FloatArray {
  const size = blocks.reduce((total, block) => total + block.length, 0);
  const all = allocate('the pruned network', dtype, size);
  let offset = 0;
  for (const block of blocks) {
    all.set(block, offset);
    offset += block.length;
  }
  return all;
}

/** The kept values of a tensor, and its options with the initialiser cut alike. */
function cutTensor(network: Network, place: TensorPlace, cut: Cut) {
  const { spec } = network;
  const places = survivors(spec, place, cut);
  const values = gather(network.tensor(place.name), places);
  const options = tensorsOf(spec.layers[place.layer] as Layer)[place.role as TensorName];
  const initialize = cutInitializer(options?.initialize ?? 0, places, values, rowsOf(spec, place, cut));
  return { place, values, options: { ...options, initialize } };
}

/** The kept rows of a matrix. */
function rowsOf(spec: NetworkSpec, { layer }: TensorPlace, cut: Cut): number {
  return indicesThatStay(unitsAt(spec, layer + 1), cut).length;
}

/** Orthonormal rows need as many columns: where there are fewer, the values themselves become the initialiser. */
function cutInitializer(
  initialize: Initializer,
  places: Uint32Array,
  values: Float64Array,
  rows: number,
): Initializer {
  if (initialize === 'orthonormalRows' && rows > values.length / rows) return values;
  return typeof initialize === 'object' ? gather(initialize, places) : initialize;
}

/** Positions, in a tensor or a buffer, of the entries of kept units. */
function survivors(
  spec: NetworkSpec,
  { layer, shape, outputAxis, inputAxis }: TensorPlace,
  cut: Cut,
): Uint32Array {
  let places = Uint32Array.of(0);
  for (const [axis, extent] of shape.entries()) {
    const stay =
      axis === outputAxis
        ? indicesThatStay(unitsAt(spec, layer + 1), cut)
        : axis === inputAxis
          ? indicesThatStay(unitsAt(spec, describe(spec).layers[layer]?.reads[0] as number), cut)
          : Uint32Array.from({ length: extent }, (_, i) => i);
    const next = new Uint32Array(places.length * stay.length);
    let count = 0;
    for (const place of places) for (const index of stay) next[count++] = place * extent + index;
    places = next;
  }
  return places;
}

/** Along the units' axis of what is read: 0 the network's input, k + 1 the output of layer k. */
function unitsAt(spec: NetworkSpec, read: number): readonly NativeUnits[] {
  if (read === 0) return [{ group: 0, units: spec.inputShape?.[0] ?? spec.inputs, block: 1 }];
  return describe(spec).layers[read - 1]?.units ?? [];
}

function indicesThatStay(segments: readonly NativeUnits[], { group, kept }: Cut): Uint32Array {
  const indices: number[] = [];
  let first = 0;
  for (const { group: own, units, block } of segments) {
    const stay: ArrayLike<number> =
      own === group ? kept : Uint32Array.from({ length: units }, (_, unit) => unit);
    for (let u = 0; u < stay.length; ++u)
      for (let i = 0; i < block; ++i) indices.push(first + (stay[u] as number) * block + i);
    first += units * block;
  }
  return Uint32Array.from(indices);
}

/** In float64, which holds every float32 exactly. */
function gather(values: ArrayLike<number>, places: Uint32Array): Float64Array {
  return Float64Array.from(places, (place) => values[place] as number);
}

function checkKept(kept: unknown, width: number): void {
  if (!types.isUint32Array(kept) || kept.length === 0)
    throw invalid('kept', 'a Uint32Array of at least one node', kept);
  kept.forEach((node, i) => {
    const previous = i === 0 ? -1 : (kept[i - 1] as number);
    if (node > previous && node < width) return;
    throw new EigenstudentError(
      'invalid_argument',
      `expected distinct nodes from 0 to ${width - 1} by ascending index for kept, received ${node} at index ${i}`,
    );
  });
}
