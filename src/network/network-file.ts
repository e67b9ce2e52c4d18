/** A network as named tensors with its structure beside them: the form in which it is saved. */
import { EigenstudentError, reasonOf } from '../errors.js';
import type { FloatArray } from '../native/addon.js';
import { allocate, dtypeOf } from './arrays.js';
import { tensorLayout, tensorViews } from './layout.js';
import { type SafeTensor, type SafetensorsFile, safeTensor } from './safetensors.js';
import { readSafetensorsHeader, readSomeTensors } from './safetensors-part.js';
import { type NetworkSpec, specFromJson, specToJson } from './spec.js';

/**
 * Tensors and metadata from which `networkFromFile` makes the same network again. Other tensors and metadata may be
 * added before they are written.
 * @param parameters the network's block
 */
export function networkToFile(spec: NetworkSpec, parameters: FloatArray): SafetensorsFile {
  const places = tensorLayout(spec);
  const views = tensorViews(places, parameters);
  const tensors = new Map(
    places.map(({ name, shape }) => [name, safeTensor(views.get(name) as FloatArray, shape)] as const),
  );
  return { tensors, metadata: { network: specToJson(spec) } };
}

/**
 * The network in a file; whatever else is in it is not read.
 * @throws file_unreadable; file_corrupt when there is no network in it, or one that lacks a tensor
 */
export function readNetworkFile(path: string): { spec: NetworkSpec; parameters: FloatArray } {
  const { metadata, entries } = readSafetensorsHeader(path);
  const spec = readSpec({ tensors: new Map(), metadata }, path);
  const names = tensorLayout(spec).map(({ name }) => name);
  return networkFromFile({ tensors: readSomeTensors(path, names), metadata, unread: entries }, path);
}

/**
 * @param path names the file in errors
 * @throws file_corrupt when there is no network in it, or one that lacks a tensor
 */
export function networkFromFile(
  file: SafetensorsFile,
  path: string,
): { spec: NetworkSpec; parameters: FloatArray } {
  const spec = readSpec(file, path);
  const places = tensorLayout(spec);
  const size = places.reduce((count, place) => count + place.size, 0);
  const first = floatTensor(file, path, places[0]?.name ?? '').data as FloatArray;
  const parameters = allocate('the network', dtypeOf(first), size);
  for (const { name, shape, offset } of places) {
    const tensor = floatTensor(file, path, name);
    if (tensor.shape.join() !== shape.join() || dtypeOf(tensor.data as FloatArray) !== dtypeOf(parameters)) {
      const wanted = `${dtypeOf(parameters) === 'float32' ? 'F32' : 'F64'} [${shape}]`;
      const reason = `tensor ${name} should be ${wanted}, is ${tensor.dtype} [${tensor.shape}]`;
      throw new EigenstudentError(
        'file_corrupt',
        `${path} does not hold the network it describes: ${reason}`,
      );
    }
    parameters.set(tensor.data as FloatArray, offset);
  }
  return { spec, parameters };
}

/**
 * Whether metadata have a network as `networkToFile` describes one. Other programs call things "network" too: a name, a structure
 * of their own.
 */
export function describesNetwork({ network }: Readonly<Record<string, string>>): boolean {
  if (network === undefined) return false;
  try {
    const { inputs, layers, loss } = JSON.parse(network) ?? {};
    const isLayer = (layer: unknown) =>
      typeof layer === 'object' &&
      layer !== null &&
      ['kind', 'width', 'tensors'].every((key) => key in layer);
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
