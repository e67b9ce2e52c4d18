/** What each ONNX operator does to a chain of layers. */
import { EigenstudentError } from '../../errors.js';
import type { FloatArray } from '../../native/addon.js';
import type { Activation } from '../../network/layers.js';
import { transpose } from '../assemble.js';
import type { Chain } from './chain.js';
import { attribute, type ChainGraph, floatAttribute, integerAttribute, nameOf } from './graph.js';
import type { OnnxNode } from './schema.js';

/** `current`: the tensor of the chain that the node takes. */
type Operator = (graph: ChainGraph, chain: Chain, node: OnnxNode, current: string) => void;

/** Slope of leakyRelu and alpha of elu, as everywhere in this package (native/core/activations.h). */
export const leakySlope = 0.01;
export const eluAlpha = 1;
/** A float32 of 0.01 is not the double. */
const attributeTolerance = 1e-7;

const activation =
  (name: Activation): Operator =>
  (_, chain, node) =>
    chain.activate(node, name);
const nothing: Operator = () => undefined;

export const operators: Readonly<Record<string, Operator>> = {
  Gemm: gemm,
  MatMul: matMul,
  Add: add,
  Relu: activation('relu'),
  Tanh: activation('tanh'),
  Sigmoid: activation('sigmoid'),
  Softplus: activation('softplus'),
  Erf: activation('erf'),
  Elu: (graph, chain, node) => withAlpha(graph, chain, node, 'elu', eluAlpha, 1),
  LeakyRelu: (graph, chain, node) => withAlpha(graph, chain, node, 'leakyRelu', leakySlope, 0.01),
  Gelu: gelu,
  Mul: square,
  Softmax: softmax('softmax'),
  LogSoftmax: softmax('logSoftmax'),
  Identity: nothing,
  Dropout: nothing, // rests at inference
  Flatten: flatten,
  Reshape: reshape,
};

/** Y = alpha A' B' + beta C */
function gemm(graph: ChainGraph, chain: Chain, node: OnnxNode, current: string): void {
  const { data, rows, columns } = matrixOf(graph, node, current);
  const flag = (name: string) => integerAttribute(node, name, 0) !== 0;
  if (flag('transA')) throw unsupported(graph, node, 'transA = 0', 'transA = 1');
  const [alpha, beta] = [floatAttribute(node, 'alpha', 1), floatAttribute(node, 'beta', 1)];
  const weights = flag('transB') ? data : transpose(data, rows, columns);
  chain.addLayer(node, node.input[1] as string, scaled(weights, alpha), flag('transB') ? rows : columns);
  if (!node.input[2]) return;
  chain.addBias(node, scaled(constantOf(graph, node, node.input[2]), beta));
}

function matMul(graph: ChainGraph, chain: Chain, node: OnnxNode, current: string): void {
  const { data, rows, columns } = matrixOf(graph, node, current);
  chain.addLayer(node, node.input[1] as string, transpose(data, rows, columns), columns);
}

function add(graph: ChainGraph, chain: Chain, node: OnnxNode, current: string): void {
  const other = node.input[0] === current ? node.input[1] : node.input[0];
  chain.addBias(node, constantOf(graph, node, other));
}

function withAlpha(
  graph: ChainGraph,
  chain: Chain,
  node: OnnxNode,
  name: Activation,
  wanted: number,
  byDefault: number,
): void {
  const alpha = floatAttribute(node, 'alpha', byDefault);
  if (Math.abs(alpha - wanted) > attributeTolerance)
    throw unsupported(graph, node, `alpha = ${wanted}, that of activation ${name}`, `alpha = ${alpha}`);
  chain.activate(node, name);
}

function gelu(graph: ChainGraph, chain: Chain, node: OnnxNode): void {
  const approximate = Buffer.from(attribute(node, 'approximate')?.s ?? []).toString() || 'none';
  if (approximate !== 'none')
    throw unsupported(graph, node, 'the exact GELU', `approximate = ${JSON.stringify(approximate)}`);
  chain.activate(node, 'gelu');
}

function square(graph: ChainGraph, chain: Chain, node: OnnxNode, current: string): void {
  if (node.input[0] !== current || node.input[1] !== current)
    throw unsupported(
      graph,
      node,
      'a tensor times itself (activation quadratic)',
      'a product of two tensors',
    );
  chain.activate(node, 'quadratic');
}

/** Over the answers of a sample: axis -1, or 1 of [samples, answers], which was the default before opset 13. */
function softmax(output: 'softmax' | 'logSoftmax'): Operator {
  return (graph, chain, node) => {
    const axis = integerAttribute(node, 'axis', -1);
    if (axis !== 1 && axis !== -1) throw unsupported(graph, node, 'axis 1 or -1', `axis ${axis}`);
    chain.end(node, output);
  };
}

function flatten(graph: ChainGraph, _: Chain, node: OnnxNode): void {
  const axis = integerAttribute(node, 'axis', 1);
  if (axis !== 1) throw unsupported(graph, node, 'axis 1, one row per sample', `axis ${axis}`);
}

/** To one row per sample, as view(-1, n) has it; what it makes of the inputs the first layer takes. */
function reshape(graph: ChainGraph, chain: Chain, node: OnnxNode): void {
  const shape = graph.constant(node.input[1])?.data;
  const rows = shape?.length === 2 && [-1, chain.width ?? shape[1]].includes(shape[1]);
  if (rows) return;
  const received = shape ? `shape [${shape.join(', ')}]` : 'a shape that the graph computes';
  throw unsupported(graph, node, 'a stored shape of one row per sample', received);
}

/** The stored matrix by which a node multiplies what comes along the chain. */
function matrixOf(graph: ChainGraph, node: OnnxNode, current: string) {
  const constant = node.input[0] === current ? graph.constant(node.input[1]) : undefined;
  const [rows, columns] = constant?.shape ?? [];
  if (constant?.shape.length === 2 && rows && columns) return { data: constant.data, rows, columns };
  const received = constant ? `shape [${constant.shape.join(', ')}]` : 'a tensor that the graph computes';
  throw unsupported(graph, node, 'a stored matrix as its second input', received);
}

function constantOf(graph: ChainGraph, node: OnnxNode, tensor: string | undefined): FloatArray {
  const constant = graph.constant(tensor);
  if (constant) return constant.data;
  throw unsupported(
    graph,
    node,
    'stored numbers to add (a network without branches)',
    'a tensor that the graph computes',
  );
}

function scaled(numbers: FloatArray, factor: number): FloatArray {
  return factor === 1 ? numbers : (numbers.map((value) => value * factor) as FloatArray);
}

function unsupported(
  graph: ChainGraph,
  node: OnnxNode,
  expected: string,
  received: string,
): EigenstudentError {
  return new EigenstudentError(
    'file_unsupported',
    `expected ${expected} for ${nameOf(node)} of ${graph.path}, received ${received}`,
  );
}
