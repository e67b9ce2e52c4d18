/** What each ONNX operator makes of the tensors that it reads: layers, or the same layer in another shape. */
import { EigenstudentError } from '../../../errors.js';
import { type Activation, defaultSlope } from '../../../network/layers.js';
import { eluAlpha } from '../activations.js';
import { axisOf } from '../axes.js';
import type { Value } from '../layers/file-network.js';
import { attribute, checkForm, floatAttribute, integerAttribute, nameOf, unsupportedNode } from '../node.js';
import { elementTypeName } from '../schema.js';
import { floatTypes, product, type Shape } from '../shapes.js';
import { addition, concat, division, multiplication, subtraction, sum } from './arithmetic.js';
import { convolution, transposedConvolution } from './convolution.js';
import { forms } from './forms.js';
import { gemm, matMul } from './linear.js';
import { flatten, reshape, squeeze, transpose, unsqueeze } from './moves.js';
import { batchNormalization } from './normalization.js';
import { pad } from './padding.js';
import { averagePool, globalPool, maxPool, reduceMean } from './pooling.js';
import { numbersOf, of, placed, resultOf, type Step } from './step.js';

/** @returns what the node gives @throws file_unsupported, file_corrupt */
type Operator = (step: Step) => Value;

/** A float32 of 0.01 is not the double. */
const attributeTolerance = 1e-7;

/** By the names of `forms`. */
const operators: Readonly<Record<keyof typeof forms, Operator>> = {
  Gemm: gemm,
  MatMul: matMul,
  Conv: convolution,
  ConvTranspose: transposedConvolution,
  BatchNormalization: batchNormalization,
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalAveragePool: (step) => globalPool(step, 'averagePool'),
  GlobalMaxPool: (step) => globalPool(step, 'maxPool'),
  ReduceMean: reduceMean,
  Pad: pad,
  Add: addition,
  Sum: sum,
  Sub: subtraction,
  Mul: multiplication,
  Div: division,
  Concat: concat,
  Relu: activation('relu'),
  Tanh: activation('tanh'),
  Sigmoid: activation('sigmoid'),
  Softplus: activation('softplus'),
  Erf: activation('erf'),
  Elu: elu,
  LeakyRelu: leakyRelu,
  Gelu: gelu,
  Clip: clip,
  Softmax: (step) => softmax(step, 'softmax'),
  LogSoftmax: (step) => softmax(step, 'logSoftmax'),
  Identity: (step) => resultOf(step, {}),
  Dropout: dropout,
  Cast: cast,
  Flatten: moving(flatten),
  Reshape: moving(reshape),
  Transpose: transpose,
  Squeeze: moving(squeeze),
  Unsqueeze: moving(unsqueeze),
};
export const operatorNames: readonly string[] = Object.keys(operators);

/** Operators that find what they read among their inputs; for others it is the first input only. */
const ofSeveralOperands = ['Gemm', 'MatMul', 'Add', 'Sum', 'Sub', 'Mul', 'Div', 'Concat'];
/** Operators that may follow softmax. */
const afterOutputMap = [
  'Identity',
  'Dropout',
  'Cast',
  'Flatten',
  'Reshape',
  'Transpose',
  'Squeeze',
  'Unsqueeze',
];

/** @throws file_unsupported, file_corrupt */
export function resultOfNode(step: Step): Value {
  const { graph, node, operands, value } = step;
  const name = node.opType as keyof typeof forms;
  checkForm(node, forms[name], graph.opset, graph.path);
  const { map } = operands.find((operand) => operand && operand.map !== 'linear') ?? value;
  if (map !== 'linear' && !afterOutputMap.includes(name))
    throw new EigenstudentError(
      'file_unsupported',
      `expected at most one softmax, at the end of the network, in ${graph.path}, received ${nameOf(node)} after ${map}, which ` +
        'only ends a network',
    );
  const place = operands.findLastIndex((operand) => operand !== undefined);
  if (place === 0 || ofSeveralOperands.includes(name)) return operators[name](step);
  const received = `${JSON.stringify(node.input[place])}, which the graph computes, as input ${place}, counted from 0`;
  throw unsupportedNode(graph.path, node, 'what the graph computes as its first input only', received);
}

