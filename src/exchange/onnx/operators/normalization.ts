/** BatchNormalization as it is at inference, which stays a layer. */
import type { FileLayer } from '../layers/file-layers.js';
import type { Value } from '../layers/file-network.js';
import { floatAttribute, integerAttribute, unsupportedNode } from '../node.js';
import { of, placed, resultOf, type Step } from './step.js';
import { storedVector } from './stored-numbers.js';

/** In place of an epsilon of 0, which batchNorm lacks; variances that it would change are refused. */
const leastEpsilon = 1e-30;

/** y = scale (x - mean) / sqrt(variance + epsilon) + shift, per channel of images or per feature. */
export function batchNormalization(step: Step): Value {
  const { graph, node, value } = step;
  const refuse = (expected: string, received: string) =>
    unsupportedNode(graph.path, node, expected, received);
  if (integerAttribute(node, 'training_mode', 0) !== 0)
    throw refuse('training_mode 0', 'training_mode 1, by which outputs depend on the batch');
  if (integerAttribute(node, 'spatial', 1) !== 1) throw refuse('spatial = 1', 'spatial = 0');
  const layer = unitsOf(step);
  const units = layer.shape[0] as number;
  const vector = (place: number, what: string) =>
    storedVector(step, place, units, `${units} stored numbers as its ${what}`);
  const [scale, shift, mean, variance] = [
    vector(1, 'scale'),
    vector(2, 'shift'),
    vector(3, 'mean'),
    vector(4, 'variance'),
  ];
  const epsilon = shortest(floatAttribute(node, 'epsilon', 1e-5));
  const least = Array.from(variance).reduce((smallest, one) => Math.min(smallest, one));
  if (epsilon < 0 || least + epsilon <= 0 || (epsilon === 0 && least < 1e-12))
    throw refuse('variances above 0', `a variance of ${least} with epsilon = ${epsilon}`);
  // ONNX keeps this share of the earlier statistics, batchNorm of this package the rest
  const kept = shortest(floatAttribute(node, 'momentum', 0.9));
  if (kept < 0 || kept > 1) throw refuse('a momentum from 0 to 1', `momentum = ${kept}`);
  const from = step.network.add({
    kind: 'batchNorm',
    ...placed(step, layer.shape, layer),
    momentum: shortest(1 - kept),
    epsilon: epsilon === 0 ? leastEpsilon : epsilon,
    ...{ scale, shift, mean, variance },
  });
  return resultOf(step, { from, shape: value.shape });
}

/** The layer of the channels, or of the features. */
function unitsOf({ graph, network, node, value }: Step): FileLayer {
  const { shape, channelsLast } = value;
  const rank = shape?.length;
  const layer =
    channelsLast === undefined && rank === 4
      ? network.image(value)
      : channelsLast === undefined && rank === 2
        ? network.features(value)
        : undefined;
  if (layer !== undefined) return layer;
  throw unsupportedNode(
    graph.path,
    node,
    'images [samples, channels, height, width] or features [samples, features], of known extents,',
    channelsLast === undefined ? `a tensor ${of(shape)}` : `a tensor ${of(shape)}, with the channels last`,
  );
}

/** The number of seven digits that float32 stores as this one: 0.1 of 0.10000000149. */
export function shortest(number: number): number {
  const rounded = Number(number.toPrecision(7));
  return Math.fround(rounded) === Math.fround(number) ? rounded : number;
}
