import { EigenstudentError } from '../../errors.js';
import { describeForeign } from '../../network/files/file-kind.js';
import { readBytes } from '../../network/read-bytes.js';
import type { OutputMap, ReadLayer } from '../assemble.js';
import { Chain } from './chain.js';
import { geluOf } from './gelu.js';
import { ChainGraph, nameOf } from './graph.js';
import { operators } from './operators.js';
import { modelMessage, type OnnxGraph, type OnnxModel, type OnnxNode } from './schema.js';

/**
 * The layers of an ONNX file that holds a plain network: a chain of Gemm or MatMul and Add, each with at most one
 * activation. Flatten, Identity and Dropout are passed over; Softmax and LogSoftmax may end it.
 * @throws file_unreadable, file_corrupt; file_unsupported with the operator, or what else is not in such a chain
 */
export async function readOnnx(path: string): Promise<{ layers: ReadLayer[]; output: OutputMap }> {
  return layersOf(decodeModel(await readBytes(path), path), path);
}

/** @throws file_corrupt */
function decodeModel(bytes: Uint8Array, path: string): OnnxGraph {
  let model: OnnxModel;
  try {
    model = modelMessage.toObject(modelMessage.decode(bytes), { longs: Number, arrays: true }) as OnnxModel;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw unreadableOnnx(path, bytes, reason, cause);
  }
  const { graph } = model;
  if (graph !== undefined && graph.node.length > 0) return graph;
  throw unreadableOnnx(path, bytes, 'there is no graph in it');
}

/** With what the file is, where it is something else. */
function unreadableOnnx(path: string, bytes: Uint8Array, reason: string, cause?: unknown): EigenstudentError {
  const foreign = describeForeign(bytes);
  const message = `${path} is not a readable ONNX file: ${foreign === undefined ? reason : `it ${foreign}`}`;
  return new EigenstudentError('file_corrupt', message, { cause });
}

function layersOf(onnx: OnnxGraph, path: string) {
  const graph = new ChainGraph(path, onnx);
  const chain = new Chain(path);
  let current = graph.input;
  for (const seen = new Set<string>(); !graph.isOutput(current); current = follow(graph, chain, current)) {
    if (seen.has(current))
      throw new EigenstudentError(
        'file_corrupt',
        `${path} is not a readable ONNX file: its graph runs in a circle`,
      );
    seen.add(current);
  }
  const [beyond] = graph.consumers(current);
  if (beyond) throw branching(graph, current, [beyond]);
  return { layers: chain.layers(), output: chain.output };
}

/** Takes up what is done to a tensor of the chain; returns the next one. */
function follow(graph: ChainGraph, chain: Chain, current: string): string {
  const nodes = graph.consumers(current);
  const [node] = nodes;
  if (node === undefined) {
    throw new EigenstudentError(
      'file_unsupported',
      `expected the input of ${graph.path} to lead to its output, it ends at tensor ${JSON.stringify(current)}`,
    );
  }
  checkKnown(graph, nodes);
  if (nodes.length > 1) {
    const gelu = geluOf(graph, current);
    if (gelu === undefined) throw branching(graph, current, nodes);
    chain.activate(node, 'gelu');
    return gelu;
  }
  operators[node.opType]?.(graph, chain, node, current);
  return node.output[0] as string;
}

/** The operators of GELU's formula are known only within it. */
const withinGelu = ['Div'];

function checkKnown({ path }: ChainGraph, nodes: readonly OnnxNode[]): void {
  const known = (node: OnnxNode) =>
    (node.domain ?? '') === '' &&
    (Object.hasOwn(operators, node.opType) || (nodes.length > 1 && withinGelu.includes(node.opType)));
  const unknown = nodes.find((node) => !known(node));
  if (unknown === undefined) return;
  throw new EigenstudentError(
    'file_unsupported',
    `expected operators of plain networks in ${path} (${Object.keys(operators).join(', ')}), received ${nameOf(unknown)}`,
  );
}

function branching({ path }: ChainGraph, tensor: string, nodes: readonly OnnxNode[]): EigenstudentError {
  return new EigenstudentError(
    'file_unsupported',
    `expected a chain of layers in ${path}, but tensor ${JSON.stringify(tensor)} goes to ` +
      `${nodes.map(nameOf).join(' and ')}${nodes.length === 1 ? ' besides being the output' : ''}`,
  );
}
