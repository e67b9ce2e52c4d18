/** arrays.safetensors of a student: its network, its relevance, and all curves. */
import { type SafeTensor, type SafetensorsFile, safeTensor } from '../../../files/safetensors.js';
import { Network } from '../../../network/network.js';
import { networkFromFile, networkToFile } from '../../../network/network-file.js';
import { type Ranking, rankings } from '../../../pruning/rankings.js';
import type { RecordHeader } from '../../../runs/record.js';
import { arraysPath, float64, readTensors, type TrialTensors } from '../../../runs/trial-arrays.js';
import { type NodeHistory, nodeHistoryTensors, readNodeHistory } from './node-history.js';

/** One entry per evaluation during training, each [n]. */
export interface LossHistory {
  readonly epoch: Float64Array;
  readonly trainLoss: Float64Array;
  readonly validationLoss: Float64Array;
  /** "trial" normalisation */
  readonly effectiveSize: Float64Array;
}

/** Relevance and pruning curve of a layer of h nodes. */
export interface RankedLayer {
  /** [h], not normalised */
  readonly relevance: Float64Array;
  /** [h + 1]; entry k: test loss with the k most relevant nodes kept, all nodes of other layers being kept */
  readonly pruningLosses: Float64Array;
}

export interface TrialArrays extends RankedLayer {
  readonly network: Network;
  /** pruningLosses with the nodes removed in other orders, where the protocol requests them. */
  readonly rankedLosses: RankedLosses;
  readonly lossHistory: LossHistory;
  /** Only for some trials; absent from arrays that earlier versions wrote. */
  readonly nodeHistory?: NodeHistory;
  /** The hidden layers after the first, where all are spectral. */
  readonly furtherLayers?: readonly RankedLayer[];
}

/** By ranking, [h + 1] each. */
export type RankedLosses = Readonly<Partial<Record<Ranking, Float64Array>>>;

/**
 * A diverged trial has neither relevance nor a pruning curve; its network is that before the diverging step. A trial
 * whose student could not be created has no network.
 */
export type PartialArrays = Pick<TrialArrays, 'lossHistory'> & Partial<TrialArrays>;

const historyNames = ['epoch', 'trainLoss', 'validationLoss', 'effectiveSize'] as const;

/** The file of a network with further tensors: Network.load reads it directly. */
export function arraysToTensors(arrays: PartialArrays): TrialTensors {
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
  return { tensors, metadata };
}

/** By name; readHistory is the inverse. */
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

/** @throws file_unreadable, file_corrupt */
export async function readArrays(
  directory: string,
  record: Pick<RecordHeader, 'key' | 'arraysSha256'>,
): Promise<TrialArrays> {
  const path = arraysPath(directory, record);
  const file = await readTensors(directory, record);
  const { spec, parameters } = networkFromFile(file, path);
  const lossHistory = readHistory(file, path);
  const nodeHistory = readNodeHistory(file, lossHistory.epoch.length + 1, path);
  return {
    network: Network.from(spec, parameters),
    relevance: float64(file, 'relevance', path),
    pruningLosses: float64(file, 'pruningLosses', path),
    rankedLosses: readRankedLosses(file, path),
    lossHistory,
    nodeHistory,
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
