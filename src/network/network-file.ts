/** The form in which a network is saved: named tensors, and its structure as metadata. */
import { EigenstudentError, reasonOf } from '../errors.js';
import { type SafeTensor, type SafetensorsFile, safeTensor } from '../files/safetensors.js';
import { readSafetensorsHeader, readSomeTensors } from '../files/safetensors-part.js';
import type { DType, FloatArray } from '../native/addon.js';
import { allocate, dtypeOf } from '../native/arrays.js';
import { bufferLayout, type TensorPlace, tensorLayout, tensorViews } from './layout.js';
import type { NetworkSpec } from './network-spec.js';
import { specFromJson, specToJson } from './spec-json.js';

/**
 * Tensors and metadata from which `networkFromFile` makes the same network again. Other tensors and metadata may be
 * added before they are written.
 * @param parameters the network's block
 * @param buffers its block of running statistics
 */
export function networkToFile(
  spec: NetworkSpec,
  parameters: FloatArray,
  buffers: FloatArray,
): SafetensorsFile {
  const named = (places: readonly TensorPlace[], block: FloatArray) => {
    const views = tensorViews(places, block);
    return places.map(({ name, shape }) => [name, safeTensor(views.get(name) as FloatArray, shape)] as const);
  };
  const tensors = new Map([...named(tensorLayout(spec), parameters), ...named(bufferLayout(spec), buffers)]);
  return { tensors, metadata: { network: specToJson(spec) } };
}

export interface NetworkInFile {
  readonly spec: NetworkSpec;
  readonly parameters: FloatArray;
  /** Running statistics; empty without batch norm. */
  readonly buffers: FloatArray;
}

/**
 * The network in a file; its other contents are not read.
 * @throws file_unreadable; file_corrupt when there is no network in it, or one that lacks a tensor
 */
export function readNetworkFile(path: string): NetworkInFile {
  const { metadata, entries } = readSafetensorsHeader(path);
  const spec = readSpec({ tensors: new Map(), metadata }, path);
  const names = [...tensorLayout(spec), ...bufferLayout(spec)].map(({ name }) => name);
  return networkFromFile({ tensors: readSomeTensors(path, names), metadata, unread: entries }, path);
}

/**
 * @param path names the file in errors
 * @throws file_corrupt when there is no network in it, or one that lacks a tensor
 */
export function networkFromFile(file: SafetensorsFile, path: string): NetworkInFile {
  const spec = readSpec(file, path);
  const places = tensorLayout(spec);
  const dtype = places[0] ? dtypeOf(floatTensor(file, path, places[0].name).data as FloatArray) : 'float32';
  return {
    spec,
    parameters: readBlock(file, path, places, dtype),
    buffers: readBlock(file, path, bufferLayout(spec), dtype),
  };
}

function readBlock(
  file: SafetensorsFile,
  path: string,
  places: readonly TensorPlace[],
  dtype: DType,
): FloatArray {
  const size = places.reduce((count, place) => count + place.size, 0);
  const block = allocate('the network', dtype, size);
  for (const { name, shape, offset } of places) {
    const tensor = floatTensor(file, path, name);
    if (tensor.shape.join() !== shape.join() || dtypeOf(tensor.data as FloatArray) !== dtype) {
      const wanted = `${dtype === 'float32' ? 'F32' : 'F64'} [${shape}]`;
      const reason = `tensor ${name} should be ${wanted}, is ${tensor.dtype} [${tensor.shape}]`;
      throw new EigenstudentError(
        'file_corrupt',
        `${path} does not hold the network it describes: ${reason}`,
      );
    }
    block.set(tensor.data as FloatArray, offset);
  }
  return block;
}

/**
 * Whether metadata have a network as `networkToFile` describes one. Other programs use the key "network" too,
 * for a name or a structure of their own.
 */
export function describesNetwork({ network }: Readonly<Record<string, string>>): boolean {
  if (network === undefined) return false;
  try {
    const { inputs, layers, loss } = JSON.parse(network) ?? {};
    const isLayer = (layer: unknown) => typeof layer === 'object' && layer !== null && 'kind' in layer;
    return (
      typeof inputs === 'number' && typeof loss === 'string' && Array.isArray(layers) && layers.every(isLayer)
    );
  } catch {
    return false;
  }
}

function readSpec({ metadata }: SafetensorsFile, path: string): NetworkSpec {
  const { network } = metadata;
  if (network === undefined) {
    throw new EigenstudentError(
      'file_corrupt',
      `${path} is a safetensors file, but not one of a network: its metadata have no "network"`,
    );
  }
  try {
    return specFromJson(network);
  } catch (cause) {
    const reason = reasonOf(cause);
    throw new EigenstudentError('file_corrupt', `${path} describes no valid network: ${reason}`, { cause });
  }
}

function floatTensor(file: SafetensorsFile, path: string, name: string): SafeTensor {
  const tensor = file.tensors.get(name);
  if (tensor?.dtype === 'F32' || tensor?.dtype === 'F64') return tensor;
  const { dtype } = tensor ?? file.unread?.get(name) ?? {};
  const reason = dtype ? `tensor ${name} has dtype ${dtype}, not F32 or F64` : `tensor ${name} is missing`;
  throw new EigenstudentError('file_corrupt', `${path} does not hold the network it describes: ${reason}`);
}
