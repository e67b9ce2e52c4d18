/**
 * Descriptions that assign the arrays of a file to layers, and add what the file lacks: the order and the
 * activations.
 *
 *     {"layers": [{"weight": "fc1.weight", "bias": "fc1.bias", "activation": "relu"},
 *                 {"weight": "fc2.weight", "bias": "fc2.bias"}],
 *      "output": "softmax"}
 *
 * A layer names one matrix: `weight` [outputs][inputs] as in PyTorch; `kernel` [inputs][outputs] as in Keras and Flax; or
 * `base` [inputs][outputs] with `diag_end` [1, outputs] and, unless it is all zero, `diag_start` [inputs, 1]: the paper's
 * Keras layer, whose kernel is base (diag_start - diag_end). With W_ij = (lambda_in_j - lambda_out_i) phi_ij and
 * W = kernel^T that makes phi = base^T, eigenvaluesIn = diag_start and eigenvaluesOut = diag_end, signs as they are.
 */
import { denseArray, finiteNumber, invalid, knownKeys, oneOf } from '../arguments.js';
import { EigenstudentError, reasonOf } from '../errors.js';
import { readText } from '../files/text-file.js';
import type { FloatArray } from '../native/addon.js';
import { allocate, dtypeOf } from '../native/arrays.js';
import { type Activation, activations, dense, spectral } from '../network/layers.js';
import { type OutputMap, type ReadNetwork, transpose } from './assemble.js';
import type { NamedTensors } from './named-tensors.js';

export const outputMaps = ['linear', 'softmax', 'logSoftmax'] as const satisfies readonly OutputMap[];
const layerKeys = [
  'weight',
  'kernel',
  'base',
  'diag_end',
  'diag_start',
  'bias',
  'activation',
  'slope',
] as const;
const matrixKeys = ['weight', 'kernel', 'base'] as const;

export interface DescribedLayer {
  readonly weight?: string;
  readonly kernel?: string;
  readonly base?: string;
  readonly diag_end?: string;
  readonly diag_start?: string;
  readonly bias?: string;
  /** Default 'linear'. */
  readonly activation?: Activation;
  /** Of activation leakyRelu below 0, a number of at least 0. Default 0.01. */
  readonly slope?: number;
}

/** See the top of this file; the values of a layer are names of arrays. */
export interface NetworkDescription {
  readonly layers: readonly DescribedLayer[];
  /** The function that the original network applied to the last layer's outputs. Default 'linear'. */
  readonly output?: OutputMap;
}

/** @throws file_unreadable, file_corrupt, invalid_argument with the path and the field */
export async function readDescription(path: string): Promise<NetworkDescription> {
  const text = await readText(path);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const reason = reasonOf(cause);
    throw new EigenstudentError('file_corrupt', `${path} is not JSON: ${reason}`, { cause });
  }
  return checkDescription(value, path);
}

/**
 * The description that a safetensors file has in its metadata; undefined where the metadata under this key
 * have another form, as those of other programs.
 * @param text the value in the metadata
 * @param where names the text in errors
 * @throws invalid_argument with the field
 */
export function ownDescription(text: string | undefined, where: string): NetworkDescription | undefined {
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { layers } = (value ?? {}) as { readonly layers?: unknown };
  const isLayer = (layer: unknown) =>
    matrixKeys.some((key) => typeof (layer as DescribedLayer | null)?.[key] === 'string');
  const isOwn = Array.isArray(layers) && layers.length > 0 && layers.every(isLayer);
  return isOwn ? checkDescription(value, where) : undefined;
}

/** Every array that a description names. */
export function namedArrays({ layers }: NetworkDescription): string[] {
  return layers.flatMap(({ activation: _, slope: __, ...names }) => Object.values(names));
}

