/** ONNX models of a few nodes, as bytes. */
import {
  attributeTypes,
  elementTypes,
  modelMessage,
  type OnnxAttribute,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValue,
} from '../../../src/exchange/onnx/schema.js';
import { sizesTensor } from '../../../src/exchange/onnx/tensor.js';

export type Sizes = readonly (number | string | null)[];

export interface Model {
  readonly nodes: readonly OnnxNode[];
  readonly tensors?: readonly OnnxTensor[];
  readonly inputs?: readonly OnnxValue[];
  readonly outputs?: readonly OnnxValue[];
  readonly values?: readonly OnnxValue[];
  /** Default 13. */
  readonly opset?: number;
  readonly imports?: readonly { domain?: string; version: number }[];
  readonly functions?: readonly { domain?: string; name: string }[];
}

/** The input is "x", the output "y", neither of a declared shape, unless others are given. */
export function modelBytes(model: Model): Uint8Array {
  const { nodes, tensors = [], inputs = [value('x')], outputs = [value('y')], values = [] } = model;
  const { opset = 13, imports = [{ domain: '', version: opset }], functions = [] } = model;
  const graph = {
    name: 'g',
    node: nodes,
    initializer: tensors,
    input: inputs,
    output: outputs,
    valueInfo: values,
  };
  return modelMessage
    .encode(modelMessage.fromObject({ irVersion: 8, opsetImport: imports, graph, functions }))
    .finish();
}

/** @param shape undefined: none is declared */
export function value(name: string, shape?: Sizes, elemType: number = elementTypes.float): OnnxValue {
  if (shape === undefined) return { name, type: { tensorType: { elemType } } };
  const dim = shape.map((size) => {
    if (size === null) return {};
    return typeof size === 'number' ? { dimValue: size } : { dimParam: size };
  });
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

/** By name. */
export type Attributes = Readonly<Record<string, number | readonly number[] | string | OnnxTensor>>;

export function node(
  opType: string,
  input: readonly string[],
  output: string,
  attributes: Attributes = {},
): OnnxNode {
  const attribute = Object.entries(attributes).map(([name, one]) => attributeOf(name, one));
  return { opType, name: '', input, output: [output], attribute };
}

/** Numbers of these names are floats, others integers. */
const floats = ['alpha', 'beta', 'ratio', 'min', 'max', 'gamma', 'epsilon', 'momentum', 'value'];

function attributeOf(name: string, one: number | readonly number[] | string | OnnxTensor): OnnxAttribute {
  if (typeof one === 'string') return { name, type: attributeTypes.string, s: Buffer.from(one) };
  if (Array.isArray(one)) return { name, type: attributeTypes.ints, ints: one };
  if (typeof one === 'number' && floats.includes(name)) return { name, type: attributeTypes.float, f: one };
  if (typeof one === 'number') return { name, type: attributeTypes.int, i: one };
  return { name, type: attributeTypes.tensor, t: one as OnnxTensor };
}

/** Sizes or axes that are stored. */
export const sizes = (name: string, ...numbers: number[]): OnnxTensor =>
  sizesTensor(name, numbers.map(Math.floor));
