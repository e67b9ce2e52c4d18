/** Graphs of a few nodes over images: written, read, and compared with onnxruntime. */
import { mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type LoadOptions, loadNetwork } from '../../../src/exchange/index.js';
import type { OnnxNode, OnnxTensor } from '../../../src/exchange/onnx/schema.js';
import { floatTensor } from '../../../src/exchange/onnx/tensor.js';
import type { Layer } from '../../../src/network/layers.js';
import { rejectionOf } from '../../failure.js';
import { relativeDifference } from '../fixtures.js';
import { type Attributes, modelBytes, node, type Sizes, value } from './models.js';
import { ownAnswer, runtimeAnswer, samplesOf } from './onnxruntime.js';

/** Both sides compute in float32. */
export const tolerance = 1e-5;

export const numbers = (name: string, dims: readonly number[], shift = 0): OnnxTensor => {
  const count = dims.reduce((product, size) => product * size, 1);
  return floatTensor(
    name,
    dims,
    samplesOf(count).map((one) => one + shift),
  );
};

/** x -> y; the input is [N, 2, 7, 5] and the opset 13 unless others are given. */
export interface ImageGraph {
  readonly nodes: readonly OnnxNode[];
  readonly tensors?: readonly OnnxTensor[];
  readonly input?: Sizes;
  readonly opset?: number;
}
const usual: Sizes = ['N', 2, 7, 5];

/** A file that is written again and again. */
export class ImageFile {
  readonly #folder = mkdtempSync(join(tmpdir(), 'eigenstudent-images-'));
  readonly path = join(this.#folder, 'model.onnx');

  remove(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }

  async write({ nodes, tensors = [], input = usual, opset = 13 }: ImageGraph): Promise<void> {
    await writeFile(this.path, modelBytes({ nodes, tensors, inputs: [value('x', input)], opset }));
  }

  /** The layers that are read, after their outputs are those of onnxruntime for two samples. */
  async layersOf(graph: ImageGraph): Promise<readonly Layer[]> {
    await this.write(graph);
    const shape = [2, ...((graph.input ?? usual).slice(1) as number[])];
    const feed = samplesOf(shape.reduce((product, size) => product * size, 1));
    const { numbers: theirs } = await runtimeAnswer(this.path, 'x', feed, shape);
    const loaded = await loadNetwork(this.path);
    expect(relativeDifference(await ownAnswer(loaded, feed), theirs)).toBeLessThan(tolerance);
    return loaded.network.spec.layers;
  }

  /** The error, with the path as FILE. */
  async failure(graph: ImageGraph, options: LoadOptions = {}): Promise<string> {
    await this.write(graph);
    return (await rejectionOf(loadNetwork(this.path, options))).replaceAll(this.path, 'FILE');
  }
}

export const refused = (expected: string, opType: string, received: string) =>
  `file_unsupported: expected ${expected} for ${opType} (the node that gives "y") of FILE, received ${received}`;

export const kernels = numbers('w', [3, 2, 3, 3]);
export const conv = (attributes: Attributes, tensors: readonly OnnxTensor[] = [kernels]): ImageGraph => ({
  nodes: [node('Conv', ['x', 'w'], 'y', attributes)],
  tensors,
});
