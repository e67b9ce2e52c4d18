import { invalid, knownKeys, oneOf } from '../../arguments.js';
import { writeAtomically } from '../../files/atomic-write.js';
import { toDType } from '../../native/arrays.js';
import { chainOf, inputsOf, outputsOf } from '../../network/description.js';
import type { MatrixLayer } from '../../network/layers.js';
import { checkNetwork, type Network } from '../../network/network.js';
import type { OutputMap } from '../assemble.js';
import { outputMaps } from '../description.js';
import { activationPiece, node, type OnnxPiece } from './activations.js';
import {
  attributeTypes,
  elementTypes,
  modelMessage,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValue,
} from './schema.js';
import { floatTypes } from './shapes.js';
import { checkSignature, type OnnxSignature, type OnnxTensorSignature } from './signature.js';
import { floatTensor, sizesTensor } from './tensor.js';

/** It has every operator that is written, and runtimes since 2021 support it. */
const opset = 13;
/** The version of the file format that was introduced with it. */
const irVersion = 7;

export interface OnnxExportOptions {
  /**
   * The function after the last layer. Default 'linear': the outputs of predict(). For a classifier that was
   * loaded with 'softmax' give 'softmax' again.
   */
  readonly output?: OutputMap;
  /**
   * Names, shapes and kinds of numbers of the input and the output, as loadNetwork() read them from an ONNX
   * file, so that programs that ran that file can run this one. Default: float32, "input" [batch, inputs],
   * "output" [batch, outputs].
   */
  readonly signature?: OnnxSignature;
  /** Default: that of `signature`, or "input". */
  readonly inputName?: string;
  /** Default: that of `signature`, or "output". */
  readonly outputName?: string;
}

/**
 * Writes a network as an ONNX file of opset 13 that computes in float32. Inputs of more axes than [batch,
 * inputs] are flattened in the file, outputs of others reshaped. Spectral layers become the matrices that
 * they apply. Runtimes reproduce the outputs of predict() to a relative error of about 1e-5.
 * @throws invalid_argument where a number is too large for float32, or where `signature` is that of another network;
 *   file_unwritable
 */
export async function exportOnnx(
  network: Network,
  path: string,
  options: OnnxExportOptions = {},
): Promise<void> {
  checkNetwork('the first argument of exportOnnx', network);
  knownKeys('exportOnnx', options, ['output', 'signature', 'inputName', 'outputName']);
  const output = oneOf('output of exportOnnx', options.output ?? 'linear', outputMaps);
  await writeAtomically(path, encodeOnnx(network, output, signatureFor(network, options)));
}

function signatureFor(network: Network, options: OnnxExportOptions): OnnxSignature {
  const { signature, inputName, outputName } = options;
  const inputs = network.spec.inputs;
  const outputs = outputsOf(network.spec);
  if (signature !== undefined) checkSignature(signature, inputs, outputs);
  const usual = (name: string, numbers: number): OnnxTensorSignature => {
    return { name, shape: ['batch', numbers], elementType: 'float32' };
  };
  const { input = usual('input', inputs), output = usual('output', outputs) } = signature ?? {};
  const named = (what: string, name: unknown) => {
    if (typeof name === 'string' && name !== '') return name;
    throw invalid(`${what} of exportOnnx`, 'a name', name);
  };
  const chosen = {
    input: { ...input, name: named('inputName', inputName ?? input.name) },
    output: { ...output, name: named('outputName', outputName ?? output.name) },
  };
  if (chosen.input.name !== chosen.output.name) return chosen;
  throw invalid('outputName of exportOnnx', 'another name than that of the input', chosen.output.name);
}

function encodeOnnx(network: Network, output: OutputMap, signature: OnnxSignature): Buffer {
  const { spec } = network;
  const prefix = prefixFor(signature);
  const before = inputPiece(signature.input, prefix);
  const pieces = [
    before,
    ...spec.layers.map((_, layer) => layerPiece(network, layer, prefix, before.rows)),
    outputPiece(`${prefix}.${spec.layers.length - 1}`, output, signature.output, prefix),
  ];
  const model = {
    irVersion,
    producerName: 'eigenstudent',
    opsetImport: [{ domain: '', version: opset }],
    graph: {
      name: 'network',
      node: pieces.flatMap(({ nodes }) => nodes),
      initializer: pieces.flatMap(({ constants }) => constants),
      input: [declared(signature.input)],
      output: [declared(signature.output)],
    },
  };
  return Buffer.from(modelMessage.encode(modelMessage.fromObject(model)).finish());
}

