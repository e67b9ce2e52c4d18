/** Zeros around images, as a layer in front of others. */
import { axesOf } from '../axes.js';
import type { FileLayer, Padding } from '../layers/file-layers.js';
import type { Value } from '../layers/file-network.js';
import { attribute, floatAttribute, unsupportedNode } from '../node.js';
import { imageOf, of, placed, resultOf, type Step } from './step.js';
import { checkPads } from './windows.js';

/** Pad, with zeros. */
export function pad(step: Step): Value {
  const { graph, node, value } = step;
  const refuse = (expected: string, received: string) =>
    unsupportedNode(graph.path, node, expected, received);
  const image = imageOf(step);
  const mode = Buffer.from(attribute(node, 'mode')?.s ?? []).toString() || 'constant';
  if (mode !== 'constant') throw refuse('mode "constant"', JSON.stringify(mode));
  const filling = paddedWith(step);
  if (filling !== 0) throw refuse('zeros', `${filling}`);
  const { before, after } = paddedAxes(step);
  const beside = [...before, ...after];
  const outside = before[0] || before[1] || after[0] || after[1];
  if (outside)
    throw refuse(
      'pads of rows and columns only',
      `pads [${beside.join(', ')}] of a tensor ${of(value.shape)}`,
    );
  checkPads(node, beside, graph.path);
  const padding = { top: before[2], left: before[3], bottom: after[2], right: after[3] } as Padding;
  const from = paddedImage(step, image, padding);
  return resultOf(step, { from, shape: [value.shape?.[0] ?? null, ...from.shape] });
}

/** The value that Pad fills in: an attribute before opset 11, an input since. */
function paddedWith({ graph, node }: Step): number | string {
  if (graph.opset < 11) return floatAttribute(node, 'value', 0);
  if (!node.input[2]) return 0;
  const constant = graph.constant(node.input[2]);
  return constant?.data.length === 1 ? (constant.data[0] as number) : graph.origin(node.input[2]);
}

/** By axis of a tensor of four. */
function paddedAxes({ graph, node }: Step): { before: readonly number[]; after: readonly number[] } {
  const stored = graph.opset < 11 ? undefined : graph.constant(node.input[1]);
  const pads = graph.opset < 11 ? attribute(node, 'pads')?.ints : stored && Array.from(stored.data);
  const named = node.input[3] ? axesOf(node, graph.constant(node.input[3]), 4, graph) : [0, 1, 2, 3];
  if (pads === undefined || named === undefined || pads.length !== 2 * named.length)
    throw unsupportedNode(
      graph.path,
      node,
      'stored pads, two for each axis',
      pads === undefined ? graph.origin(node.input[1]) : `[${pads.join(', ')}]`,
    );
  const [before, after] = [Array(4).fill(0), Array(4).fill(0)] as [number[], number[]];
  named.forEach((axis, i) => {
    before[axis] = pads[i] as number;
    after[axis] = pads[named.length + i] as number;
  });
  return { before, after };
}

/** An image with zeros around it, as a layer. */
export function paddedImage(step: Step, image: FileLayer, padding: Padding): FileLayer {
  const [channels, height, width] = image.shape as [number, number, number];
  const { top, left, bottom, right } = padding;
  const shape = [channels, height + top + bottom, width + left + right];
  return step.network.add({ kind: 'pad', ...placed(step, shape, image), padding });
}
