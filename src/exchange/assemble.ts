/** Builds a network from layers that were read from files. */
import { EigenstudentError } from '../errors.js';
import type { FloatArray } from '../native/addon.js';
import { allocate, dtypeOf } from '../native/arrays.js';
import type { Layer } from '../network/layers.js';
import { Network } from '../network/network.js';
import type { Loss } from '../network/spec.js';

/** A layer from a file, with its numbers in the layout of this package. */
export interface ReadLayer {
  readonly layer: Layer;
  /** Its tensors, in the order in which a network has them. */
  readonly tensors: readonly FloatArray[];
  /** Its buffers: running mean and variance of batch norm. Default: none. */
  readonly buffers?: readonly FloatArray[];
}

/** The layers of a file, and what the first of them read. */
export interface ReadNetwork {
  /** Features of a sample, or [channels, height, width]. */
  readonly inputs: number | readonly number[];
  readonly layers: readonly ReadLayer[];
}

/**
 * The function that a file applies to the outputs of the last layer. A Network applies none: predict()
 * returns them unchanged, and the loss 'crossEntropy' includes the softmax.
 */
export type OutputMap = 'linear' | 'softmax' | 'logSoftmax';

/**
 * A network of these layers; float64 if any of the numbers are.
 * @param path names the file in errors
 * @throws invalid_network without layers, and where one cannot read what is before it
 */
export function assemble(path: string, { inputs, layers }: ReadNetwork, loss: Loss): Network {
  if (layers.length === 0)
    throw new EigenstudentError('invalid_network', `expected at least one layer in ${path}, received none`);
  const tensors = layers.flatMap((layer) => layer.tensors);
  const buffers = layers.flatMap((layer) => layer.buffers ?? []);
  const double = [...tensors, ...buffers].some((block) => dtypeOf(block) === 'float64');
  const joined = (blocks: readonly FloatArray[]) => {
    const size = blocks.reduce((total, block) => total + block.length, 0);
    const whole = allocate('the network', double ? 'float64' : 'float32', size);
    let offset = 0;
    for (const block of blocks) {
      whole.set(block, offset);
      offset += block.length;
    }
    return whole;
  };
  const options = { inputs, layers: layers.map(({ layer }) => layer), loss };
  const [parameters, statistics] = [joined(tensors), joined(buffers)];
  try {
    return Network.from(options, parameters, statistics);
  } catch (error) {
    if (!(error instanceof EigenstudentError)) throw error;
    throw new EigenstudentError(error.code, `the network in ${path} cannot be built: ${error.message}`, {
      cause: error,
    });
  }
}

/** [rows][columns] -> [columns][rows], a copy. */
export function transpose(matrix: FloatArray, rows: number, columns: number): FloatArray {
  const turned = allocate('a transposed matrix', dtypeOf(matrix), matrix.length);
  for (let i = 0; i < rows; ++i)
    for (let j = 0; j < columns; ++j) turned[j * rows + i] = matrix[i * columns + j] as number;
  return turned;
}
