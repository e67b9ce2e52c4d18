import { types } from 'node:util';
import { invalid } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { allocate } from '../network/arrays.js';
import type { Initializer, Layer, TensorName } from '../network/layers.js';
import { Network } from '../network/network.js';
import { checkHiddenLayer } from '../network/removal-order.js';
import { inputsOf, tensorsOf } from '../network/spec.js';

/** The nodes that stay on either side of a layer, by ascending index. */
interface Survivors {
  /** Of the N_out nodes. */
  readonly outputs: Uint32Array;
  /** Of the N_in nodes. */
  readonly inputs: Uint32Array;
  /** N_in before the cut: the length of a matrix row. */
  readonly columns: number;
}

/**
 * A narrower network, in which hidden layer `layer` has only the nodes `kept`: the layer loses rows of its matrix
 * [N_out][N_in] and entries of eigenvaluesOut and bias, the next one loses columns of its matrix and entries of
 * eigenvaluesIn. Its answers are, to rounding, those of `network` with the outputs of the other nodes held at 0,
 * whatever their bias and activation. (The paper sets eigenvalues to zero, arXiv 2310.12612, which removes a node only
 * where lambda_in = 0, there is no bias and f(0) = 0.) Nothing is shared with `network`, which stays as it is.
 *
 * What trains and how it is penalised stays, and so do initialisers: arrays are cut like their tensors, and
 * 'orthonormalRows' becomes the values themselves where fewer columns leave it no room.
 *
 * @param kept distinct nodes of the layer by ascending index, at least one
 * @throws invalid_argument when the layer is not a hidden one, or `kept` is not as described
 */
export function keepNodes(network: Network, layer: number, kept: Uint32Array): Network {
  const { spec } = network;
  checkHiddenLayer(spec, layer);
  checkKept(kept, (spec.layers[layer] as Layer).width);
  const pieces = spec.layers.map((before, index) => {
    const columns = inputsOf(spec, index);
    const outputs = index === layer ? kept : allOf(before.width);
    const inputs = index === layer + 1 ? kept : allOf(columns);
    return cutLayer(network, index, { outputs, inputs, columns });
  });
  const blocks = pieces.flatMap((piece) => piece.blocks);
  const size = blocks.reduce((total, block) => total + block.length, 0);
  const parameters = allocate('the pruned network', network.dtype, size);
  let offset = 0;
  for (const block of blocks) {
    parameters.set(block, offset);
    offset += block.length;
  }
  const layers = pieces.map((piece) => piece.layer);
  return Network.from({ inputs: spec.inputs, layers, loss: spec.loss }, parameters);
}

/** A layer and the values of its tensors, in their order, as far as they survive. */
function cutLayer(network: Network, index: number, survivors: Survivors) {
  const before = network.spec.layers[index] as Layer;
  const blocks: Float64Array[] = [];
  const tensors = tensorsOf(before).map(([name, options]) => {
    const places = survivingPlaces(name, survivors);
    const values = gather(network.tensor(`layers.${index}.${name}`), places);
    blocks.push(values);
    return [name, { ...options, initialize: cutInitializer(options.initialize, places, survivors, values) }];
  });
  const layer = { ...before, width: survivors.outputs.length, tensors: Object.fromEntries(tensors) } as Layer;
  return { layer, blocks };
}

/** Places, in a tensor of the layer, of the entries that belong to survivors alone. */
function survivingPlaces(name: TensorName, { outputs, inputs, columns }: Survivors): Uint32Array {
  if (name === 'eigenvaluesIn') return inputs;
  if (name !== 'eigenvectors' && name !== 'weights') return outputs;
  const places = new Uint32Array(outputs.length * inputs.length);
  let next = 0;
  for (const i of outputs) for (const j of inputs) places[next++] = i * columns + j;
  return places;
}

/** In float64, which holds every float32 exactly. */
function gather(values: ArrayLike<number>, places: Uint32Array): Float64Array {
  return Float64Array.from(places, (place) => values[place] as number);
}

function cutInitializer(
  initialize: Initializer,
  places: Uint32Array,
  { outputs, inputs }: Survivors,
  values: Float64Array,
): Initializer {
  if (initialize === 'orthonormalRows' && outputs.length > inputs.length) return values;
  return typeof initialize === 'object' ? gather(initialize, places) : initialize;
}

function allOf(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => i);
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
