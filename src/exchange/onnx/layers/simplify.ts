/** Fewer layers with the same outputs: biases, activations, scales and padding become parts of the layers beside them. */

import { computed, perUnit } from '../operators/stored-numbers.js';
import { enlargedKernel } from './equal-padding.js';
import {
  type FileAffine,
  type FileConvolution,
  type FileLayer,
  type FileMatrix,
  isWeighted,
  type Padding,
  sizeOf,
} from './file-layers.js';
import type { FileNetwork } from './file-network.js';
import { scaledInputs, scaledOutputs } from './scaled-weights.js';

interface Place {
  readonly network: FileNetwork;
  readonly readers: ReadonlyMap<FileLayer, readonly FileLayer[]>;
  /** Whether a layer is the network's output, which counts as a reader. */
  readonly output: FileLayer;
}

/** Tries to simplify one layer. @returns the layer that has its place now; undefined where nothing was changed */
type Rule = (layer: FileLayer, place: Place) => FileLayer | undefined;

const rules: readonly Rule[] = [
  inputFlattened,
  withoutEffect,
  affineIntoLayerBefore,
  affineIntoLayersAfter,
  activationIntoLayerBefore,
  flattenedMean,
  padIntoConvolution,
  padIntoAveragePool,
];

/** @param output the layer of the network's output @returns the one after the changes */
export function simplify(network: FileNetwork, output: FileLayer): FileLayer {
  let last = output;
  for (let changed = true; changed; ) {
    changed = false;
    network.keepOnly(last);
    const place = { network, readers: network.readers(), output: last };
    for (const layer of network.layers) {
      const by = rules.reduce<FileLayer | undefined>((found, rule) => found ?? rule(layer, place), undefined);
      if (by === undefined) continue;
      network.replace(layer, by);
      if (layer === last) last = by;
      changed = true;
      break;
    }
  }
  return last;
}

/** The only layer that reads a layer, which is not the output. */
function onlyReader(layer: FileLayer, { readers, output }: Place): FileLayer | undefined {
  const found = readers.get(layer) ?? [];
  return found.length === 1 && layer !== output ? found[0] : undefined;
}

/** The layer before, if nothing else reads it. */
function ownSource(layer: FileLayer, place: Place): FileLayer | undefined {
  const [source] = layer.reads;
  return layer.reads.length === 1 && source && onlyReader(source, place) === layer ? source : undefined;
}

function inputFlattened(layer: FileLayer, { network }: Place): FileLayer | undefined {
  const [source] = layer.reads;
  return layer.kind === 'flatten' && source?.kind === 'input'
    ? network.inputFeatures(sizeOf(source))
    : undefined;
}

function withoutEffect(layer: FileLayer): FileLayer | undefined {
  if (layer.kind === 'pad' && Object.values(layer.padding).every((size) => size === 0)) return layer.reads[0];
  if (layer.kind !== 'affine') return undefined;
  const isOne =
    layer.scale.every((one: number) => one === 1) && layer.shift.every((one: number) => one === 0);
  return isOne ? layer.reads[0] : undefined;
}

/** scale (W x + bias) + shift = (scale W) x + (scale bias + shift), and likewise for batch norm and another affine layer. */
function affineIntoLayerBefore(layer: FileLayer, place: Place): FileLayer | undefined {
  if (layer.kind !== 'affine') return undefined;
  const source = ownSource(layer, place);
  if (source?.kind === 'affine') return merged(source, layer);
  if (source?.kind !== 'batchNorm' && !(isWeighted(source) && source.activation === 'linear'))
    return undefined;
  const units = source.shape[0] as number;
  const [scale, shift] = [perUnit(layer.scale, units), perUnit(layer.shift, units)];
  if (scale === undefined || shift === undefined) return undefined;
  const add = (before: ArrayLike<number>) => (unit: number) =>
    (scale[unit] as number) * (before[unit] as number) + (shift[unit] as number);
  if (source.kind === 'batchNorm') {
    const { scale: own, shift: ownShift } = source;
    source.scale = computed(units, [own, scale], (unit) => (scale[unit] as number) * (own[unit] as number));
    source.shift = computed(units, [ownShift, scale, shift], add(ownShift));
    return source;
  }
  const { bias } = source;
  source.weights = scaledOutputs(source, scale);
  if (bias !== undefined || shift.some((one: number) => one !== 0))
    source.bias = computed(units, [bias, scale, shift], bias ? add(bias) : (unit) => shift[unit] as number);
  return source;
}

