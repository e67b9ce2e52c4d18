/** Weights of layers whose outputs, or whose inputs, are multiplied by stored numbers. */
import type { FloatArray } from '../../../native/addon.js';
import { computed, perUnit } from '../operators/stored-numbers.js';
import type { FileAffine, FileConvolution, FileMatrix, FileWeighted } from './file-layers.js';

/** @param scale [output units] */
export function scaledOutputs(layer: FileWeighted, scale: FloatArray): FloatArray {
  const { weights, shape } = layer;
  if (scale.every((one: number) => one === 1)) return weights;
  const units = shape[0] as number;
  const unit =
    layer.kind === 'transposedConvolution'
      ? (i: number) => Math.floor(i / (layer.kernel.height * layer.kernel.width)) % units
      : (i: number) => Math.floor(i / (weights.length / units));
  return computed(
    weights.length,
    [weights, scale],
    (i) => (weights[i] as number) * (scale[unit(i)] as number),
  );
}

/** Makes a layer read x instead of scale x + shift: of every feature, or the same for each channel of an image. */
export function scaledInputs(layer: FileMatrix | FileConvolution, affine: FileAffine): void {
  const channels = affine.shape[0] as number;
  const perInput =
    layer.kind === 'matrix' ? (one: FloatArray) => one : (one: FloatArray) => perUnit(one, channels);
  const [scale, shift] = [perInput(affine.scale), perInput(affine.shift)] as [FloatArray, FloatArray];
  const { weights, bias, shape } = layer;
  const units = shape[0] as number;
  const rowLength = weights.length / units;
  const input = layer.kind === 'matrix' ? (_: number, j: number) => j : channelOf(layer, channels);
  const row = (unit: number) =>
    Array.from(
      { length: rowLength },
      (_, j) => [weights[unit * rowLength + j] as number, input(unit, j)] as const,
    );
  if (bias !== undefined || shift.some((one: number) => one !== 0))
    layer.bias = computed(units, [bias, weights, shift], (unit) =>
      row(unit).reduce((sum, [weight, at]) => sum + weight * (shift[at] as number), bias?.[unit] ?? 0),
    );
  layer.weights = computed(weights.length, [weights, scale], (i) => {
    const unit = Math.floor(i / rowLength);
    return (weights[i] as number) * (scale[input(unit, i % rowLength)] as number);
  });
}

/** The channel that weight j of the kernels of an output channel multiplies. */
function channelOf({ shape, kernel, groups }: FileConvolution, channels: number) {
  const [width, perGroup] = [shape[0] as number, channels / groups];
  const area = kernel.height * kernel.width;
  return (unit: number, j: number) => Math.floor(unit / (width / groups)) * perGroup + Math.floor(j / area);
}
