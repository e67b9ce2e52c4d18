/** trials/<key>/arrays.safetensors: the student and everything about it that is a curve. */

import { join } from 'node:path';
import { types } from 'node:util';
import { EigenstudentError } from '../errors.js';
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafeTensor,
  type SafetensorsFile,
  safeTensor,
} from '../files/safetensors.js';
import { Network } from '../network/network.js';
import { networkFromFile, networkToFile } from '../network/network-file.js';
import { type Ranking, rankings } from '../pruning/rankings.js';
import { type NodeHistory, nodeHistoryTensors, readNodeHistory } from './node-history.js';
import { readBytesIfThere } from './read-bytes.js';
import { type FinishedRecord, type TrialRecord, trialFolder } from './record.js';
import { sha256 } from './sha256.js';

/** One entry per evaluation during training, each [n]. */
export interface LossHistory {
  readonly epoch: Float64Array;
  readonly trainLoss: Float64Array;
  readonly validationLoss: Float64Array;
  /** "trial" normalisation */
  readonly effectiveSize: Float64Array;
}

/** How a layer of h nodes ranks. */
export interface RankedLayer {
  /** [h], not normalised */
  readonly relevance: Float64Array;
  /** [h + 1]; entry k: test loss with the k most relevant nodes kept, all others of the network being there */
  readonly pruningLosses: Float64Array;
}

export interface TrialArrays extends RankedLayer {
  readonly network: Network;
  /** pruningLosses with the nodes removed in other orders, where the protocol asks for them. */
  readonly rankedLosses: RankedLosses;
  readonly lossHistory: LossHistory;
  /** Of some trials; absent from arrays that earlier versions wrote. */
  readonly nodeHistory?: NodeHistory;
  /** The hidden layers after the first, where all are spectral. */
  readonly furtherLayers?: readonly RankedLayer[];
}

/** By ranking, [h + 1] each. */
export type RankedLosses = Readonly<Partial<Record<Ranking, Float64Array>>>;

/**
 * A diverged trial has neither relevance nor a pruning curve; its network is the one before the fatal step. One whose student
 * could not be made has no network.
 */
export type PartialArrays = Pick<TrialArrays, 'lossHistory'> & Partial<TrialArrays>;

export const arraysFile = 'arrays.safetensors';
const historyNames = ['epoch', 'trainLoss', 'validationLoss', 'effectiveSize'] as const;

/** The file's bytes. It is a network's file with more tensors in it: Network.load reads it as it is. */
export function encodeArrays(key: string, arrays: PartialArrays): Buffer {
  const { network } = arrays;
  const { tensors, metadata } = network
    ? networkToFile(network.spec, network.parameters, network.buffers)
    : { tensors: new Map<string, SafeTensor>(), metadata: {} };
  if (arrays.relevance) tensors.set('relevance', safeTensor(arrays.relevance));
  if (arrays.pruningLosses) tensors.set('pruningLosses', safeTensor(arrays.pruningLosses));
  for (const [i, layer] of (arrays.furtherLayers ?? []).entries()) {
    tensors.set(`relevance.${i + 1}`, safeTensor(layer.relevance));
    tensors.set(`pruningLosses.${i + 1}`, safeTensor(layer.pruningLosses));
  }
  for (const [name, losses] of Object.entries(arrays.rankedLosses ?? {}))
    tensors.set(`pruningLosses.${name}`, safeTensor(losses));
  for (const [name, tensor] of historyTensors(arrays.lossHistory)) tensors.set(name, tensor);
  const { nodeHistory, lossHistory } = arrays;
  if (nodeHistory)
    for (const [name, tensor] of nodeHistoryTensors(nodeHistory, lossHistory.epoch.length + 1))
      tensors.set(name, tensor);
  return encodeSafetensors(tensors, { ...metadata, key, schema: '1' });
}

/** By name; readHistory takes them back. */
export function historyTensors(history: LossHistory): [string, SafeTensor][] {
  return historyNames.map((name) => [`lossHistory.${name}`, safeTensor(history[name])]);
}

/**
 * @param path names the file in errors
 * @throws file_corrupt
 */
export function readHistory(file: SafetensorsFile, path: string): LossHistory {
  return {
    epoch: float64(file, 'lossHistory.epoch', path),
    trainLoss: float64(file, 'lossHistory.trainLoss', path),
    validationLoss: float64(file, 'lossHistory.validationLoss', path),
    effectiveSize: float64(file, 'lossHistory.effectiveSize', path),
  };
}

/**
 * The bytes of a trial's arrays, as they were written.
 * @throws file_unreadable; file_corrupt when they are missing, or their checksum is not the one in the record
 */
async function readChecked(directory: string, record: TrialRecord): Promise<Buffer> {
  const path = arraysPath(directory, record);
  const bytes = await readBytesIfThere(path);
  if (bytes === undefined)
    throw new EigenstudentError(
      'file_corrupt',
      `${path} is missing: its record expects it, with SHA-256 ${record.arraysSha256}`,
    );
  const received = sha256(bytes);
  if (received === record.arraysSha256) return bytes;
  throw new EigenstudentError(
    'file_corrupt',
    `${path} has changed since it was written: its record expects SHA-256 ${record.arraysSha256}, received ${received}`,
  );
}

function arraysPath(directory: string, record: TrialRecord): string {
  return join(trialFolder(directory, record.key), arraysFile);
}

/** @throws file_unreadable, file_corrupt unless the arrays are there and are those that the record was written with */
export async function checkArrays(directory: string, record: TrialRecord): Promise<void> {
  await readChecked(directory, record);
}

/** @throws file_unreadable, file_corrupt */
export async function readArrays(directory: string, record: FinishedRecord): Promise<TrialArrays> {
  const path = arraysPath(directory, record);
  const file = decodeSafetensors(await readChecked(directory, record), path);
  const { spec, parameters } = networkFromFile(file, path);
  const lossHistory = readHistory(file, path);
  const nodeHistory = readNodeHistory(file, lossHistory.epoch.length + 1, path);
  return {
    network: Network.from(spec, parameters),
    relevance: float64(file, 'relevance', path),
    pruningLosses: float64(file, 'pruningLosses', path),
    rankedLosses: readRankedLosses(file, path),
    lossHistory,
    ...(nodeHistory && { nodeHistory }),
    ...(file.tensors.has('relevance.1') && { furtherLayers: readFurtherLayers(file, path) }),
  };
}

function readFurtherLayers(file: SafetensorsFile, path: string): RankedLayer[] {
  const layers: RankedLayer[] = [];
  for (let layer = 1; file.tensors.has(`relevance.${layer}`); ++layer)
    layers.push({
      relevance: float64(file, `relevance.${layer}`, path),
      pruningLosses: float64(file, `pruningLosses.${layer}`, path),
    });
  return layers;
}

function readRankedLosses(file: SafetensorsFile, path: string): RankedLosses {
  const there = rankings.filter((name) => file.tensors.has(`pruningLosses.${name}`));
  return Object.fromEntries(there.map((name) => [name, float64(file, `pruningLosses.${name}`, path)]));
}

/** @throws file_corrupt unless there is such a tensor, in float64 */
export function float64(file: SafetensorsFile, name: string, path: string): Float64Array {
  const tensor = file.tensors.get(name);
  if (types.isFloat64Array(tensor?.data)) return tensor.data;
  const received = tensor === undefined ? 'no such tensor' : tensor.dtype;
  throw new EigenstudentError(
    'file_corrupt',
    `${path}: expected tensor ${name} of dtype F64, received ${received}`,
  );
}
