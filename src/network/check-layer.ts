/** Checks layers: those that callers wrote by hand, and those from files. */
import { knownKeys, oneOf } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { rebuildImageLayer } from './check-image-layer.js';
import { tensorOptionsOf, unlikeLayer } from './check-tensors.js';
import { activation, add, batchNorm, concat } from './graph-layers.js';
import { imageKinds } from './image-layers.js';
import { type DenseOptions, dense, type Layer, placeKeys, type SpectralOptions, spectral } from './layers.js';

/** Builders of layers that join others, by their names. */
const joiners = { add, concat };
const kinds = [
  ...(['spectral', 'dense', 'batchNorm', 'activation'] as const),
  ...(Object.keys(joiners) as (keyof typeof joiners)[]),
  ...imageKinds,
];
const spectralNeeds = ['eigenvectors', 'eigenvaluesIn', 'eigenvaluesOut'] as const;

/** Rebuilds a layer through its own builder, so that hand-written layers and layers from files are checked alike. */
export function checkLayer(where: string, layer: unknown): Layer {
  if (typeof layer !== 'object' || layer === null) throw unlikeLayer(where, layer);
  const { kind } = layer as Layer;
  oneOf(`kind of ${where}`, kind, kinds);
  try {
    return rebuild(where, layer as Layer);
  } catch (error) {
    if (!(error instanceof EigenstudentError) || error.message.includes(where)) throw error;
    throw new EigenstudentError(error.code, `${where}: ${error.message}`, { cause: error });
  }
}

function rebuild(where: string, layer: Layer): Layer {
  const { name, inputs } = layer;
  const place = { name, inputs };
  switch (layer.kind) {
    case 'spectral':
    case 'dense': {
      const required = layer.kind === 'spectral' ? spectralNeeds : (['weights'] as const);
      knownKeys(where, layer, ['kind', 'width', 'activation', 'slope', 'tensors', ...placeKeys]);
      const options = {
        ...tensorOptionsOf(where, layer, required, ['bias']),
        ...place,
        activation: layer.activation,
        slope: layer.slope,
      };
      return layer.kind === 'spectral'
        ? spectral(layer.width, options as SpectralOptions)
        : dense(layer.width, options as DenseOptions);
    }
    case 'batchNorm': {
      knownKeys(where, layer, ['kind', 'momentum', 'epsilon', 'tensors', ...placeKeys]);
      const { bias: _, ...options } = tensorOptionsOf(where, layer, ['scale', 'shift'], []);
      return batchNorm({ ...options, ...place, momentum: layer.momentum, epsilon: layer.epsilon });
    }
    case 'activation':
      knownKeys(where, layer, ['kind', 'activation', 'slope', ...placeKeys]);
      return activation(layer.activation, { slope: layer.slope, ...place });
    case 'add':
    case 'concat':
      knownKeys(where, layer, ['kind', ...placeKeys]);
      return joiners[layer.kind](inputs ?? [], { name });
    default:
      return rebuildImageLayer(where, layer, place);
  }
}