/** Prefix of the names within the file: "layers", unless the input or the output has this name. */
function prefixFor({ input, output }: OnnxSignature): string {
  let prefix = 'layers';
  while ([input.name, output.name].some((name) => name.startsWith(prefix))) prefix = `_${prefix}`;
  return prefix;
}

/** From the input to `rows`, float32 [batch, inputs]. */
function inputPiece(
  { name, shape, elementType }: OnnxTensorSignature,
  prefix: string,
): OnnxPiece & { rows: string } {
  const nodes: OnnxNode[] = [];
  const constants: OnnxTensor[] = [];
  let rows = name;
  if (elementType !== 'float32') {
    nodes.push(castNode(rows, `${prefix}.float`, 'float32'));
    rows = `${prefix}.float`;
  }
  const axes = shape?.length ?? 3;
  if (axes > 2) nodes.push(node('Flatten', [rows], `${prefix}.rows`));
  if (axes === 1) {
    constants.push(sizesTensor(`${prefix}.shape`, [0, 1]));
    nodes.push(node('Reshape', [rows, `${prefix}.shape`], `${prefix}.rows`));
  }
  if (axes !== 2) rows = `${prefix}.rows`;
  return { nodes, constants, rows };
}

/** Nodes that read "layers.<k - 1>", or `rows`, and write "layers.<k>". */
function layerPiece(network: Network, index: number, prefix: string, rows: string): OnnxPiece {
  const { width, activation, tensors } = chainOf('export it to ONNX', network.spec)[index] as MatrixLayer;
  const name = `${prefix}.${index}`;
  const weights = toDType(`weights of layer ${index}`, network.effectiveWeights(index), 'float32');
  const constants = [floatTensor(`${name}.weight`, [width, inputsOf(network.spec, index)], weights)];
  if ('bias' in tensors) {
    const bias = toDType(`bias of layer ${index}`, network.tensor(`layers.${index}.bias`), 'float32');
    constants.push(floatTensor(`${name}.bias`, [width], bias));
  }
  const operands = [
    index === 0 ? rows : `${prefix}.${index - 1}`,
    ...constants.map((tensor) => tensor.name ?? ''),
  ];
  const linear = activation === 'linear';
  const z = linear ? name : `${name}.z`;
  const gemm = node('Gemm', operands, z, [{ name: 'transB', type: attributeTypes.int, i: 1 }]);
  if (linear) return { nodes: [gemm], constants };
  const after = activationPiece(activation, z, name);
  return { nodes: [gemm, ...after.nodes], constants: [...constants, ...after.constants] };
}

/** From the outputs of the last layer to the output: the map, another kind of numbers, another shape, the name. */
function outputPiece(
  last: string,
  output: OutputMap,
  { name, shape, elementType }: OnnxTensorSignature,
  prefix: string,
): OnnxPiece {
  const steps: ((from: string, to: string) => OnnxNode)[] = [];
  const axis = { name: 'axis', type: attributeTypes.int, i: -1 };
  if (output !== 'linear')
    steps.push((from, to) => node(output === 'softmax' ? 'Softmax' : 'LogSoftmax', [from], to, [axis]));
  if (elementType !== 'float32') steps.push((from, to) => castNode(from, to, elementType));
  const constants: OnnxTensor[] = [];
  if (shape && shape.length !== 2) {
    constants.push(sizesTensor(`${prefix}.outputShape`, [0, ...(shape.slice(1) as number[])]));
    steps.push((from, to) => node('Reshape', [from, `${prefix}.outputShape`], to));
  }
  if (steps.length === 0) steps.push((from, to) => node('Identity', [from], to));
  const nodes = steps.map((step, i) =>
    step(
      i === 0 ? last : `${prefix}.output.${i - 1}`,
      i === steps.length - 1 ? name : `${prefix}.output.${i}`,
    ),
  );
  return { nodes, constants };
}

function castNode(from: string, to: string, type: OnnxTensorSignature['elementType']): OnnxNode {
  return node('Cast', [from], to, [{ name: 'to', type: attributeTypes.int, i: numberOf(type) }]);
}

function numberOf(type: OnnxTensorSignature['elementType']): number {
  return Number(Object.entries(floatTypes).find(([, name]) => name === type)?.[0] ?? elementTypes.float);
}

function declared({ name, shape, elementType }: OnnxTensorSignature): OnnxValue {
  if (shape === null) return { name, type: { tensorType: { elemType: numberOf(elementType) } } };
  const dim = shape.map((size) => {
    if (size === null) return {};
    return typeof size === 'number' ? { dimValue: size } : { dimParam: size };
  });
  return { name, type: { tensorType: { elemType: numberOf(elementType), shape: { dim } } } };
}
