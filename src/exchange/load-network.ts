import { access } from 'node:fs/promises';
import { extname } from 'node:path';
import { invalid, knownKeys, oneOf } from '../arguments.js';
import { namesInNpz } from '../data/npz.js';
import { EigenstudentError } from '../errors.js';
import { readSafetensorsHeader } from '../files/safetensors-part.js';
import { tensorLayout } from '../network/layout.js';
import { Network } from '../network/network.js';
import { describesNetwork, readNetworkFile } from '../network/network-file.js';
import { type Loss, losses } from '../network/spec.js';
import { assemble, type OutputMap } from './assemble.js';
import {
  checkDescription,
  describedLayers,
  type NetworkDescription,
  namedArrays,
  ownDescription,
  readDescription,
} from './description.js';
import { checkFiniteTensor } from './finite-tensor.js';
import { NamedTensors } from './named-tensors.js';
import { readOnnx } from './onnx/read-onnx.js';
import type { OnnxSignature } from './onnx/signature.js';

/** Formats by the extension of a file's name. */
export const networkFormats = ['.safetensors', '.npz', '.onnx'] as const;

export interface LoadOptions {
  /**
   * Assigns arrays to layers, for a file without this information; the description or the path of a JSON
   * file. Default: the JSON file of the same name beside it, as model.json for model.npz.
   */
  readonly description?: NetworkDescription | string;
  /**
   * Default: 'crossEntropy' where the file ends in softmax or logSoftmax, the loss in a file of this package,
   * else 'mse'.
   */
  readonly loss?: Loss;
  /** The output of an ONNX file that is read, by its name. Required where the file has several. */
  readonly output?: string;
  /**
   * 'channelsFirst': an ONNX file that takes images with the channels last, [samples, height, width, channels],
   * and moves them to the front is read as a network of [channels, height, width], to which samples have to be
   * given in that order. Default: such a file is refused.
   */
  readonly inputLayout?: 'channelsFirst';
}

export interface LoadedNetwork {
  readonly network: Network;
  /** The function that the file applies to the network's outputs; an argument for exportOnnx. */
  readonly output: OutputMap;
  /** Names and shapes of the input and the output of an ONNX file; an argument for exportOnnx, which keeps them. */
  readonly signature?: OnnxSignature;
}

/**
 * A network from a file: safetensors of this package, which contain the structure; safetensors of PyTorch and
 * others, and NPZ of Keras and NumPy, both with a description; ONNX of a dense or convolutional network. All tensors but
 * eigenvaluesIn are trainable.
 * @throws file_unreadable, file_corrupt, file_unsupported, invalid_network, invalid_argument: which file, which array or
 *   operator, what was expected
 */
export async function loadNetwork(path: string, options: LoadOptions = {}): Promise<LoadedNetwork> {
  knownKeys('loadNetwork', options, ['description', 'loss', 'output', 'inputLayout']);
  if (options.loss !== undefined) oneOf('loss of loadNetwork', options.loss, losses);
  const format = formatOf(path);
  checkOnnxOptions(path, format, options);
  if (format === '.onnx') {
    const { output, signature, ...read } = await readOnnx(path, options);
    return { network: assemble(path, read, options.loss ?? lossOf(output)), output, signature };
  }
  if (format === '.npz') {
    const names = await namesInNpz(path);
    const described = await chooseDescription(path, names, undefined, options.description);
    const tensors = await NamedTensors.readNpz(path, names, namedArrays(described));
    return networkOf(tensors, described, options.loss);
  }
  const header = readSafetensorsHeader(path);
  const { metadata, entries } = header;
  if (options.description === undefined && describesNetwork(metadata)) return loadOwn(path, options);
  const own =
    options.description === undefined
      ? ownDescription(metadata[descriptionKey], `the description in ${path}`)
      : undefined;
  const described = await chooseDescription(path, [...entries.keys()], own, options.description);
  return networkOf(
    NamedTensors.readSafetensors(path, header, namedArrays(described)),
    described,
    options.loss,
  );
}

/** Of safetensors metadata. */
export const descriptionKey = 'description';

/** @throws invalid_argument unless the name of the file ends in a format of networks */
export function formatOf(path: unknown): (typeof networkFormats)[number] {
  const end = typeof path === 'string' ? extname(path).toLowerCase() : undefined;
  const format = networkFormats.find((one) => one === end);
  if (format !== undefined) return format;
  throw invalid(
    'the file of a network',
    `a path that ends in ${networkFormats.join(', ')}`,
    path,
    'PyTorch writes such files with safetensors.torch.save_file(model.state_dict(), path) and torch.onnx.export, Keras with ' +
      'numpy.savez(path, **arrays)',
  );
}

/** @throws invalid_argument for options of ONNX files that are given for others, or have other values */
function checkOnnxOptions(path: string, format: string, { output, inputLayout }: LoadOptions): void {
  if (output !== undefined && (typeof output !== 'string' || output === ''))
    throw invalid('output of loadNetwork', 'the name of an output', output);
  if (inputLayout !== undefined) oneOf('inputLayout of loadNetwork', inputLayout, ['channelsFirst']);
  if (format === '.onnx') return;
  for (const [name, value] of Object.entries({ output, inputLayout }))
    if (value !== undefined) throw invalid(`${name} of loadNetwork`, `none, as ${path} is not ONNX,`, value);
}

function lossOf(output: OutputMap): Loss {
  return output === 'linear' ? 'mse' : 'crossEntropy';
}

function loadOwn(path: string, { loss }: LoadOptions): LoadedNetwork {
  const { spec, parameters, buffers } = readNetworkFile(path);
  for (const { name, shape, offset, size } of tensorLayout(spec))
    checkFiniteTensor(
      `tensor ${JSON.stringify(name)} of ${path}`,
      shape,
      parameters.subarray(offset, offset + size),
    );
  return {
    network: Network.from({ ...spec, loss: loss ?? spec.loss }, parameters, buffers),
    output: 'linear',
  };
}

function networkOf(
  tensors: NamedTensors,
  description: NetworkDescription,
  loss: Loss | undefined,
): LoadedNetwork {
  const { output = 'linear' } = description;
  const layers = describedLayers(description, tensors);
  return { network: assemble(tensors.path, layers, loss ?? lossOf(output)), output };
}

/**
 * @param names of the arrays in the file
 * @param own the description in the file itself
 */
async function chooseDescription(
  path: string,
  names: readonly string[],
  own: NetworkDescription | undefined,
  given: NetworkDescription | string | undefined,
): Promise<NetworkDescription> {
  if (typeof given === 'string') return readDescription(given);
  if (given !== undefined) return checkDescription(given, 'description');
  if (own !== undefined) return own;
  const beside = path.slice(0, -extname(path).length).concat('.json');
  if (await exists(beside)) return readDescription(beside);
  throw new EigenstudentError(
    'invalid_argument',
    `expected a description of ${path}, which does not say which arrays are which layers: pass one, or write it to ` +
      `${beside}, as in {"layers": [{"weight": "fc1.weight", "bias": "fc1.bias", "activation": "relu"}, ...]} (kernel for ` +
      `[inputs][outputs]; base and diag_end for a spectral layer). The file has ${names.join(', ')}`,
  );
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