function merged(first: FileAffine, second: FileAffine): FileAffine {
  const { scale, shift } = first;
  const count = scale.length;
  first.scale = computed(
    count,
    [scale, second.scale],
    (i) => (second.scale[i] as number) * (scale[i] as number),
  );
  first.shift = computed(
    count,
    [shift, second.scale, second.shift],
    (i) => (second.scale[i] as number) * (shift[i] as number) + (second.shift[i] as number),
  );
  return first;
}

/**
 * W (scale x + shift) + bias = (W scale) x + (W shift + bias), for all layers that read it. With zeros as padding a shift is
 * not exact, and such a convolution does not take it.
 */
function affineIntoLayersAfter(layer: FileLayer, { readers, output }: Place): FileLayer | undefined {
  if (layer.kind !== 'affine' || layer === output) return undefined;
  const direct = readers.get(layer) ?? [];
  const flattened = direct.filter((reader) => reader.kind === 'flatten' && reader !== output);
  const others = direct.filter((reader) => !flattened.includes(reader));
  const all = [...others, ...flattened.flatMap((reader) => readers.get(reader) ?? [])];
  const takes = (reader: FileLayer): reader is FileMatrix | FileConvolution => takesUp(reader, layer);
  if (!all.every(takes) || flattened.some((reader) => (readers.get(reader) ?? []).length === 0))
    return undefined;
  for (const reader of all as (FileMatrix | FileConvolution)[]) scaledInputs(reader, layer);
  return layer.reads[0];
}

function takesUp(reader: FileLayer, { scale, shift, shape }: FileAffine): boolean {
  if (reader.kind === 'matrix') return true;
  if (reader.kind !== 'convolution') return false;
  const channels = shape[0] as number;
  if (!perUnit(scale, channels) || !perUnit(shift, channels)) return false;
  const { top, left, bottom, right } = reader.padding;
  return top + left + bottom + right === 0 || shift.every((one: number) => one === 0);
}

function activationIntoLayerBefore(layer: FileLayer, place: Place): FileLayer | undefined {
  const source = ownSource(layer, place);
  if (layer.kind !== 'activation' || !isWeighted(source) || source.activation !== 'linear') return undefined;
  source.activation = layer.activation;
  source.slope = layer.slope;
  return source;
}

/** The mean of whole images as features. */
function flattenedMean(layer: FileLayer, place: Place): FileLayer | undefined {
  const source = ownSource(layer, place);
  const [image] = source?.reads ?? [];
  if (layer.kind !== 'flatten' || source?.kind !== 'averagePool' || image === undefined) return undefined;
  const { kernel, padding } = source;
  const [, height, width] = image.shape;
  const whole = kernel.height === height && kernel.width === width && padding.height + padding.width === 0;
  if (!whole) return undefined;
  layer.kind = 'globalAveragePool';
  layer.reads = [image];
  return layer;
}

function padIntoConvolution(layer: FileLayer, place: Place): FileLayer | undefined {
  const reader = onlyReader(layer, place);
  if (layer.kind !== 'pad' || reader?.kind !== 'convolution') return undefined;
  const { padding: own } = reader;
  const added = (side: keyof Padding) => own[side] + layer.padding[side];
  const padding = { top: added('top'), left: added('left'), bottom: added('bottom'), right: added('right') };
  const [source] = layer.reads;
  if (source === undefined || enlargedKernel(reader, padding, source.shape) === undefined) return undefined;
  reader.padding = padding;
  return source;
}

/** Zeros in front of a mean count as its padding. */
function padIntoAveragePool(layer: FileLayer, place: Place): FileLayer | undefined {
  const reader = onlyReader(layer, place);
  if (layer.kind !== 'pad' || reader?.kind !== 'averagePool') return undefined;
  const { top, left, bottom, right } = layer.padding;
  const { kernel, padding: own } = reader;
  const isSame = top === bottom && left === right && own.height === 0 && own.width === 0;
  if (!isSame || 2 * top > kernel.height || 2 * left > kernel.width) return undefined;
  reader.padding = { height: top, width: left };
  reader.countIncludePad = true;
  return layer.reads[0];
}
