/** Files whose images have the channels last, as TensorFlow has them, and move these to the front before the first convolution. */
import { EigenstudentError } from '../../errors.js';
import { permutation } from './axes.js';
import type { ValueGraph } from './graph.js';
import { nameOf } from './node.js';
import { toFirst } from './operators/moves.js';
import type { OnnxNode } from './schema.js';
import { shapeText } from './shapes.js';

/** Operators before which, or after which, the channels may be moved all the same. */
const elementwise = ['Identity', 'Cast', 'Dropout', 'Add', 'Sub', 'Mul', 'Div'];

/**
 * The image [channels, height, width] that the input holds with the channels last; undefined where it has them
 * first, or is no image.
 * @param accepted whether the caller agreed to give samples with the channels first
 * @throws file_unsupported unless it did; invalid_argument where it did without need
 */
export function channelsLastInput(graph: ValueGraph, accepted: boolean): readonly number[] | undefined {
  const { shape, name } = graph.input;
  const [, height, width, channels] = shape ?? [];
  const move = shape?.length === 4 ? moveToFront(graph, name) : undefined;
  const known = [height, width, channels].every((size) => typeof size === 'number');
  const image = [channels, height, width] as number[];
  const isMoved = known && channels !== 1 && (height !== 1 || width !== 1);
  if (move === undefined || !isMoved) {
    if (!accepted) return undefined;
    throw new EigenstudentError(
      'invalid_argument',
      `expected no inputLayout for ${graph.path}, whose input ${JSON.stringify(name)} ${shapeText(shape)} is read as it is`,
    );
  }
  if (accepted) return image;
  throw new EigenstudentError(
    'file_unsupported',
    `expected images [samples, channels, height, width] for the input ${JSON.stringify(name)} of ${graph.path}, received ` +
      `${shapeText(shape)}, of which ${nameOf(move)} moves the channels to the front. loadNetwork(path, { inputLayout: ` +
      `'channelsFirst' }) reads a network of [${image.join(', ')}], to which samples are given with the channels first`,
  );
}

function moveToFront(graph: ValueGraph, input: string): OnnxNode | undefined {
  const pending = [input];
  const seen = new Set<string>(pending);
  for (let tensor = pending.pop(); tensor !== undefined; tensor = pending.pop())
    for (const node of graph.consumers(tensor)) {
      if (node.opType === 'Transpose' && permutation(node, 4, graph.path).join() === toFirst) return node;
      const [output = ''] = node.output;
      if (!elementwise.includes(node.opType) || seen.has(output)) continue;
      seen.add(output);
      pending.push(output);
    }
  return undefined;
}
