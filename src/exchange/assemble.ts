/** Builds a network from layers that were read from files. */
import { EigenstudentError } from '../errors.js';
import type { FloatArray } from '../native/addon.js';
import { allocate, dtypeOf } from '../native/arrays.js';
import { type Activation, dense, type Layer, spectral } from '../network/layers.js';
import { Network } from '../network/network.js';
import type { Loss } from '../network/spec.js';

/** A layer from a file, in the layout of this package: matrices [outputs][inputs]. */
export interface ReadLayer {
  /** Its name in the file, for errors, as in 'layer 1 ("fc2.weight")'. */
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly activation: Activation;
  readonly numbers: DenseNumbers | SpectralNumbers;
  /** [outputs] */
  readonly bias: FloatArray | undefined;
}

interface DenseNumbers {
  readonly weights: FloatArray;
}

interface SpectralNumbers {
  readonly eigenvectors: FloatArray;
  /** [inputs] */
  readonly eigenvaluesIn: FloatArray;
  /** [outputs] */
  readonly eigenvaluesOut: FloatArray;
}

/**
 * The function that a file applies to the outputs of the last layer. A Network applies none: predict()
 * returns them unchanged, and the loss 'crossEntropy' includes the softmax.
 */
export type OutputMap = 'linear' | 'softmax' | 'logSoftmax';

/**
 * A network of these layers; float64 if any of the numbers are.
 * @param path names the file in errors
 * @throws invalid_network when a layer has another number of inputs than the one before it has outputs
 */
export function assemble(path: string, layers: readonly ReadLayer[], loss: Loss): Network {
  checkChain(path, layers);
  const blocks = layers.flatMap(({ numbers, bias }) => [
    ...(Object.values(numbers) as FloatArray[]),
    ...(bias ? [bias] : []),
  ]);
  const size = blocks.reduce((total, block) => total + block.length, 0);
  const dtype = blocks.some((block) => dtypeOf(block) === 'float64') ? 'float64' : 'float32';
  const parameters = allocate('the network', dtype, size);
  let offset = 0;
  for (const block of blocks) {
    parameters.set(block, offset);
    offset += block.length;
  }
  const { inputs } = layers[0] as ReadLayer;
  return Network.from({ inputs, layers: layers.map(layerOf), loss }, parameters);
}

function layerOf({ outputs, activation, numbers, bias }: ReadLayer): Layer {
  const options = { activation, bias: bias !== undefined };
  return 'weights' in numbers ? dense(outputs, options) : spectral(outputs, options);
}

function checkChain(path: string, layers: readonly ReadLayer[]): void {
  if (layers.length === 0)
    throw new EigenstudentError('invalid_network', `expected at least one layer in ${path}, received none`);
  layers.forEach((layer, i) => {
    const before = layers[i - 1];
    if (before === undefined || layer.inputs === before.outputs) return;
    throw new EigenstudentError(
      'invalid_network',
      `expected ${layer.name} of ${path} to take the ${before.outputs} outputs of ${before.name}, received a matrix ` +
        `that takes ${layer.inputs}. Name the layers in the order in which they follow one another`,
    );
  });
}

/** [rows][columns] -> [columns][rows], a copy. */
export function transpose(matrix: FloatArray, rows: number, columns: number): FloatArray {
  const turned = allocate('a transposed matrix', dtypeOf(matrix), matrix.length);
  for (let i = 0; i < rows; ++i)
    for (let j = 0; j < columns; ++j) turned[j * rows + i] = matrix[i * columns + j] as number;
  return turned;
}
