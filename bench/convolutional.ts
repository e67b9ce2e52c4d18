/** Convolutional students that trials work on: a LeNet, a ResNet-20, and one for images of digits. */
import {
  activation,
  adam,
  batchNorm,
  conv2d,
  Dataset,
  dense,
  flatten,
  gaussianInputs,
  globalAveragePool,
  type Layer,
  type LayerOrBlock,
  maxPool2d,
  residual,
  type StudentOptions,
  spectralConv2d,
} from 'eigenstudent';

export const convolutionalBatch = 128;
const classes = 10;
/** A student may train for this long; trials stop by themselves. */
const epochs = 100_000_000;

export interface Convolutional {
  readonly network: 'lenet' | 'resnet20' | 'digits';
  readonly channels: number;
  /** Height and width. */
  readonly size: number;
}

/** Layers of a network, with either convolution. The twins of bench/peers/torch_convolution.py. */
type Conv = (width: number, kernel: number, options?: ConvOptions) => Layer;
interface ConvOptions {
  readonly padding?: number;
  readonly stride?: number;
  readonly bias?: boolean;
  readonly activation?: 'relu';
}

function lenet(conv: Conv): readonly LayerOrBlock[] {
  const relu = { activation: 'relu', bias: true } as const;
  return [
    conv(6, 5, { padding: 2, ...relu }),
    maxPool2d(2),
    conv(16, 5, relu),
    maxPool2d(2),
    flatten(),
    dense(120, relu),
    dense(84, relu),
    dense(classes, { bias: true }),
  ];
}

function resnet20(conv: Conv): readonly LayerOrBlock[] {
  const block = (width: number, stride: number, shortcut?: readonly Layer[]) =>
    residual(
      [
        conv(width, 3, { padding: 1, stride }),
        batchNorm(),
        activation('relu'),
        conv(width, 3, { padding: 1 }),
        batchNorm(),
      ],
      { activation: 'relu', ...(shortcut && { shortcut }) },
    );
  const stage = (width: number) => [
    block(width, 2, [conv(width, 1, { stride: 2 }), batchNorm()]),
    block(width, 1),
    block(width, 1),
  ];
  const first = [conv(16, 3, { padding: 1 }), batchNorm(), activation('relu')];
  const [one, two, three] = [block(16, 1), block(16, 1), block(16, 1)];
  return [
    ...first,
    one,
    two,
    three,
    ...stage(32),
    ...stage(64),
    globalAveragePool(),
    dense(classes, { bias: true }),
  ];
}

function digits(conv: Conv): readonly LayerOrBlock[] {
  const part = (width: number) => [conv(width, 3, { padding: 1 }), batchNorm(), activation('relu')];
  return [
    ...part(16),
    maxPool2d(2),
    ...part(32),
    maxPool2d(2),
    ...part(32),
    globalAveragePool(),
    dense(classes, { bias: true }),
  ];
}

const networks = { lenet, resnet20, digits };

/** Normal images with classes that say nothing: speed does not depend on them. */
export function convolutionalData({ channels, size }: Convolutional, samples: number): Dataset {
  const inputCount = channels * size * size;
  const inputs = gaussianInputs({ samples, features: inputCount, seed: 1, purpose: 'train' });
  return Dataset.create({
    inputs: Float32Array.from(inputs),
    inputCount,
    classes: Uint32Array.from({ length: samples }, (_, i) => i % classes),
  });
}

export function convolutionalStudent(
  shape: Convolutional,
  parametrization: 'direct' | 'spectral',
  data: Dataset,
  seed = 2,
): StudentOptions {
  const conv: Conv = parametrization === 'spectral' ? spectralConv2d : conv2d;
  return {
    inputs: [shape.channels, shape.size, shape.size],
    layers: networks[shape.network](conv),
    data,
    optimizer: adam({ learningRate: 1e-3 }),
    batchSize: convolutionalBatch,
    epochs,
    seed,
  };
}
