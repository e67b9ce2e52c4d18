/** Checks layers of images: those that callers wrote by hand, and those from files. */
import { knownKeys } from '../arguments.js';
import { tensorOptionsOf } from './check-tensors.js';
import {
  averagePool2d,
  type Conv2dOptions,
  type ConvTranspose2dOptions,
  conv2d,
  convTranspose2d,
  flatten,
  globalAveragePool,
  maxPool2d,
  type SpectralConv2dOptions,
  spectralConv2d,
} from './image-layers.js';
import {
  type Conv2dLayer,
  type ConvTranspose2dLayer,
  type ImageLayer,
  type LayerPlace,
  placeKeys,
  type SpectralConv2dLayer,
} from './layers.js';

const widthKeys = ['kind', 'width', 'activation', 'slope', 'tensors', ...placeKeys];
const poolKeys = ['kind', 'kernel', 'stride', 'padding', ...placeKeys];

/** The layer made again by its own builder. */
export function rebuildImageLayer(where: string, layer: ImageLayer, place: LayerPlace): ImageLayer {
  switch (layer.kind) {
    case 'conv2d':
    case 'spectralConv2d':
      return rebuildConvolution(where, layer, place);
    case 'convTranspose2d':
      return rebuildTransposed(where, layer, place);
    case 'maxPool2d': {
      knownKeys(where, layer, poolKeys);
      const { kernel, stride, padding } = layer;
      return maxPool2d(kernel, { stride, padding, ...place });
    }
    case 'averagePool2d': {
      knownKeys(where, layer, [...poolKeys, 'countIncludePad']);
      const { kernel, stride, padding, countIncludePad } = layer;
      return averagePool2d(kernel, { stride, padding, countIncludePad, ...place });
    }
    default:
      knownKeys(where, layer, ['kind', ...placeKeys]);
      return layer.kind === 'flatten' ? flatten(place) : globalAveragePool(place);
  }
}

function rebuildConvolution(
  where: string,
  layer: Conv2dLayer | SpectralConv2dLayer,
  place: LayerPlace,
): ImageLayer {
  knownKeys(where, layer, [...widthKeys, 'kernel', 'stride', 'padding', 'dilation', 'groups']);
  const { width, kernel, stride, padding, dilation, groups, activation, slope } = layer;
  const shared = { ...place, stride, padding, dilation, groups, activation, slope };
  if (layer.kind === 'conv2d') {
    const tensors = tensorOptionsOf(where, layer, ['weights'], ['bias']);
    return conv2d(width, kernel, { ...tensors, ...shared } as Conv2dOptions);
  }
  const required = ['eigenvectors', 'eigenvaluesIn', 'eigenvaluesOut'] as const;
  const tensors = tensorOptionsOf(where, layer, required, ['bias']);
  return spectralConv2d(width, kernel, { ...tensors, ...shared } as SpectralConv2dOptions);
}

function rebuildTransposed(where: string, layer: ConvTranspose2dLayer, place: LayerPlace): ImageLayer {
  knownKeys(where, layer, [...widthKeys, 'kernel', 'stride', 'padding', 'outputPadding']);
  const { width, kernel, stride, padding, outputPadding, activation, slope } = layer;
  const tensors = tensorOptionsOf(where, layer, ['weights'], ['bias']);
  const shared = { ...place, stride, padding, outputPadding, activation, slope };
  return convTranspose2d(width, kernel, { ...tensors, ...shared } as ConvTranspose2dOptions);
}
