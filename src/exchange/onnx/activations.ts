/** Activations as ONNX nodes, with operators of opset 13; other activations are composed of several. */
import { type Activation, defaultSlope } from '../../network/layers.js';
import { attributeTypes, type OnnxAttribute, type OnnxNode, type OnnxTensor } from './schema.js';
import { floatTensor } from './tensor.js';

/** Alpha of elu (native/core/activations.h). */
export const eluAlpha = 1;

export interface OnnxPiece {
  readonly nodes: readonly OnnxNode[];
  readonly constants: readonly OnnxTensor[];
}

export interface WrittenActivation {
  readonly activation: Exclude<Activation, 'linear'>;
  /** Of leakyRelu. Default 0.01. */
  readonly slope?: number | undefined;
}

/** y = f(z). @param z, y names of tensors; names of others begin with that of y */
export function activationPiece(
  { activation, slope = defaultSlope }: WrittenActivation,
  z: string,
  y: string,
): OnnxPiece {
  const one = (opType: string, attribute: readonly OnnxAttribute[] = []): OnnxPiece => ({
    nodes: [node(opType, [z], y, attribute)],
    constants: [],
  });
  switch (activation) {
    case 'relu':
      return one('Relu');
    case 'leakyRelu':
      return one('LeakyRelu', [alpha(slope)]);
    case 'elu':
      return one('Elu', [alpha(eluAlpha)]);
    case 'tanh':
      return one('Tanh');
    case 'sigmoid':
      return one('Sigmoid');
    case 'softplus':
      return one('Softplus');
    case 'erf':
      return one('Erf');
    case 'quadratic':
      return { nodes: [node('Mul', [z, z], y)], constants: [] };
    case 'gelu':
      return gelu(z, y);
    case 'scaledErf':
      return scaledErf(z, y);
  }
}

/** z * 0.5 * (1 + erf(z / sqrt(2))): the operator Gelu came with opset 20, which few runtimes have. */
function gelu(z: string, y: string): OnnxPiece {
  const [scaled, erf, sum, product] = ['scaled', 'erf', 'sum', 'product'].map((part) => `${y}.${part}`) as [
    string,
    string,
    string,
    string,
  ];
  const constants = { root: Math.SQRT2, one: 1, half: 0.5 };
  return {
    nodes: [
      node('Div', [z, `${y}.root`], scaled),
      node('Erf', [scaled], erf),
      node('Add', [erf, `${y}.one`], sum),
      node('Mul', [z, sum], product),
      node('Mul', [product, `${y}.half`], y),
    ],
    constants: Object.entries(constants).map(([name, value]) => floatTensor(`${y}.${name}`, [], [value])),
  };
}

/** erf(z / sqrt(2)) */
function scaledErf(z: string, y: string): OnnxPiece {
  return {
    nodes: [node('Div', [z, `${y}.root`], `${y}.scaled`), node('Erf', [`${y}.scaled`], y)],
    constants: [floatTensor(`${y}.root`, [], [Math.SQRT2])],
  };
}

function alpha(value: number): OnnxAttribute {
  return { name: 'alpha', type: attributeTypes.float, f: value };
}

/** A node of one output, named after it. */
export function node(
  opType: string,
  input: readonly string[],
  output: string,
  attribute: readonly OnnxAttribute[] = [],
): OnnxNode {
  return { opType, name: `${opType}.${output}`, input, output: [output], attribute };
}
