import { knownKeys, oneOf } from '../../arguments.js';
import { toDType } from '../../network/arrays.js';
import { writeAtomically } from '../../network/atomic-write.js';
import type { Layer } from '../../network/layers.js';
import { checkNetwork, type Network } from '../../network/network.js';
import { inputsOf, outputsOf } from '../../network/spec.js';
import type { OutputMap } from '../assemble.js';
import { outputMaps } from '../description.js';
import { activationPiece, node, type OnnxPiece } from './activations.js';
import { attributeTypes, elementTypes, modelMessage, type OnnxValue } from './schema.js';
import { floatTensor } from './tensor.js';

/** Every operator that is written is in it, and runtimes since 2021 have it. */
const opset = 13;
/** The version of the file format that came with it. */
const irVersion = 7;

export interface OnnxExportOptions {
  /**
   * What follows the last layer. Default 'linear': the answers of predict(). A classifier that was loaded with 'softmax'
   * wants it back.
   */
  readonly output?: OutputMap;
}

/**
 * Writes a network as an ONNX file, in float32: input "input" [batch, inputs], output "output" [batch, outputs], opset 13.
 * Spectral layers become the matrices that they apply. Runtimes give the answers of predict() to about 1e-5 of their size.
 * @throws invalid_argument where a number is too large for float32; file_unwritable
 */
export async function exportOnnx(
  network: Network,
  path: string,
  options: OnnxExportOptions = {},
): Promise<void> {
  checkNetwork('the first argument of exportOnnx', network);
  knownKeys('exportOnnx', options, ['output']);
  const output = oneOf('output of exportOnnx', options.output ?? 'linear', outputMaps);
  await writeAtomically(path, encodeOnnx(network, output));
}

function encodeOnnx(network: Network, output: OutputMap): Buffer {
  const { spec } = network;
  const pieces = spec.layers.map((_, layer) => layerPiece(network, layer));
  const last = `layers.${spec.layers.length - 1}`;
  const model = {
    irVersion,
    producerName: 'eigenstudent',
    opsetImport: [{ domain: '', version: opset }],
    graph: {
      name: 'network',
      node: [...pieces.flatMap(({ nodes }) => nodes), outputNode(last, output)],
      initializer: pieces.flatMap(({ constants }) => constants),
      input: [batchOf('input', spec.inputs)],
      output: [batchOf('output', outputsOf(spec))],
    },
  };
  return Buffer.from(modelMessage.encode(modelMessage.fromObject(model)).finish());
}

/** Takes "layers.<k - 1>", or "input", and gives "layers.<k>". */
function layerPiece(network: Network, index: number): OnnxPiece {
  const { width, activation, tensors } = network.spec.layers[index] as Layer;
  const name = `layers.${index}`;
  const weights = toDType(`weights of layer ${index}`, network.effectiveWeights(index), 'float32');
  const constants = [floatTensor(`${name}.weight`, [width, inputsOf(network.spec, index)], weights)];
  if ('bias' in tensors) {
    const bias = toDType(`bias of layer ${index}`, network.tensor(`${name}.bias`), 'float32');
    constants.push(floatTensor(`${name}.bias`, [width], bias));
  }
  const operands = [
    index === 0 ? 'input' : `layers.${index - 1}`,
    ...constants.map((tensor) => tensor.name ?? ''),
  ];
  const linear = activation === 'linear';
  const z = linear ? name : `${name}.z`;
  const gemm = node('Gemm', operands, z, [{ name: 'transB', type: attributeTypes.int, i: 1 }]);
  if (linear) return { nodes: [gemm], constants };
  const after = activationPiece(activation, z, name);
  return { nodes: [gemm, ...after.nodes], constants: [...constants, ...after.constants] };
}

function outputNode(last: string, output: OutputMap) {
  if (output === 'linear') return node('Identity', [last], 'output');
  const axis = { name: 'axis', type: attributeTypes.int, i: -1 };
  return node(output === 'softmax' ? 'Softmax' : 'LogSoftmax', [last], 'output', [axis]);
}

function batchOf(name: string, numbers: number): OnnxValue {
  const shape = { dim: [{ dimParam: 'batch' }, { dimValue: numbers }] };
  return { name, type: { tensorType: { elemType: elementTypes.float, shape } } };
}
