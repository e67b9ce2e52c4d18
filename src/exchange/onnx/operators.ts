/** The effect of each ONNX operator on the chain of layers, and on the shape of the chain's tensor. */
import { type Activation, defaultSlope } from '../../network/layers.js';
import { eluAlpha } from './activations.js';
import { axisOf } from './axes.js';
import { foldingForms } from './folding.js';
import type { ChainGraph } from './graph.js';
import { addition, gemm, matMul } from './linear.js';
import {
  attribute,
  checkForm,
  floatAttribute,
  integerAttribute,
  type OperatorForm,
  unsupportedNode,
} from './node.js';
import { flatten, of, reshape, squeeze, transpose, unsqueeze } from './rows.js';
import { elementTypeName, type OnnxNode } from './schema.js';
import { floatTypes, product, type Shape } from './shapes.js';
import type { Step } from './step.js';

interface Operator {
  readonly form: OperatorForm;
  /** @returns the shape of the node's output @throws file_unsupported, file_corrupt */
  readonly take: (step: Step) => Shape;
}

/** A float32 of 0.01 is not the double. */
const attributeTolerance = 1e-7;

const unary: OperatorForm = { inputs: [1, 1] };
const withAlpha: OperatorForm = { inputs: [1, 1], attributes: { alpha: 'float' } };
const withAxis: OperatorForm = { inputs: [1, 1], attributes: { axis: 'int' } };

export const operators: Readonly<Record<string, Operator>> = {
  Gemm: {
    form: {
      inputs: [2, 3],
      attributes: { alpha: 'float', beta: 'float', transA: 'int', transB: 'int' },
      before: {
        opset: 11,
        form: { inputs: [3, 3], attributes: { alpha: 'float', beta: 'float', transA: 'int', transB: 'int' } },
      },
    },
    take: gemm,
  },
  MatMul: { form: { inputs: [2, 2] }, take: matMul },
  Add: { form: { inputs: [2, 2] }, take: addition },
  Relu: activation('relu'),
  Tanh: activation('tanh'),
  Sigmoid: activation('sigmoid'),
  Softplus: activation('softplus'),
  Erf: activation('erf', { ...unary, since: 9 }),
  Elu: { form: withAlpha, take: (step) => alphaIs(step, 'elu', eluAlpha, 1) },
  LeakyRelu: { form: withAlpha, take: (step) => alphaIs(step, 'leakyRelu', defaultSlope, 0.01) },
  Gelu: { form: { inputs: [1, 1], attributes: { approximate: 'string' }, since: 20 }, take: gelu },
  Clip: {
    form: {
      inputs: [1, 3],
      before: { opset: 11, form: { inputs: [1, 1], attributes: { min: 'float', max: 'float' } } },
    },
    take: clip,
  },
  Mul: { form: { inputs: [2, 2] }, take: square },
  Softmax: { form: withAxis, take: (step) => softmax(step, 'softmax') },
  LogSoftmax: { form: withAxis, take: (step) => softmax(step, 'logSoftmax') },
  Identity: { form: unary, take: ({ shape }) => shape },
  Dropout: {
    form: {
      inputs: [1, 3],
      outputs: 2,
      attributes: { seed: 'int' },
      before: { opset: 12, form: { inputs: [1, 1], outputs: 2, attributes: { ratio: 'float' } } },
    },
    take: dropout,
  },
  Cast: { form: foldingForms.Cast as OperatorForm, take: cast },
  Flatten: { form: withAxis, take: ({ graph, node, shape }) => flatten(graph, node, shape) },
  Reshape: moving('Reshape', reshape),
  Transpose: moving('Transpose', transpose),
  Squeeze: moving('Squeeze', squeeze),
  Unsqueeze: moving('Unsqueeze', unsqueeze),
};

function activation(name: Activation, form = unary): Operator {
  return {
    form,
    take: ({ chain, node, shape }) => {
      chain.activate(node, name);
      return shape;
    },
  };
}

function moving(opType: string, take: (graph: ChainGraph, node: OnnxNode, shape: Shape) => Shape): Operator {
  const form = foldingForms[opType] as OperatorForm;
  return { form, take: ({ graph, node, shape }) => take(graph, node, shape) };
}

function alphaIs(
  { graph, chain, node, shape }: Step,
  name: Activation,
  wanted: number,
  usual: number,
): Shape {
  const alpha = floatAttribute(node, 'alpha', usual);
  if (Math.abs(alpha - wanted) > attributeTolerance)
    throw unsupportedNode(
      graph.path,
      node,
      `alpha = ${wanted}, that of activation ${name}`,
      `alpha = ${alpha}`,
    );
  chain.activate(node, name);
  return shape;
}

