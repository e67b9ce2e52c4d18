/** Products with stored matrices, which become dense layers. */
import type { FloatArray } from '../../../native/addon.js';
import { allocate, dtypeOf } from '../../../native/arrays.js';
import { transpose } from '../../assemble.js';
import type { FileLayer } from '../layers/file-layers.js';
import type { Value } from '../layers/file-network.js';
import { corrupt } from '../model.js';
import { floatAttribute, integerAttribute, nameOf, unsupportedNode } from '../node.js';
import { type Dimension, product, shapeText } from '../shapes.js';
import { of, placed, resultOf, type Step } from './step.js';
import { floatsOf, perSample } from './stored-numbers.js';

/** Y = alpha A' B' + beta C */
export function gemm(step: Step): Value {
  const { graph, node, value } = step;
  const { shape } = value;
  const flag = (name: string) => integerAttribute(node, name, 0) !== 0;
  const matrix = matrixOf(step);
  if (flag('transA'))
    throw unsupportedNode(graph.path, node, 'transA = 0', 'transA = 1, by which samples are columns');
  if (shape && shape.length !== 2) throw severalRows(step, `a tensor ${of(shape)}`);
  const { data, rows, columns } = matrix;
  const [inputs, outputs] = flag('transB') ? [columns, rows] : [rows, columns];
  checkRows(step, shape ?? [null, null], inputs, matrix);
  const weights = flag('transB') ? data : transpose(data, rows, columns);
  const result = [shape?.[0] ?? null, outputs];
  const bias = node.input[2]
    ? scaled(perSample(step, node.input[2], result, 'to add'), floatAttribute(node, 'beta', 1))
    : undefined;
  return layerOf(step, scaled(weights, floatAttribute(node, 'alpha', 1)), outputs, bias, result);
}

/** Of [samples, numbers], or with axes of size 1 between, which stay. */
export function matMul(step: Step): Value {
  const { shape = [null, null] } = step.value;
  const matrix = matrixOf(step);
  const { data, rows, columns } = matrix;
  if (shape.length < 2) throw severalRows(step, `a tensor ${of(shape)}`);
  if (product(shape.slice(1, -1)) !== 1)
    throw severalRows(step, `a tensor ${of(shape)}, whose samples have several rows each`);
  checkRows(step, shape, rows, matrix);
  const result = [...shape.slice(0, -1), columns];
  return layerOf(step, transpose(data, rows, columns), columns, undefined, result);
}

/** @param weights [outputs][inputs], inputs in the order of the file */
function layerOf(
  step: Step,
  weights: FloatArray,
  outputs: number,
  bias: FloatArray | undefined,
  shape: readonly Dimension[],
): Value {
  const { network, value } = step;
  const features = network.features(value, weights.length / outputs) as FileLayer;
  const from = network.add({
    kind: 'matrix',
    ...placed(step, [outputs], features),
    weights: value.channelsLast ? channelsFirst(weights, value.channelsLast) : weights,
    bias,
    activation: 'linear',
  });
  return resultOf(step, { from, shape, channelsLast: undefined });
}

/** Columns in the order rows, columns, channels of an image, in the order channels, rows, columns. */
function channelsFirst(weights: FloatArray, [channels = 1, ...extents]: readonly number[]): FloatArray {
  const area = extents.reduce((result, extent) => result * extent, 1);
  const inputs = channels * area;
  const result = allocate('a matrix', dtypeOf(weights), weights.length);
  for (let to = 0; to < weights.length; ++to) {
    const column = to % inputs;
    const from = (column % area) * channels + Math.floor(column / area);
    result[to] = weights[to - column + from] as number;
  }
  return result;
}

interface Matrix {
  readonly data: FloatArray;
  readonly rows: number;
  readonly columns: number;
}

/** The stored matrix by which a node multiplies a computed tensor. */
function matrixOf({ graph, node, operands }: Step): Matrix {
  const expected = 'a stored matrix as its second input';
  const [first, second] = node.input;
  const refuse = (received: string) => unsupportedNode(graph.path, node, expected, received);
  if (operands[0] === undefined) {
    const constant = graph.constant(first);
    if (operands[1] === undefined) throw refuse(`${JSON.stringify(node.input[2])} as its third`);
    const what = `${JSON.stringify(first)} ${constant ? of(constant.shape) : ''}`.trim();
    throw refuse(
      constant
        ? `${what} as its first and what the graph computes as its second, whose samples would be columns. Export a model that ` +
            'takes one row per sample'
        : `a product with ${graph.origin(first)}`,
    );
  }
  const constant = graph.constant(second);
  if (constant === undefined) throw refuse(graph.origin(second));
  const [rows, columns] = constant.shape;
  if (constant.shape.length !== 2 || !rows || !columns) throw refuse(`shape ${shapeText(constant.shape)}`);
  return { data: floatsOf(constant, refuse), rows, columns };
}

/** Checks that the rows of the computed tensor are as long as the matrix requires. */
function checkRows(
  { graph, node, value }: Step,
  shape: readonly Dimension[],
  inputs: number,
  { rows, columns }: Matrix,
): void {
  const there = shape.at(-1);
  if (typeof there !== 'number' || there === inputs) return;
  throw corrupt(
    graph.path,
    `${nameOf(node)} multiplies ${JSON.stringify(value.tensor)} ${of(shape)}, which has ${there} numbers per row, by a matrix of ` +
      `shape [${rows}, ${columns}], which takes ${inputs}`,
  );
}

function severalRows({ graph, node }: Step, received: string): Error {
  return unsupportedNode(graph.path, node, 'one row per sample, of shape [samples, numbers],', received);
}

function scaled(numbers: FloatArray, factor: number): FloatArray {
  return factor === 1 ? numbers : (numbers.map((value) => value * factor) as FloatArray);
}
