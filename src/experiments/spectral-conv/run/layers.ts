/** The students: three convolutions, of which the arms differ in the parametrisation, penalties and batch norm. */
import { activation, batchNorm } from '../../../network/graph-layers.js';
import {
  globalAveragePool,
  maxPool2d,
  type SpectralConv2dOptions,
  spectralConv2d,
} from '../../../network/image-layers.js';
import { dense, type Layer } from '../../../network/layers.js';
import type { ConvProtocol } from '../protocol/schema.js';

type Arm = ConvProtocol['arm'];

/** Convolutions have names, by which they are pruned. */
export const convolutionNames = ['conv1', 'conv2', 'conv3'] as const;

/** @param classes outputs */
export function layersOf(
  { channels, arm }: Pick<ConvProtocol, 'channels' | 'arm'>,
  classes: number,
): Layer[] {
  const blocks = channels.flatMap((width, i) => [
    ...blockOf(width, convolutionNames[i] as string, arm),
    ...(i < channels.length - 1 ? [maxPool2d(2)] : []),
  ]);
  const logits = dense(classes, { bias: true, initialize: { weights: 'heUniform' } });
  return [...blocks, globalAveragePool(), logits];
}

/** Convolution without bias, batch norm in some arms, ReLU. */
function blockOf(width: number, name: string, arm: Arm): Layer[] {
  const options = {
    padding: 1,
    name,
    initialize: { eigenvectors: 'heUniform' },
    ...parametrisation(arm),
  } as const;
  const norm = normOf(arm);
  if (norm === undefined) return [spectralConv2d(width, 3, { ...options, activation: 'relu' })];
  return [spectralConv2d(width, 3, options), norm, activation('relu')];
}

/** What trains, and its penalties. With eigenvaluesOut at 1 a layer applies minus its eigenvectors: an ordinary convolution. */
function parametrisation(arm: Arm): Pick<SpectralConv2dOptions, 'trainable' | 'l2' | 'groupLasso'> {
  switch (arm.name) {
    case 'spectral':
    case 'spectralBn':
      return {
        trainable: ['eigenvectors', 'eigenvaluesOut'],
        l2: { eigenvectors: arm.l2Eigenvectors, eigenvaluesOut: arm.l2Eigenvalues },
      };
    case 'lasso':
      return { trainable: ['eigenvectors'], groupLasso: { eigenvectors: arm.groupLasso } };
    case 'direct':
    case 'directBn':
    case 'slimBn':
      return { trainable: ['eigenvectors'], l2: { eigenvectors: arm.l2Eigenvectors } };
  }
}

function normOf(arm: Arm) {
  switch (arm.name) {
    case 'spectralBn':
    case 'directBn':
      return batchNorm();
    case 'slimBn':
      return batchNorm({ l1: { scale: arm.l1Scale } });
    default:
      return undefined;
  }
}
