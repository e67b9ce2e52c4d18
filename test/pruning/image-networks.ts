/** Networks of images with units that several layers share, and data for them. */
import {
  activation,
  add,
  averagePool2d,
  batchNorm,
  concat,
  conv2d,
  convTranspose2d,
  Dataset,
  dense,
  flatten,
  globalAveragePool,
  type Layer,
  maxPool2d,
  Network,
  spectral,
  spectralConv2d,
} from '../../src/index.js';
import { normals } from '../../src/network/random.js';

export const image = [2, 6, 6];

/** A stem and two blocks, the second narrower in space with a shortcut: two groups of several members. */
export function residual(): Layer[] {
  return [
    spectralConv2d(5, 3, { padding: 1, name: 'stem' }),
    batchNorm({ name: 'stemNorm' }),
    activation('softplus', { name: 'stemOut' }),
    conv2d(4, 3, { padding: 1, bias: true, activation: 'tanh', name: 'a1' }),
    conv2d(5, 3, { padding: 1, bias: true, name: 'a2' }),
    batchNorm({ name: 'aNorm' }),
    add(['stemOut', 'aNorm'], { name: 'aSum' }),
    activation('elu', { name: 'aOut' }),
    conv2d(6, 3, { padding: 1, stride: 2, name: 'b1' }),
    batchNorm({ name: 'bNorm' }),
    spectralConv2d(6, 1, { stride: 2, inputs: ['aOut'], bias: true, name: 'shortcut' }),
    add(['bNorm', 'shortcut'], { name: 'bSum' }),
    activation('sigmoid', { name: 'bOut' }),
    globalAveragePool(),
    dense(3, { bias: true, name: 'logits' }),
  ];
}

/** Depth-wise convolutions between point-wise ones, as in MobileNet. */
export function depthwise(): Layer[] {
  return [
    conv2d(6, 3, { padding: 1, name: 'first' }),
    batchNorm(),
    activation('softplus'),
    spectralConv2d(6, 3, { padding: 1, groups: 6, bias: true, name: 'depthwise' }),
    batchNorm({ name: 'norm' }),
    activation('sigmoid'),
    conv2d(7, 1, { bias: true, name: 'pointwise' }),
    maxPool2d(2, { padding: 1 }),
    flatten(),
    batchNorm({ name: 'featureNorm' }),
    spectral(4, { bias: true, activation: 'erf', name: 'hidden' }),
    dense(2, { bias: true, name: 'logits' }),
  ];
}

/** Two branches side by side, one of which another layer reads too; a depth-wise convolution over both. */
export function joined(): Layer[] {
  return [
    conv2d(4, 3, { padding: 1, activation: 'softplus', bias: true, name: 'left' }),
    convTranspose2d(3, 3, { padding: 1, bias: true, inputs: ['input'], name: 'right' }),
    batchNorm({ name: 'rightNorm' }),
    concat(['left', 'rightNorm'], { name: 'both' }),
    batchNorm({ name: 'bothNorm' }),
    conv2d(7, 3, { padding: 1, groups: 7, bias: true, name: 'over' }),
    activation('sigmoid'),
    averagePool2d(2),
    conv2d(3, 2, { bias: true, activation: 'relu', name: 'mixed' }),
    flatten({ name: 'features' }),
    conv2d(2, 3, { inputs: ['left'], bias: true, name: 'side' }),
    globalAveragePool({ name: 'sideMean' }),
    concat(['features', 'sideMean', 'features'], { name: 'all' }),
    dense(2, { bias: true, name: 'logits' }),
  ];
}

/** A convolution of two groups of channels between others. */
export function grouped(): Layer[] {
  return [
    conv2d(4, 3, { name: 'before' }),
    conv2d(6, 3, { groups: 2, activation: 'relu', name: 'grouped' }),
    conv2d(5, 1, { activation: 'relu', name: 'after' }),
    globalAveragePool(),
    dense(2, { name: 'logits' }),
  ];
}

const draw = (part: number, count: number) =>
  normals({ seed: 8, trial: 0, purpose: 'freeUse', part }, count, 1);

/** In float64, every parameter drawn, means not 0 and variances not 1. */
export function networkOf(layers: readonly Layer[]): Network {
  const network = Network.create({ inputs: image, layers }, { seed: 0, dtype: 'float64' });
  network.parameters.set(draw(1, network.parameters.length).map((value) => 0.5 * value + 0.1));
  for (let i = 0; i < network.buffers.length; ++i)
    network.buffers[i] = (network.buffers[i] as number) + 0.1 * ((i % 7) + 1);
  return network;
}

/** Targets for networks with `outputs` outputs. */
export function dataOf(outputs: number, samples = 9, part = 0): Dataset {
  const inputCount = image.reduce((product, extent) => product * extent, 1);
  return Dataset.create({
    inputs: draw(10 + part, samples * inputCount),
    inputCount,
    targets: draw(11 + part, samples * outputs),
  });
}
