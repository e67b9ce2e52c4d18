import { EigenstudentError } from '../../errors.js';
import { readBytes } from '../../files/read-bytes.js';
import type { OutputMap, ReadNetwork } from '../assemble.js';
import { type ActivationFormula, activationFormulaOf } from './activation-formula.js';
import { ValueGraph } from './graph.js';
import { channelsLastInput } from './input-layout.js';
import type { FileLayer } from './layers/file-layers.js';
import { FileNetwork, type Value } from './layers/file-network.js';
import { simplify } from './layers/simplify.js';
import { toLayers } from './layers/to-layers.js';
import { decodeModel } from './model.js';
import { nameOf } from './node.js';
import { operatorNames, resultOfNode } from './operators/list.js';
import { numbersOf, placed } from './operators/step.js';
import type { OnnxNode } from './schema.js';
import type { OnnxSignature } from './signature.js';

export interface OnnxNetwork extends ReadNetwork {
  readonly output: OutputMap;
  readonly signature: OnnxSignature;
}

export interface OnnxReadOptions {
  /** The output that is read, where the file has several. */
  readonly output?: string | undefined;
  /** 'channelsFirst': samples of a file that takes images with the channels last will be given with them first. */
  readonly inputLayout?: 'channelsFirst' | undefined;
}

/**
 * The layers of an ONNX file that holds a feed-forward network of dense layers and layers of images. Each node
 * gives layers, or the same numbers in another shape; then biases, activations and stored scales become parts of the layers
 * beside them. Softmax and LogSoftmax may end the network. Declared shapes are checked against those that the
 * nodes compute.
 * @throws file_unreadable, file_corrupt; file_unsupported with the operator, or whatever else is not supported
 */
export async function readOnnx(path: string, options: OnnxReadOptions = {}): Promise<OnnxNetwork> {
  const graph = new ValueGraph(path, decodeModel(await readBytes(path), path), options.output);
  const network = new FileNetwork();
  const channelsLast = channelsLastInput(graph, options.inputLayout !== undefined);
  const result = valueOfOutput(graph, network, channelsLast);
  const last = simplify(network, layerOf(graph, network, result));
  const read = toLayers(path, network, last);
  const input = channelsLast && { layout: 'channelsLast' as const };
  return { ...read, output: result.map, signature: signatureOf(graph, read, result, input ?? {}) };
}

/** Takes the nodes in order; those that compute sizes from shapes are read where they are needed. */
function valueOfOutput(
  graph: ValueGraph,
  network: FileNetwork,
  channelsLast: readonly number[] | undefined,
): Value {
  const values = new Map<string, Value>();
  const taken = new Set<OnnxNode>();
  let last: Value = {
    ...graph.input,
    tensor: graph.input.name,
    from: undefined,
    channelsLast,
    map: 'linear',
  };
  const keep = (value: Value) => {
    graph.setShape(value.tensor, value.shape, value.elementType);
    values.set(value.tensor, value);
    last = value;
    const formula = activationFormulaOf(graph, value.tensor, value.shape);
    if (formula === undefined) return;
    for (const node of formula.nodes) taken.add(node);
    keep(valueOfFormula(graph, network, value, formula));
  };
  keep(last);
  for (const node of graph.nodes) {
    const operands = node.input.map((name) => values.get(name));
    const value = operands.find((operand) => operand !== undefined);
    if (value === undefined || taken.has(node) || node.opType === 'Shape') continue;
    if (!operatorNames.includes(node.opType)) throw unknownOperator(graph, node);
    keep(resultOfNode({ graph, network, node, operands, value }));
  }
  const result = values.get(graph.output.name);
  if (result !== undefined) return result;
  throw new EigenstudentError(
    'file_unsupported',
    `expected the input of ${graph.path} to lead to its output, it ends at tensor ${JSON.stringify(last.tensor)}`,
  );
}

function valueOfFormula(
  graph: ValueGraph,
  network: FileNetwork,
  value: Value,
  { activation, tensor }: ActivationFormula,
): Value {
  const node = graph.producer(tensor) as OnnxNode;
  const layer = numbersOf({ graph, network, node, operands: [value], value }, value);
  const from = network.add({
    kind: 'activation',
    ...placed({ node }, layer.shape, layer),
    activation,
  });
  return { ...value, tensor, from };
}

/** The layer that gives the output of the file, in the order of its numbers. */
function layerOf(graph: ValueGraph, network: FileNetwork, value: Value): FileLayer {
  const { channelsLast, shape } = value;
  if (channelsLast !== undefined)
    throw new EigenstudentError(
      'file_unsupported',
      `expected an output with the channels before rows and columns in ${graph.path}, received ${JSON.stringify(graph.output.name)} ` +
        'with the channels last',
    );
  const isImage = shape?.length === 4 || value.from === undefined;
  const layer = isImage ? network.numbers(value) : network.features(value);
  if (layer !== undefined) return layer;
  // the output is the input, of an unknown shape
  return network.inputFeatures(1);
}

/** @param input further fields of the input's signature */
function signatureOf(
  graph: ValueGraph,
  { inputs }: ReadNetwork,
  result: Value,
  more: Partial<OnnxSignature['input']>,
): OnnxSignature {
  const { input, output } = graph;
  const samples = input.shape?.[0] ?? null;
  const flattened = graph.consumers(input.name).some(({ opType }) => ['Flatten', 'Reshape'].includes(opType));
  const sizes = typeof inputs === 'number' ? [inputs] : inputs;
  const undeclared = flattened ? null : ['batch', ...sizes];
  return {
    input: { ...input, shape: input.shape ?? undeclared, ...more },
    output: {
      ...output,
      elementType: result.elementType,
      shape: [output.shape?.[0] ?? samples ?? 'batch', ...(result.shape?.slice(1) ?? [])],
    },
  };
}

function unknownOperator({ path }: ValueGraph, node: OnnxNode): EigenstudentError {
  return new EigenstudentError(
    'file_unsupported',
    `expected operators of dense and convolutional networks in ${path} (${operatorNames.join(', ')}), received ${nameOf(node)}`,
  );
}
