/** The graph of an ONNX file: its stored arrays, its nodes in order, shapes that it declares and that nodes compute. */
import { invalid } from '../../arguments.js';
import { EigenstudentError } from '../../errors.js';
import { foldingForms, foldings } from './folding.js';
import { corrupt, type DecodedModel } from './model.js';
import { checkForm, nameOf } from './node.js';
import type { OnnxGraph, OnnxNode, OnnxTensor, OnnxValue } from './schema.js';
import {
  contradict,
  type DeclaredTensor,
  declaredShape,
  declaredTensor,
  declaredType,
  type FloatType,
  type Shape,
  shapeText,
} from './shapes.js';
import { type Constant, constantOf } from './tensor.js';

export class ValueGraph {
  readonly opset: number;
  /** The network's input: the only graph input that is not a stored array. */
  readonly input: DeclaredTensor;
  readonly output: DeclaredTensor;
  readonly #stored = new Map<string, OnnxTensor>();
  readonly #sparse: ReadonlySet<string | undefined>;
  /** The node whose output is a tensor. */
  readonly #producers = new Map<string, OnnxNode>();
  readonly #consumers = new Map<string, OnnxNode[]>();
  #nodes: readonly OnnxNode[] = [];
  /** Results of nodes whose inputs are all stored arrays, and whether these can be computed. */
  readonly #foldable = new Map<string, boolean>();
  readonly #constants = new Map<string, Constant>();
  readonly #declared = new Map<string, Shape>();
  readonly #types = new Map<string, FloatType>();
  readonly #shapes = new Map<string, Shape>();