function activation(name: Activation): Operator {
  return (step) => activated(step, name);
}

function activated(step: Step, name: Activation, slope?: number): Value {
  const layer = numbersOf(step, step.value);
  const from = step.network.add({
    kind: 'activation',
    ...placed(step, layer.shape, layer),
    activation: name,
    ...(slope !== undefined && { slope }),
  });
  return resultOf(step, { from });
}

function moving(move: (graph: Step['graph'], node: Step['node'], shape: Shape) => Shape): Operator {
  return (step) => resultOf(step, { shape: move(step.graph, step.node, step.value.shape) });
}

function elu(step: Step): Value {
  const { graph, node } = step;
  const alpha = floatAttribute(node, 'alpha', 1);
  if (Math.abs(alpha - eluAlpha) <= attributeTolerance) return activated(step, 'elu');
  throw unsupportedNode(graph.path, node, `alpha = ${eluAlpha}, that of activation elu`, `alpha = ${alpha}`);
}

function leakyRelu(step: Step): Value {
  const { graph, node } = step;
  const alpha = floatAttribute(node, 'alpha', 0.01);
  if (Math.abs(alpha - defaultSlope) <= attributeTolerance) return activated(step, 'leakyRelu');
  if (alpha >= 0 && Number.isFinite(alpha)) return activated(step, 'leakyRelu', alpha);
  const wanted = 'an alpha of at least 0, the slope of activation leakyRelu';
  throw unsupportedNode(graph.path, node, wanted, `alpha = ${alpha}`);
}

function gelu(step: Step): Value {
  const { graph, node } = step;
  const approximate = Buffer.from(attribute(node, 'approximate')?.s ?? []).toString() || 'none';
  if (approximate === 'none') return activated(step, 'gelu');
  throw unsupportedNode(graph.path, node, 'the exact GELU', `approximate = ${JSON.stringify(approximate)}`);
}

/** max(z, 0), as torch.clamp(z, min=0) is written: bounds are inputs since opset 11, attributes before. */
function clip(step: Step): Value {
  const { graph, node } = step;
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
  return activated(step, 'relu');
}

/**
 * Over all outputs of a sample. Before opset 13 the axes from `axis` on count as one (default 1); since then `axis` is the only one
 * (default -1).
 */
function softmax(step: Step, map: 'softmax' | 'logSoftmax'): Value {
  const { graph, node, value } = step;
  if (value.shape === undefined) numbersOf(step, value); // which refuses a shape that is not declared
  const sizes = value.shape ?? [];
  const before13 = graph.opset < 13;
  const given = integerAttribute(node, 'axis', before13 ? 1 : -1);
  const axis = axisOf(node, given, sizes.length, graph.path);
  const apart = sizes.filter((_, i) => i > 0 && (before13 ? i < axis : i !== axis));
  if (axis > 0 && product(apart) === 1) return resultOf(step, { map });
  throw unsupportedNode(
    graph.path,
    node,
    'the axis of the outputs of a sample',
    `axis ${given} of opset ${graph.opset} for a tensor ${of(sizes)}`,
  );
}

/** Has no effect at inference. */
function dropout(step: Step): Value {
  const { graph, node } = step;
  const [, , training] = node.input;
  if (!training || graph.constant(training)?.data[0] === 0) return resultOf(step, {});
  throw unsupportedNode(graph.path, node, 'training_mode false', 'another one, by which outputs are random');
}

function cast(step: Step): Value {
  const { graph, node } = step;
  const to = integerAttribute(node, 'to', 0);
  const elementType = floatTypes[to as keyof typeof floatTypes];
  if (elementType !== undefined) return resultOf(step, { elementType });
  throw unsupportedNode(graph.path, node, 'a cast to floats', `one to ${elementTypeName(to)}`);
}