/** @throws invalid_argument with the field */
export function checkDescription(value: unknown, where: string): NetworkDescription {
  knownKeys(where, value as object, ['layers', 'output']);
  const { layers, output } = value as Partial<NetworkDescription>;
  if (!Array.isArray(layers) || layers.length === 0)
    throw invalid(`layers of ${where}`, 'an array of at least one layer', layers);
  denseArray(`layers of ${where}`, 'an array of layers', layers).forEach((layer, i) => {
    checkLayer(layer, `layer ${i} of ${where}`);
  });
  if (output !== undefined) oneOf(`output of ${where}`, output, outputMaps);
  return value as NetworkDescription;
}

function checkLayer(layer: unknown, where: string): void {
  knownKeys(where, layer as object, layerKeys);
  const fields = layer as DescribedLayer;
  for (const key of layerKeys) {
    const name = fields[key];
    if (key !== 'activation' && key !== 'slope' && name !== undefined && typeof name !== 'string')
      throw invalid(`${key} of ${where}`, 'the name of an array', name);
  }
  const matrices = matrixKeys.filter((key) => fields[key] !== undefined);
  if (matrices.length !== 1) {
    const received = matrices.length === 0 ? 'none' : matrices.join(' and ');
    throw new EigenstudentError(
      'invalid_argument',
      `expected exactly one of weight, kernel and base in ${where}, received ${received}`,
    );
  }
  const spectral = fields.base !== undefined;
  if (spectral && fields.diag_end === undefined)
    throw invalid(`diag_end of ${where}`, 'the name of an array, as base has eigenvalues', undefined);
  for (const key of ['diag_end', 'diag_start'] as const)
    if (!spectral && fields[key] !== undefined)
      throw invalid(`${key} of ${where}`, 'none beside a weight or a kernel', fields[key]);
  if (fields.activation !== undefined) oneOf(`activation of ${where}`, fields.activation, activations);
  if (fields.slope === undefined) return;
  if (fields.activation !== 'leakyRelu')
    throw invalid(`slope of ${where}`, 'none without activation leakyRelu', fields.slope);
  finiteNumber(`slope of ${where}`, fields.slope, 0);
}

/** A layer of a description: what it reads and makes, and its numbers in the layout of this package. */
interface MatrixLayer {
  /** For errors, as in 'layer 1 ("fc2.weight")'. */
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  /** Matrix, eigenvalues, bias: those that it has. */
  readonly tensors: readonly FloatArray[];
}

/** The layers that a description names. @throws invalid_network for arrays that are missing or have another shape */
export function describedLayers(description: NetworkDescription, tensors: NamedTensors): ReadNetwork {
  const matrices = description.layers.map((layer, i) => matrixLayer(layer, i, tensors));
  checkChain(tensors.path, matrices);
  const layers = description.layers.map(({ base, bias, activation = 'linear', slope }, i) => {
    const { outputs, tensors: numbers } = matrices[i] as MatrixLayer;
    const options = { activation, slope, bias: bias !== undefined };
    return {
      layer: base === undefined ? dense(outputs, options) : spectral(outputs, options),
      tensors: numbers,
    };
  });
  return { inputs: (matrices[0] as MatrixLayer).inputs, layers };
}

function matrixLayer(layer: DescribedLayer, index: number, tensors: NamedTensors): MatrixLayer {
  const matrix = layer.weight ?? layer.kernel ?? (layer.base as string);
  const { data, rows, columns } = tensors.matrix(matrix);
  const [outputs, inputs] = layer.weight === undefined ? [columns, rows] : [rows, columns];
  const zeros = () => allocate('eigenvalues', dtypeOf(data), inputs);
  const numbers = [layer.weight === undefined ? transpose(data, rows, columns) : data];
  if (layer.base !== undefined)
    numbers.push(
      layer.diag_start === undefined ? zeros() : tensors.vector(layer.diag_start, inputs),
      tensors.vector(layer.diag_end as string, outputs),
    );
  if (layer.bias !== undefined) numbers.push(tensors.vector(layer.bias, outputs));
  return { name: `layer ${index} (${JSON.stringify(matrix)})`, inputs, outputs, tensors: numbers };
}

function checkChain(path: string, layers: readonly MatrixLayer[]): void {
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
