/** Conv and ConvTranspose, of images and with stored kernels. */
import type { FloatArray } from '../../../native/addon.js';
import { enlargedKernel } from '../layers/equal-padding.js';
import { type FileLayer, noPadding } from '../layers/file-layers.js';
import type { Value } from '../layers/file-network.js';
import { corrupt } from '../model.js';
import { attribute, integerAttribute, nameOf, unsupportedNode } from '../node.js';
import type { Constant } from '../tensor.js';
import { paddedImage } from './padding.js';
import { imageOf, of, placed, resultOf, type Step } from './step.js';
import { storedInput, storedVector } from './stored-numbers.js';
import { countsOf, extentsOf, paddingOf, type WindowAxis, windowsOf } from './windows.js';

/** Cross-correlation, without a flip of the kernel. */
export function convolution(step: Step): Value {
  const { graph, network, node, value } = step;
  const kernels = kernelsOf(step);
  const image = imageOf(step);
  const [width, perGroup, ...kernel] = kernels.shape as [number, number, number, number];
  const groups = integerAttribute(node, 'group', 1);
  const channels = image.shape[0] as number;
  if (groups < 1 || perGroup * groups !== channels || width % groups !== 0)
    throw corrupt(
      graph.path,
      `${nameOf(node)} has kernels of shape [${kernels.shape.join(', ')}] in ${groups} groups for a tensor ${of(value.shape)}`,
    );
  const windows = windowsOf(step, kernel, image.shape);
  const shape = [width, ...countsOf(windows)];
  const [kernelExtents, stride, dilation] = [
    extentsOf(windows, 'kernel'),
    extentsOf(windows, 'stride'),
    extentsOf(windows, 'dilation'),
  ];
  const padding = paddingOf(windows);
  const window = { kernel: kernelExtents, stride, dilation, shape };
  const fits = enlargedKernel(window, padding, image.shape) !== undefined;
  const from = network.add({
    kind: 'convolution',
    ...placed(step, shape, fits ? image : paddedImage(step, image, padding)),
    ...{ weights: kernels.data, bias: biasOf(step, width), activation: 'linear', groups },
    ...window,
    padding: fits ? padding : noPadding,
  });
  return resultOf(step, { from, shape: [value.shape?.[0] ?? null, ...shape] });
}

/** Of one group, without dilation. */
export function transposedConvolution(step: Step): Value {
  const { graph, network, node, value } = step;
  const kernels = kernelsOf(step);
  const image = imageOf(step);
  const [channels, width, ...kernel] = kernels.shape as [number, number, number, number];
  const refuse = (expected: string, received: string) =>
    unsupportedNode(graph.path, node, expected, received);
  const groups = integerAttribute(node, 'group', 1);
  if (groups !== 1) throw refuse('one group', `group = ${groups}`);
  if (channels !== image.shape[0])
    throw corrupt(
      graph.path,
      `${nameOf(node)} has kernels of shape [${kernels.shape.join(', ')}] for a tensor ${of(value.shape)}`,
    );
  if (attribute(node, 'output_shape')?.ints?.length)
    throw refuse('pads', 'output_shape, of which pads would follow');
  const automatic = Buffer.from(attribute(node, 'auto_pad')?.s ?? []).toString() || 'NOTSET';
  if (!['NOTSET', 'VALID'].includes(automatic)) throw refuse('pads', `auto_pad ${automatic}`);
  const { stride, padding, outputPadding, counts } = transposedWindows(step, kernel, image);
  const shape = [width, ...counts];
  const from = network.add({
    kind: 'transposedConvolution',
    ...placed(step, shape, image),
    weights: kernels.data,
    bias: biasOf(step, width),
    activation: 'linear',
    kernel: { height: kernel[0] as number, width: kernel[1] as number },
    stride,
    padding,
    outputPadding,
  });
  return resultOf(step, { from, shape: [value.shape?.[0] ?? null, ...shape] });
}

/** More padding before than after is an output padding. */
function transposedWindows(step: Step, kernel: readonly number[], image: FileLayer) {
  const { graph, node } = step;
  // their numbers are read as those of a convolution over an image that is large enough
  const large = [1, ...kernel.map((extent) => extent * 4096)];
  const windows = windowsOf(step, kernel, large);
  const added = attribute(node, 'output_padding')?.ints ?? [];
  const axes = [windows.height, windows.width].map((axis: WindowAxis, i) => {
    const { stride, dilation, before, after } = axis;
    const size = image.shape[i + 1] as number;
    const outputPadding = (added[i] ?? 0) + before - after;
    const count = (size - 1) * stride + (kernel[i] as number) - 2 * before + outputPadding;
    if (
      dilation === 1 &&
      [0, 2].includes(added.length) &&
      outputPadding >= 0 &&
      outputPadding < stride &&
      count > 0
    )
      return { stride, before, outputPadding, count };
    throw unsupportedNode(
      graph.path,
      node,
      'no dilations, and padding that takes away as much at the end as at the start, up to less than a stride,',
      `dilations ${dilation}, strides ${stride}, pads ${before} and ${after}, output_padding [${added.join(', ')}]`,
    );
  });
  const [rows, columns] = axes as [(typeof axes)[number], (typeof axes)[number]];
  return {
    stride: { height: rows.stride, width: columns.stride },
    padding: { height: rows.before, width: columns.before },
    outputPadding: { height: rows.outputPadding, width: columns.outputPadding },
    counts: [rows.count, columns.count],
  };
}

/** Stored kernels of two axes. @throws file_unsupported, file_corrupt */
function kernelsOf(step: Step): Constant {
  const { graph, node } = step;
  const expected = 'a stored kernel of two axes as its second input';
  const kernels = storedInput(step, 1, expected);
  const { shape } = kernels;
  if (shape.length !== 4 || shape.includes(0))
    throw unsupportedNode(graph.path, node, expected, `one of shape [${shape.join(', ')}]`);
  const named = attribute(node, 'kernel_shape')?.ints ?? [];
  if (named.length === 0 || named.join() === shape.slice(2).join()) return kernels;
  throw corrupt(
    graph.path,
    `${nameOf(node)} names kernel_shape [${named.join(', ')}] for kernels of shape [${shape.join(', ')}]`,
  );
}

function biasOf(step: Step, width: number): FloatArray | undefined {
  if (!step.node.input[2]) return undefined;
  return storedVector(step, 2, width, `${width} stored numbers as its bias`);
}
