import type { ValueGraph } from '../graph.js';
import type { FileLayer } from '../layers/file-layers.js';
import type { FileNetwork, Value } from '../layers/file-network.js';
import { unsupportedNode } from '../node.js';
import type { OnnxNode } from '../schema.js';
import { type Shape, shapeText } from '../shapes.js';

/** A node with what it reads. */
export interface Step {
  readonly graph: ValueGraph;
  readonly network: FileNetwork;
  readonly node: OnnxNode;
  /** Its inputs that are computed of the network's input; undefined for the others, stored arrays. */
  readonly operands: readonly (Value | undefined)[];
  /** The first of these inputs. */
  readonly value: Value;
}

/** The output of a node: a value that differs in these fields from the one that it reads. */
export function resultOf({ node, value }: Step, changes: Partial<Omit<Value, 'tensor'>>): Value {
  return { ...value, ...changes, tensor: node.output[0] as string };
}

/** The fields that every layer of a node has. */
export function placed({ node }: Pick<Step, 'node'>, shape: readonly number[], ...reads: FileLayer[]) {
  return { node, tensor: node.output[0] as string, shape, reads };
}

/** 'of shape [N, 4]' */
export function of(shape: Shape): string {
  return shape === undefined ? shapeText(shape) : `of shape ${shapeText(shape)}`;
}

/** @throws file_unsupported unless a value is an image [N, channels, height, width] of known extents */
export function imageOf({ graph, network, node, value }: Step): FileLayer {
  const { shape, channelsLast } = value;
  const image = channelsLast === undefined ? network.image(value) : undefined;
  if (image !== undefined) return image;
  const open = shape?.length === 4 && shape.slice(1).some((size) => typeof size !== 'number');
  const received =
    channelsLast === undefined ? `a tensor ${of(shape)}` : `${of(shape)}, with the channels last`;
  throw unsupportedNode(
    graph.path,
    node,
    'images of known extents, of shape [samples, channels, height, width],',
    open ? `${received}. Export the model with fixed extents, or declare them in the file` : received,
  );
}

/** @throws file_unsupported unless the numbers of a sample are known, for operations on each of them */
export function numbersOf({ graph, network, node }: Step, value: Value): FileLayer {
  const layer = network.numbers(value);
  if (layer !== undefined) return layer;
  throw unsupportedNode(
    graph.path,
    node,
    'a known count of numbers per sample',
    `a tensor ${of(value.shape)}. Declare the shape in the file`,
  );
}