  /**
   * @param output the name of the output that is read, where the file has several
   * @throws file_unsupported unless there are one input and that output; file_corrupt
   */
  constructor(
    readonly path: string,
    { graph, opset }: DecodedModel,
    output?: string,
  ) {
    this.opset = opset;
    this.#sparse = new Set(graph.sparseInitializer?.map(({ values }) => values?.name));
    this.#takeNames(graph);
    for (const value of [...graph.input, ...graph.output, ...(graph.valueInfo ?? [])]) {
      this.#declared.set(value.name, declaredShape(value, path));
      const type = declaredType(value);
      if (type !== undefined) this.#types.set(value.name, type);
    }
    const inputs = graph.input.filter(({ name }) => !this.#stored.has(name) && !this.#sparse.has(name));
    this.input = declaredTensor('input', this.#inputOf(inputs), path);
    this.output = declaredTensor('output', this.#outputOf(graph.output, output), path);
    this.#takeNodes(graph);
  }

  /** Nodes that lead to the output, each after those whose results it reads. */
  get nodes(): readonly OnnxNode[] {
    return this.#nodes;
  }

  /** Nodes that read a tensor and lead to the output, each once; nodes that read only its shape are left out. */
  consumers(tensor: string): readonly OnnxNode[] {
    return this.#consumers.get(tensor) ?? [];
  }

  producer(tensor: string): OnnxNode | undefined {
    return this.#producers.get(tensor);
  }

  /**
   * The stored array of that name, or the result of nodes that read only stored arrays.
   * @throws file_unsupported, file_corrupt
   */
  constant(tensor: string | undefined): Constant | undefined {
    if (!tensor) return undefined;
    const known = this.#constants.get(tensor);
    if (known) return known;
    const constant = this.#compute(tensor);
    if (constant) this.#constants.set(tensor, constant);
    return constant;
  }

  /** The value of a tensor of one number that adds no axis to a tensor of that shape. */
  scalar(tensor: string | undefined, beside: Shape): Constant | undefined {
    const constant = this.constant(tensor);
    return constant?.data.length === 1 && constant.shape.length <= (beside?.length ?? 1)
      ? constant
      : undefined;
  }

  /** The shape of a tensor that is computed of the input, as the nodes before it compute it. */
  shapeOf(tensor: string): Shape {
    return this.#shapes.get(tensor);
  }

  hasShape(tensor: string): boolean {
    return this.#shapes.has(tensor);
  }

  /**
   * Sets the shape of a tensor that is computed of the input.
   * @throws file_corrupt where the file declares another shape, or other numbers
   */
  setShape(tensor: string, shape: Shape, type: FloatType): void {
    const declared = this.#declared.get(tensor);
    const contradiction = (what: string, made: string) =>
      corrupt(
        this.path,
        `it declares tensor ${JSON.stringify(tensor)} with ${what}, its nodes make it ${made}`,
      );
    if (contradict(declared, shape)) throw contradiction(`shape ${shapeText(declared)}`, shapeText(shape));
    const declaredAs = this.#types.get(tensor) ?? type;
    if (declaredAs !== type) throw contradiction(`numbers of type ${declaredAs}`, type);
    this.#shapes.set(tensor, shape);
  }

  /** Describes a tensor that is not a stored array, for errors. */
  origin(tensor: string | undefined): string {
    if (!tensor) return 'none';
    const name = JSON.stringify(tensor);
    if (this.#sparse.has(tensor)) return `${name}, which is stored as a sparse tensor`;
    const producer = this.#producers.get(tensor);
    if (this.#foldable.has(tensor) && producer)
      return `${name}, which ${nameOf(producer)} makes of stored numbers`;
    return `${name}, a tensor that the graph computes`;
  }

  #compute(tensor: string): Constant | undefined {
    const stored = this.#stored.get(tensor);
    const where = `tensor ${JSON.stringify(tensor)} of ${this.path}`;
    if (stored) {
      const constant = constantOf(stored, where);
      const declared = this.#declared.get(tensor);
      if (!contradict(declared, constant.shape)) return constant;
      const shapes = `${shapeText(constant.shape)}, and declares it ${shapeText(declared)}`;
      throw corrupt(this.path, `it holds tensor ${JSON.stringify(tensor)} of shape ${shapes}`);
    }
    const node = this.#producers.get(tensor);
    if (!node || this.#foldable.get(tensor) !== true) return undefined;
    checkForm(node, foldingForms[node.opType] as (typeof foldingForms)[string], this.opset, this.path);
    const inputs = node.input.map((input) => this.constant(input));
    return foldings[node.opType]?.(inputs, node, this);
  }

  #takeNames(graph: OnnxGraph): void {
    const twice = (name: string) =>
      corrupt(this.path, `more than one of its parts gives the tensor ${JSON.stringify(name)}`);
    for (const tensor of graph.initializer) {
      const { name = '' } = tensor;
      if (this.#stored.has(name)) throw twice(name);
      this.#stored.set(name, tensor);
    }
    const inputs = new Set<string>();
    for (const { name } of graph.input) {
      if (inputs.has(name)) throw twice(name);
      inputs.add(name);
    }
    for (const node of graph.node)
      for (const name of node.output) {
        if (name === '') continue;
        if (this.#stored.has(name) || inputs.has(name) || this.#producers.has(name)) throw twice(name);
        this.#producers.set(name, node);
      }
  }

  /** Collects the nodes that lead to the output, from the first to the last. */
  #takeNodes(graph: OnnxGraph): void {
    const inputs = new Set(graph.input.map(({ name }) => name));
    const { name: last } = this.output;
    if (!this.#producers.has(last) && !this.#stored.has(last) && !inputs.has(last))
      throw corrupt(
        this.path,
        `its output ${JSON.stringify(last)} is a tensor that nothing in the file gives`,
      );
    this.#nodes = this.#inOrder();
    for (const node of this.#nodes) {
      const taken = new Set(node.input.filter((name) => name !== ''));
      for (const name of taken) {
        const known = [this.#stored, this.#producers, inputs, this.#sparse].some((names) => names.has(name));
        if (!known)
          throw corrupt(
            this.path,
            `${nameOf(node)} takes the tensor ${JSON.stringify(name)}, which nothing in the file gives`,
          );
        if (node.opType === 'Shape') continue;
        const nodes = this.#consumers.get(name);
        if (nodes) nodes.push(node);
        else this.#consumers.set(name, [node]);
      }
      const fromStored = [...taken].every((name) => this.#stored.has(name) || this.#foldable.has(name));
      if (!fromStored || (taken.size === 0 && node.opType !== 'Constant')) continue;
      const can =
        Object.hasOwn(foldings, node.opType) &&
        [...taken].every((name) => this.#foldable.get(name) !== false);
      for (const name of node.output) if (name !== '') this.#foldable.set(name, can);
    }
  }

  /**
   * Nodes that the output depends on, each after the nodes whose results it reads.
   * @throws file_corrupt for a cycle
   */
  #inOrder(): OnnxNode[] {
    const order: OnnxNode[] = [];
    const state = new Map<OnnxNode, 'open' | 'done'>();
    const pending: OnnxNode[] = [this.#producers.get(this.output.name)].filter((node) => node !== undefined);
    for (let node = pending.at(-1); node !== undefined; node = pending.at(-1)) {
      if (state.has(node)) {
        pending.pop();
        if (state.get(node) === 'open') order.push(node);
        state.set(node, 'done');
        continue;
      }
      state.set(node, 'open');
      for (const name of [...node.input].reverse()) {
        const before = this.#producers.get(name);
        if (before === undefined || state.get(before) === 'done') continue;
        if (state.get(before) === 'open') throw corrupt(this.path, 'its graph runs in a circle');
        pending.push(before);
      }
    }
    return order;
  }

  #inputOf(inputs: readonly OnnxValue[]): OnnxValue {
    const [input] = inputs;
    if (inputs.length === 1 && input !== undefined) return input;
    const names = inputs.map(({ name }) => name).join(', ');
    throw new EigenstudentError(
      'file_unsupported',
      `expected a network with one input in ${this.path}, received ${inputs.length}${names && ` (${names})`}`,
    );
  }

  /** The one that is asked for, or the only one. @throws invalid_argument, file_unsupported */
  #outputOf(outputs: readonly OnnxValue[], wanted: string | undefined): OnnxValue {
    const names = outputs.map(({ name }) => name);
    const [first] = outputs;
    const found = wanted === undefined ? first : outputs.find(({ name }) => name === wanted);
    if (wanted !== undefined && found === undefined)
      throw invalid(
        'output of loadNetwork',
        `one of the outputs of ${this.path} (${names.join(', ')})`,
        wanted,
      );
    if (found !== undefined && (outputs.length === 1 || wanted !== undefined)) return found;
    const example = JSON.stringify(names[0]);
    throw new EigenstudentError(
      'file_unsupported',
      `expected a network with one output in ${this.path}, received ${outputs.length}` +
        (outputs.length > 0
          ? ` (${names.join(', ')}). Name the one to read: loadNetwork(path, { output: ${example} }), or prune --output`
          : ''),
    );
  }
}
