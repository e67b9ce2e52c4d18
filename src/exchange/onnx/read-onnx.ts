import { EigenstudentError } from '../../errors.js';
import { readBytes } from '../../files/read-bytes.js';
import type { OutputMap, ReadLayer } from '../assemble.js';
import { Chain } from './chain.js';
import { geluOf } from './gelu.js';
import { ChainGraph } from './graph.js';
import { decodeModel } from './model.js';
import { integerAttribute, nameOf } from './node.js';
import { operators, takeUp } from './operators.js';
import type { OnnxNode } from './schema.js';
import { type FloatType, floatTypes, type Shape } from './shapes.js';
import type { OnnxSignature } from './signature.js';

export interface OnnxNetwork {
  readonly layers: ReadLayer[];
  readonly output: OutputMap;
  readonly signature: OnnxSignature;
}

/**
 * The layers of an ONNX file that holds a plain network: a chain of Gemm or MatMul and Add, each with at most
 * one activation. Operators that keep the numbers of a sample in place (Flatten, Reshape, Identity, Dropout,
 * ...) are skipped; Softmax and LogSoftmax may end it. Declared shapes are checked against those that the
 * nodes compute.
 * @throws file_unreadable, file_corrupt; file_unsupported with the operator, or whatever else does not belong
 *   to such a chain
 */
export async function readOnnx(path: string): Promise<OnnxNetwork> {
  const graph = new ChainGraph(path, decodeModel(await readBytes(path), path));
  const chain = new Chain(path);
  let current = graph.input.name;
  let { shape, elementType } = graph.input;
  graph.setShape(current, shape, elementType);
  while (current !== graph.output.name) {
    ({ current, shape } = follow(graph, chain, current, shape));
    elementType = castTo(graph.producer(current)) ?? elementType;
    graph.setShape(current, shape, elementType);
  }
  const layers = chain.layers();
  return { layers, output: chain.output, signature: signatureOf(graph, layers, shape, elementType) };
}

/** The target type of a Cast. */
function castTo(node: OnnxNode | undefined): FloatType | undefined {
  if (node?.opType !== 'Cast') return undefined;
  return floatTypes[integerAttribute(node, 'to', 0) as keyof typeof floatTypes];
}

/** @param made shape of the output, as the nodes compute it */
function signatureOf(
  graph: ChainGraph,
  layers: readonly ReadLayer[],
  made: Shape,
  elementType: FloatType,
): OnnxSignature {
  const { input, output } = graph;
  const samples = input.shape?.[0] ?? null;
  const flattened = graph.consumers(input.name).some(({ opType }) => ['Flatten', 'Reshape'].includes(opType));
  const undeclared = flattened ? null : ['batch', layers[0]?.inputs ?? null];
  return {
    input: { ...input, shape: input.shape ?? undeclared },
    output: {
      ...output,
      elementType,
      shape: [output.shape?.[0] ?? samples ?? 'batch', ...(made?.slice(1) ?? [])],
    },
  };
}

interface Tensor {
  readonly current: string;
  readonly shape: Shape;
}

/** Applies the nodes that read a tensor of the chain; returns the next tensor. */
function follow(graph: ChainGraph, chain: Chain, current: string, shape: Shape): Tensor {
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
    const gelu = geluOf(graph, current, shape);
    if (gelu === undefined) throw branching(graph, current, nodes);
    chain.activate(node, 'gelu');
    return { current: gelu, shape };
  }
  return { shape: takeUp({ graph, chain, node, current, shape }), current: node.output[0] as string };
}

/** Some operators of GELU's formula are supported only within it. */
const withinGelu = ['Div'];

function checkKnown({ path }: ChainGraph, nodes: readonly OnnxNode[]): void {
  const known = (node: OnnxNode) =>
    Object.hasOwn(operators, node.opType) || (nodes.length > 1 && withinGelu.includes(node.opType));
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
    `expected a chain of layers in ${path}, but tensor ${JSON.stringify(tensor)} goes to ${nodes.map(nameOf).join(' and ')}`,
  );
}
