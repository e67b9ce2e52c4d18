/** The graph of an ONNX file, seen as what it is for a plain network: a chain, with constants hanging on it. */
import { EigenstudentError } from '../../errors.js';
import { transpose } from '../assemble.js';
import { attributeTypes, type OnnxAttribute, type OnnxGraph, type OnnxNode } from './schema.js';
import { type Constant, constantOf } from './tensor.js';

/** Nodes that may stand between a stored array and the layer that uses it. */
const constantOperators = ['Constant', 'Identity', 'Transpose'];

export class ChainGraph {
  readonly #constants = new Map<string, () => Constant>();
  readonly #consumers = new Map<string, OnnxNode[]>();
  readonly #outputs: ReadonlySet<string>;
  /** What the network is fed: the one input without numbers of its own. */
  readonly input: string;

  /** @throws file_unsupported unless there are one input and one output */
  constructor(
    readonly path: string,
    graph: OnnxGraph,
  ) {
    for (const tensor of graph.initializer) {
      const name = tensor.name ?? '';
      this.#constants.set(name, () => constantOf(tensor, `tensor ${JSON.stringify(name)} of ${path}`));
    }
    for (const node of graph.node) if (!this.#addConstant(node)) this.#addConsumer(node);
    const inputs = graph.input.map(({ name }) => name).filter((name) => !this.#constants.has(name));
    this.#outputs = new Set(graph.output.map(({ name }) => name));
    this.input = this.#only('input', inputs);
    this.#only('output', [...this.#outputs]);
  }

  isOutput(tensor: string): boolean {
    return this.#outputs.has(tensor);
  }

  /** Nodes that take a tensor, each once. */
  consumers(tensor: string): readonly OnnxNode[] {
    return this.#consumers.get(tensor) ?? [];
  }

  /** The stored array of that name, if it is one. @throws file_unsupported, file_corrupt */
  constant(tensor: string | undefined): Constant | undefined {
    return tensor === undefined ? undefined : this.#constants.get(tensor)?.();
  }

  /** The one number that a tensor is, if it is one. */
  scalar(tensor: string | undefined): number | undefined {
    const constant = this.constant(tensor);
    return constant?.data.length === 1 ? constant.data[0] : undefined;
  }

  /** Returns whether the node has nothing to do with the input. */
  #addConstant(node: OnnxNode): boolean {
    const [output] = node.output;
    if (output === undefined || !constantOperators.includes(node.opType)) return false;
    if (node.opType === 'Constant') {
      this.#constants.set(output, () => this.#ofConstantNode(node));
      return true;
    }
    const source = this.#constants.get(node.input[0] ?? '');
    if (source === undefined) return false;
    this.#constants.set(
      output,
      node.opType === 'Identity' ? source : () => turned(source(), node, this.path),
    );
    return true;
  }

  #addConsumer(node: OnnxNode): void {
    for (const tensor of new Set(node.input)) {
      const nodes = this.#consumers.get(tensor);
      if (nodes) nodes.push(node);
      else this.#consumers.set(tensor, [node]);
    }
  }

  #ofConstantNode(node: OnnxNode): Constant {
    const { t, f, floats, type } = node.attribute[0] ?? ({} as Partial<OnnxAttribute>);
    if (t) return constantOf(t, `${nameOf(node)} of ${this.path}`);
    if (floats && floats.length > 0) return { shape: [floats.length], data: Float32Array.from(floats) };
    if (type === attributeTypes.float) return { shape: [], data: Float32Array.of(f ?? 0) };
    throw new EigenstudentError(
      'file_unsupported',
      `expected ${nameOf(node)} of ${this.path} to hold floats, it does not`,
    );
  }

  #only(what: string, names: readonly string[]): string {
    const [name] = names;
    if (names.length === 1 && name !== undefined) return name;
    throw new EigenstudentError(
      'file_unsupported',
      `expected a network with one ${what} in ${this.path}, received ${names.length}` +
        (names.length > 0 ? ` (${names.join(', ')})` : ''),
    );
  }
}

function turned({ shape, data }: Constant, node: OnnxNode, path: string): Constant {
  const [rows, columns] = shape;
  const perm = attribute(node, 'perm')?.ints ?? [];
  if (shape.length === 2 && rows && columns && (perm.length === 0 || perm.join() === '1,0'))
    return { shape: [columns, rows], data: transpose(data, rows, columns) };
  throw new EigenstudentError(
    'file_unsupported',
    `expected ${nameOf(node)} of ${path} to turn a matrix, received shape [${shape.join(', ')}]`,
  );
}

export function attribute(node: OnnxNode, name: string): OnnxAttribute | undefined {
  return node.attribute.find((one) => one.name === name);
}

/** A number; writers may leave out a 0 that is there. @param byDefault where there is no such attribute */
export function floatAttribute(node: OnnxNode, name: string, byDefault: number): number {
  const found = attribute(node, name);
  return found ? (found.f ?? 0) : byDefault;
}

export function integerAttribute(node: OnnxNode, name: string, byDefault: number): number {
  const found = attribute(node, name);
  return found ? (found.i ?? 0) : byDefault;
}

/** 'Gemm (node "/fc1/Gemm")', for errors. */
export function nameOf({ opType, name, output }: OnnxNode): string {
  return `${opType} (${name ? `node ${JSON.stringify(name)}` : `the node that gives ${JSON.stringify(output[0])}`})`;
}
