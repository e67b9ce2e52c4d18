/** Builds layers from the nodes of an ONNX graph, one after the other. */
import { EigenstudentError } from '../../errors.js';
import type { FloatArray } from '../../native/addon.js';
import { dtypeOf } from '../../native/arrays.js';
import type { Activation } from '../../network/layers.js';
import type { OutputMap, ReadLayer } from '../assemble.js';
import { nameOf } from './node.js';
import type { OnnxNode } from './schema.js';

interface Growing {
  name: string;
  inputs: number;
  outputs: number;
  /** [outputs][inputs] */
  weights: FloatArray;
  bias: FloatArray | undefined;
  activation: Activation | undefined;
}

export class Chain {
  readonly #layers: Growing[] = [];
  #output: OutputMap = 'linear';

  constructor(readonly path: string) {}

  get output(): OutputMap {
    return this.#output;
  }

  /** @param weights [outputs][inputs] */
  addLayer(node: OnnxNode, matrix: string, weights: FloatArray, outputs: number): void {
    this.#checkOpen(node);
    const name = `layer ${this.#layers.length} (${JSON.stringify(matrix)})`;
    const inputs = weights.length / outputs;
    this.#layers.push({ name, inputs, outputs, weights, bias: undefined, activation: undefined });
  }

  /** Adds to z of the last layer. @param bias [outputs] */
  addBias(node: OnnxNode, bias: FloatArray): void {
    const layer = this.unfinished(node);
    layer.bias = layer.bias === undefined ? bias : sum(layer.bias, bias);
  }

  activate(node: OnnxNode, activation: Activation): void {
    this.unfinished(node).activation = activation;
  }

  /** The function that the file applies after the last layer. */
  end(node: OnnxNode, output: OutputMap): void {
    this.#checkOpen(node);
    if (this.#layers.length === 0) throw this.#outOfPlace(node, 'before any layer');
    this.#output = output;
  }

  layers(): ReadLayer[] {
    return this.#layers.map(({ weights, activation = 'linear', ...layer }) => ({
      ...layer,
      activation,
      numbers: { weights },
    }));
  }

  /** The last layer, which has no activation yet. @throws file_unsupported */
  unfinished(node: OnnxNode): Growing {
    this.#checkOpen(node);
    const layer = this.#layers.at(-1);
    if (layer === undefined) throw this.#outOfPlace(node, 'before any layer');
    if (layer.activation !== undefined)
      throw this.#outOfPlace(node, `after the activation ${layer.activation} of ${layer.name}`);
    return layer;
  }

  #checkOpen(node: OnnxNode): void {
    if (this.#output !== 'linear')
      throw this.#outOfPlace(node, `after ${this.#output}, which only ends a network`);
  }

  #outOfPlace(node: OnnxNode, place: string): EigenstudentError {
    return new EigenstudentError(
      'file_unsupported',
      `expected layers of a matrix, a bias and one activation in ${this.path}, received ${nameOf(node)} ${place}`,
    );
  }
}

/** In float64 if either is. */
function sum(one: FloatArray, other: FloatArray): FloatArray {
  const [wide, second] = dtypeOf(one) === 'float64' ? [one, other] : [other, one];
  return wide.map((value, i) => value + (second[i] as number)) as FloatArray;
}