function gelu({ graph, chain, node, shape }: Step): Shape {
  const approximate = Buffer.from(attribute(node, 'approximate')?.s ?? []).toString() || 'none';
  if (approximate !== 'none')
    throw unsupportedNode(graph.path, node, 'the exact GELU', `approximate = ${JSON.stringify(approximate)}`);
  chain.activate(node, 'gelu');
  return shape;
}

/** max(z, 0), as torch.clamp(z, min=0) is written: bounds are inputs since opset 11, attributes before. */
function clip({ graph, chain, node, shape }: Step): Shape {
  const bound = (name: 'min' | 'max', place: number, none: number) => {
    if (graph.opset < 11) return floatAttribute(node, name, none);
    if (!node.input[place]) return none;
    const constant = graph.constant(node.input[place]);
    if (constant?.data.length === 1) return constant.data[0] as number;
    throw unsupportedNode(
      graph.path,
      node,
      `a stored number as its ${name}`,
      graph.origin(node.input[place]),
    );
  };
  const [min, max] = [bound('min', 1, -Infinity), bound('max', 2, Infinity)];
  // in opset 6 the largest float32 means no bound
  if (min !== 0 || max < 3.4e38)
    throw unsupportedNode(
      graph.path,
      node,
      'min = 0 and no max, which is activation relu',
      `min = ${min} and max = ${max}`,
    );
  chain.activate(node, 'relu');
  return shape;
}

function square({ graph, chain, node, current, shape }: Step): Shape {
  if (node.input[0] === current && node.input[1] === current) {
    chain.activate(node, 'quadratic');
    return shape;
  }
  const other = node.input[0] === current ? node.input[1] : node.input[0];
  const constant = graph.constant(other);
  const received = constant
    ? `a product with stored numbers (${JSON.stringify(other)}, ${of(constant.shape)}), which are not folded into the layers`
    : `a product with ${graph.origin(other)}`;
  throw unsupportedNode(graph.path, node, 'a tensor times itself (activation quadratic)', received);
}

/**
 * Over all outputs of a sample. Before opset 13 the axes from `axis` on count as one (default 1); since then `axis` is the only one
 * (default -1).
 */
function softmax({ graph, chain, node, shape }: Step, output: 'softmax' | 'logSoftmax'): Shape {
  chain.end(node, output);
  const sizes = shape as NonNullable<Shape>; // known after a layer
  const before13 = graph.opset < 13;
  const given = integerAttribute(node, 'axis', before13 ? 1 : -1);
  const axis = axisOf(node, given, sizes.length, graph.path);
  const apart = sizes.filter((_, i) => i > 0 && (before13 ? i < axis : i !== axis));
  if (axis > 0 && product(apart) === 1) return shape;
  throw unsupportedNode(
    graph.path,
    node,
    'the axis of the outputs of a sample',
    `axis ${given} of opset ${graph.opset} for a tensor ${of(shape)}`,
  );
}

/** Has no effect at inference. */
function dropout({ graph, node, shape }: Step): Shape {
  const [, , training] = node.input;
  if (!training || graph.constant(training)?.data[0] === 0) return shape;
  throw unsupportedNode(graph.path, node, 'training_mode false', 'another one, by which outputs are random');
}

function cast({ graph, node, shape }: Step): Shape {
  const to = integerAttribute(node, 'to', 0);
  if (Object.hasOwn(floatTypes, to)) return shape;
  throw unsupportedNode(graph.path, node, 'a cast to floats', `one to ${elementTypeName(to)}`);
}

/** Operators that choose the chain's operand themselves; for other operators it is the first. */
const ofTwoOperands = ['Gemm', 'MatMul', 'Add', 'Mul'];

/** Applies a node to the chain. @returns the shape of its output @throws file_unsupported, file_corrupt */
export function takeUp(step: Step): Shape {
  const { graph, node, current } = step;
  const { form, take } = operators[node.opType] as Operator;
  checkForm(node, form, graph.opset, graph.path);
  const place = node.input.lastIndexOf(current);
  if (place === 0 || ofTwoOperands.includes(node.opType)) return take(step);
  const received = `${JSON.stringify(current)} as input ${place}, counted from 0`;
  throw unsupportedNode(graph.path, node, 'what goes along the chain as its first input only', received);
}
