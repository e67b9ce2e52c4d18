import { invalid, knownKeys, oneOf } from '../../arguments.js';
import { writeAtomically } from '../../files/atomic-write.js';
import { checkNetwork, type Network } from '../../network/network.js';
import type { OutputMap } from '../assemble.js';
import { outputMaps } from '../description.js';
import { node, type OnnxPiece } from './activations.js';
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
import { sizesTensor } from './tensor.js';
import { layerPiece, outputShapeOf, readsOf } from './write-layers.js';

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
   * file, so that programs that ran that file can run this one. Default: float32, "input" [batch, inputs] or
   * [batch, channels, height, width], "output" [batch, outputs].
   */
  readonly signature?: OnnxSignature;
  /** Default: that of `signature`, or "input". */
  readonly inputName?: string;
  /** Default: that of `signature`, or "output". */
  readonly outputName?: string;
}

/**
 * Writes a network as an ONNX file of opset 13 that computes in float32. Inputs and outputs of other shapes than
 * those of the network are reshaped in the file, images with the channels last transposed. Spectral layers
 * become the weights that they apply, batch norm uses its running statistics. Runtimes reproduce the outputs
 * of predict() to a relative error of about 1e-5.
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
  const inputs = inputShapeOf(network);
  const outputs = outputShapeOf(network, network.spec.layers.length - 1);
  if (signature !== undefined) checkSignature(signature, inputs, outputs);
  const usual = (name: string, sizes: readonly number[]): OnnxTensorSignature => {
    return { name, shape: ['batch', ...sizes], elementType: 'float32' };
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
  const last = network.spec.layers.length - 1;
  const prefix = prefixFor(signature);
  const before = inputPiece(signature.input, inputShapeOf(network), prefix);
  const tensor = (read: number) => (read === 0 ? before.tensor : `${prefix}.${read - 1}`);
  const pieces = [
    before,
    ...network.spec.layers.map((_, index) =>
      layerPiece({ network, index, name: `${prefix}.${index}`, reads: readsOf(network, index).map(tensor) }),
    ),
    outputPiece(`${prefix}.${last}`, outputShapeOf(network, last), output, signature.output, prefix),
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

/** Of a sample: [features], or [channels, height, width]. */
function inputShapeOf({ spec }: Network): readonly number[] {
  return spec.inputShape ?? [spec.inputs];
}

/** From the input to `tensor`, float32 [batch, ...sample]. */
function inputPiece(
  { name, shape, elementType, layout }: OnnxTensorSignature,
  sample: readonly number[],
  prefix: string,
): OnnxPiece & { tensor: string } {
  const nodes: OnnxNode[] = [];
  const constants: OnnxTensor[] = [];
  let tensor = name;
  if (elementType !== 'float32') {
    nodes.push(castNode(tensor, `${prefix}.float`, 'float32'));
    tensor = `${prefix}.float`;
  }
  const isSame = sample.length === 1 ? shape?.length === 2 : shape?.slice(1).join() === sample.join();
  if (layout === 'channelsLast') {
    const order = { name: 'perm', type: attributeTypes.ints, ints: [0, 3, 1, 2] };
    nodes.push(node('Transpose', [tensor], `${prefix}.channelsFirst`, [order]));
    tensor = `${prefix}.channelsFirst`;
    if (sample.length > 1) return { nodes, constants, tensor };
  }
  if (isSame) return { nodes, constants, tensor };
  if (sample.length === 1 && shape?.length !== 1) nodes.push(node('Flatten', [tensor], `${prefix}.rows`));
  else {
    constants.push(sizesTensor(`${prefix}.shape`, [0, ...(sample.length === 1 ? [1] : sample)]));
    nodes.push(node('Reshape', [tensor, `${prefix}.shape`], `${prefix}.rows`));
  }
  return { nodes, constants, tensor: `${prefix}.rows` };
}

/**
 * From the outputs of the last layer to the output: the map over all outputs of a sample, another kind of numbers, another
 * shape, the name.
 * @param sample shape of these outputs
 */
function outputPiece(
  last: string,
  sample: readonly number[],
  output: OutputMap,
  { name, shape, elementType }: OnnxTensorSignature,
  prefix: string,
): OnnxPiece {
  const steps: ((from: string, to: string) => OnnxNode)[] = [];
  const axis = { name: 'axis', type: attributeTypes.int, i: -1 };
  const isFlattened = output !== 'linear' && sample.length > 1;
  if (isFlattened) steps.push((from, to) => node('Flatten', [from], to));
  if (output !== 'linear')
    steps.push((from, to) => node(output === 'softmax' ? 'Softmax' : 'LogSoftmax', [from], to, [axis]));
  if (elementType !== 'float32') steps.push((from, to) => castNode(from, to, elementType));
  const constants: OnnxTensor[] = [];
  if (shape && (isFlattened || shape.slice(1).join() !== sample.join())) {
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
