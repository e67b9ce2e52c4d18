/**
 * Constant folding: results of nodes whose inputs are all stored arrays, computed exactly while the file is
 * read.
 */
import { allocate, dtypeOf } from '../../native/arrays.js';
import { axesOf, axisOf, type Place, permutation, withAxes, withoutAxes } from './axes.js';
import { corrupt } from './model.js';
import { attribute, integerAttribute, nameOf, type OperatorForm, unsupportedNode } from './node.js';
import { elementTypeName, elementTypes, type OnnxNode } from './schema.js';
import { product } from './shapes.js';
import { type Constant, constantOf } from './tensor.js';

type Fold = (inputs: readonly (Constant | undefined)[], node: OnnxNode, place: Place) => Constant;

/** The first input as it is, in another shape, or with its axes in another order. */
export const foldings: Readonly<Record<string, Fold>> = {
  Constant: (_, node, { path }) => ofConstantNode(node, path),
  Identity: ([source]) => source as Constant,
  Cast: ([source], node, { path }) => cast(source as Constant, node, path),
  Transpose: ([source], node, { path }) => transposed(source as Constant, node, path),
  Reshape: ([source, shape], node, { path }) => reshaped(source as Constant, shape as Constant, node, path),
  Flatten: ([source], node, { path }) => flattened(source as Constant, node, path),
  Squeeze: ([source, axes], node, place) => squeezed(source as Constant, axes, node, place),
  Unsqueeze: ([source, axes], node, place) => unsqueezed(source as Constant, axes, node, place),
};

function ofConstantNode(node: OnnxNode, path: string): Constant {
  const [first] = node.attribute;
  const { t, f, i, floats = [], ints = [] } = first ?? {};
  const where = `${nameOf(node)} of ${path}`;
  const ofFloats = (shape: number[], values: readonly number[]) => {
    return { shape, data: Float32Array.from(values), elementType: elementTypes.float };
  };
  const ofIntegers = (shape: number[], values: readonly number[]) => {
    return { shape, data: Float64Array.from(values), elementType: elementTypes.int64 };
  };
  switch (first?.name) {
    case 'value':
      if (t) return constantOf(t, where);
      break;
    case 'value_float':
      return ofFloats([], [f ?? 0]);
    case 'value_floats':
      return ofFloats([floats.length], floats);
    case 'value_int':
      return ofIntegers([], [i ?? 0]);
    case 'value_ints':
      return ofIntegers([ints.length], ints);
  }
  throw unsupportedNode(path, node, 'stored numbers', first ? `attribute ${first.name}` : 'no attribute');
}

/** To a kind that holds every number of the source, or from float64 to float32. */
function cast(source: Constant, node: OnnxNode, path: string): Constant {
  const to = integerAttribute(node, 'to', 0);
  const isInteger = (type: number) => type === elementTypes.int64 || type === elementTypes.int32;
  if (to === source.elementType || (isInteger(to) && isInteger(source.elementType)))
    return { ...source, elementType: to };
  if (to === elementTypes.float) return { ...source, elementType: to, data: Float32Array.from(source.data) };
  if (to === elementTypes.double) return { ...source, elementType: to, data: Float64Array.from(source.data) };
  throw unsupportedNode(
    path,
    node,
    'a cast to float32 or float64 of stored numbers',
    `one from ${elementTypeName(source.elementType)} to ${elementTypeName(to)}`,
  );
}

function transposed(source: Constant, node: OnnxNode, path: string): Constant {
  const { shape, data } = source;
  const order = permutation(node, shape.length, path);
  const strides = shape.map((_, axis) => product(shape.slice(axis + 1)) as number);
  const sizes = order.map((axis) => shape[axis] as number);
  const result = allocate('a transposed array', dtypeOf(data), data.length);
  const place = sizes.map(() => 0);
  for (let to = 0; to < data.length; ++to) {
    const from = place.reduce((sum, at, i) => sum + at * (strides[order[i] as number] as number), 0);
    result[to] = data[from] as number;
    for (let axis = place.length - 1; axis >= 0; --axis) {
      place[axis] = (place[axis] as number) + 1;
      if ((place[axis] as number) < (sizes[axis] as number)) break;
      place[axis] = 0;
    }
  }
  return { ...source, shape: sizes, data: result };
}

function reshaped(source: Constant, { data }: Constant, node: OnnxNode, path: string): Constant {
  const keepsZeros = integerAttribute(node, 'allowzero', 0) !== 0;
  const sizes = Array.from(data, (size, i) => (size === 0 && !keepsZeros ? (source.shape[i] ?? 0) : size));
  const open = sizes.indexOf(-1);
  const others = sizes.reduce((result, size, i) => (i === open ? result : result * size), 1);
  if (open >= 0) sizes[open] = source.data.length / others;
  if (product(sizes) === source.data.length && sizes.every((size) => Number.isInteger(size) && size >= 0))
    return { ...source, shape: sizes };
  throw corrupt(
    path,
    `${nameOf(node)} gives ${source.data.length} stored numbers the shape [${data.join(', ')}]`,
  );
}

function flattened(source: Constant, node: OnnxNode, path: string): Constant {
  const axis = axisOf(node, integerAttribute(node, 'axis', 1), source.shape.length, path, true);
  const sizes = [source.shape.slice(0, axis), source.shape.slice(axis)].map(
    (part) => product(part) as number,
  );
  return { ...source, shape: sizes };
}

function squeezed(source: Constant, given: Constant | undefined, node: OnnxNode, place: Place): Constant {
  const { shape } = source;
  const axes = axesOf(node, given, shape.length, place);
  return { ...source, shape: withoutAxes(shape, axes, node, place.path) as number[] };
}

function unsqueezed(source: Constant, given: Constant | undefined, node: OnnxNode, place: Place): Constant {
  const count = given?.data.length ?? attribute(node, 'axes')?.ints?.length ?? 0;
  const axes = axesOf(node, given, source.shape.length + count, place) ?? [];
  return { ...source, shape: withAxes(source.shape, axes) as number[] };
}

/** The operators that constant folding supports. */
export const foldingForms: Readonly<Record<string, OperatorForm>> = {
  Constant: {
    inputs: [0, 0],
    attributes: {
      value: 'tensor',
      value_float: 'float',
      value_floats: 'floats',
      value_int: 'int',
      value_ints: 'ints',
      value_string: 'string',
    },
  },
  Identity: { inputs: [1, 1] },
  Cast: { inputs: [1, 1], attributes: { to: 'int', saturate: 'int', round_mode: 'string' } },
  Transpose: { inputs: [1, 1], attributes: { perm: 'ints' } },
  Reshape: { inputs: [2, 2], attributes: { allowzero: 'int' } },
  Flatten: { inputs: [1, 1], attributes: { axis: 'int' } },
  Squeeze: { inputs: [1, 2], before: { opset: 13, form: { inputs: [1, 1], attributes: { axes: 'ints' } } } },
  Unsqueeze: {
    inputs: [2, 2],
    before: { opset: 13, form: { inputs: [1, 1], attributes: { axes: 'ints' } } },
  },
};
