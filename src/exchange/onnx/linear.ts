/** Products with stored matrices and additions of stored arrays, which become the layers. */
import type { FloatArray } from '../../native/addon.js';
import { allocate, dtypeOf } from '../../native/arrays.js';
import { transpose } from '../assemble.js';
import { corrupt } from './model.js';
import { floatAttribute, integerAttribute, nameOf, unsupportedNode } from './node.js';
import { of } from './rows.js';
import { elementTypeName } from './schema.js';
import { type Dimension, floatTypes, product, type Shape, shapeText } from './shapes.js';
import type { Step } from './step.js';
import type { Constant } from './tensor.js';

/** Y = alpha A' B' + beta C */
export function gemm(step: Step): Shape {
  const { graph, chain, node, shape } = step;
  const flag = (name: string) => integerAttribute(node, name, 0) !== 0;
  const matrix = matrixOf(step);
  if (flag('transA'))
    throw unsupportedNode(graph.path, node, 'transA = 0', 'transA = 1, by which samples are columns');
  if (shape && shape.length !== 2)
    throw unsupportedNode(
      graph.path,
      node,
      'one row per sample, of shape [samples, numbers],',
      `a tensor ${of(shape)}`,
    );
  const { data, rows, columns } = matrix;
  const [inputs, outputs] = flag('transB') ? [columns, rows] : [rows, columns];
  checkRows(step, shape ?? [null, null], inputs, matrix);
  const weights = flag('transB') ? data : transpose(data, rows, columns);
  const alpha = floatAttribute(node, 'alpha', 1);
  chain.addLayer(node, node.input[1] as string, scaled(weights, alpha), outputs);
  const result = [shape?.[0] ?? null, outputs];
  if (node.input[2]) {
    const bias = addend(step, node.input[2], result);
    chain.addBias(node, scaled(bias, floatAttribute(node, 'beta', 1)));
  }
  return result;
}

/** Of [samples, numbers], or with axes of size 1 between, which stay. */
export function matMul(step: Step): Shape {
  const { graph, chain, node, shape = [null, null] } = step;
  const matrix = matrixOf(step);
  const { data, rows, columns } = matrix;
  if (shape.length < 2)
    throw unsupportedNode(
      graph.path,
      node,
      'one row per sample, of shape [samples, numbers],',
      `a tensor ${of(shape)}`,
    );
  if (product(shape.slice(1, -1)) !== 1)
    throw unsupportedNode(
      graph.path,
      node,
      'one row per sample, of shape [samples, numbers],',
      `a tensor ${of(shape)}, whose samples have several rows each`,
    );
  checkRows(step, shape, rows, matrix);
  chain.addLayer(node, node.input[1] as string, transpose(data, rows, columns), columns);
  return [...shape.slice(0, -1), columns];
}

export function addition(step: Step): Shape {
  const { chain, node, current, shape } = step;
  chain.unfinished(node);
  const other = node.input[0] === current ? node.input[1] : node.input[0];
  chain.addBias(node, addend(step, other, shape as NonNullable<Shape>));
  return shape;
}

interface Matrix {
  readonly data: FloatArray;
  readonly rows: number;
  readonly columns: number;
}

/** The stored matrix by which a node multiplies a tensor of the chain. */
function matrixOf({ graph, node, current }: Step): Matrix {
  const expected = 'a stored matrix as its second input';
  const [first, second] = node.input;
  const refuse = (received: string) => unsupportedNode(graph.path, node, expected, received);
  if (first !== current) {
    const constant = graph.constant(first);
    if (second !== current) throw refuse(`${JSON.stringify(current)} as its third`);
    const what = `${JSON.stringify(first)} ${constant ? of(constant.shape) : ''}`.trim();
    throw refuse(
      constant
        ? `${what} as its first and what goes along the chain as its second, whose samples would be columns. Export a model that ` +
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

/** Checks that the rows of the chain's tensor are as long as the matrix requires. */
function checkRows(
  { graph, node, current }: Step,
  shape: readonly Dimension[],
  inputs: number,
  { rows, columns }: Matrix,
): void {
  const there = shape.at(-1);
  if (typeof there !== 'number' || there === inputs) return;
  throw corrupt(
    graph.path,
    `${nameOf(node)} multiplies ${JSON.stringify(current)} ${of(shape)}, which has ${there} numbers per row, by a matrix of shape ` +
      `[${rows}, ${columns}], which takes ${inputs}`,
  );
}

/**
 * Stored numbers that are added to a tensor, expanded to a sample by broadcasting: [numbers per sample].
 * @param shape of the tensor, known but for the samples
 */
function addend({ graph, node }: Step, tensor: string | undefined, shape: readonly Dimension[]): FloatArray {
  const refuse = (received: string) =>
    unsupportedNode(
      graph.path,
      node,
      `stored numbers to add, the same for each sample, to a tensor of shape ${shapeText(shape)}`,
      received,
    );
  const constant = graph.constant(tensor);
  if (constant === undefined) throw refuse(graph.origin(tensor));
  const data = floatsOf(constant, refuse);
  const missing = shape.length - constant.shape.length;
  const sizes = [...Array(Math.max(0, missing)).fill(1), ...constant.shape] as number[];
  const spreads =
    missing >= 0 && sizes.every((size, axis) => size === 1 || (axis > 0 && size === shape[axis]));
  if (!spreads) throw refuse(`shape ${shapeText(constant.shape)}`);
  return spread(data, sizes.slice(1), shape.slice(1) as number[]);
}

/** @param from sizes of `data`, each that of `to` or 1 */
function spread(data: FloatArray, from: readonly number[], to: readonly number[]): FloatArray {
  const result = allocate('a bias', dtypeOf(data), product(to) as number);
  for (let i = 0; i < result.length; ++i) {
    let [rest, place, stride] = [i, 0, 1];
    for (let axis = to.length - 1; axis >= 0; --axis) {
      const size = to[axis] as number;
      if (from[axis] !== 1) place += (rest % size) * stride;
      stride *= from[axis] as number;
      rest = Math.floor(rest / size);
    }
    result[i] = data[place] as number;
  }
  return result;
}

function floatsOf({ data, elementType }: Constant, refuse: (received: string) => Error): FloatArray {
  if (Object.hasOwn(floatTypes, elementType)) return data;
  throw refuse(`numbers of type ${elementTypeName(elementType)}`);
}

function scaled(numbers: FloatArray, factor: number): FloatArray {
  return factor === 1 ? numbers : (numbers.map((value) => value * factor) as FloatArray);
}
