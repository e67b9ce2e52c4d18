/** A model that is being made: its nodes, and what goes along its chain. What is chosen comes from a tape of numbers. */
import { elementTypes, type OnnxNode, type OnnxTensor } from '../../../src/exchange/onnx/schema.js';
import { floatTensor } from '../../../src/exchange/onnx/tensor.js';
import { seededRandom } from '../../../src/network/random.js';
import { type Attributes, node, sizes } from './models.js';

export class ModelTape {
  protected readonly nodes: OnnxNode[] = [];
  protected readonly tensors: OnnxTensor[] = [];
  protected readonly random: () => number;
  protected at = 0;
  protected names = 0;
  protected current = 'x';
  protected shape: number[] = [];
  protected readonly opset: number;
  protected readonly double: boolean;

  constructor(readonly tape: readonly number[]) {
    this.random = seededRandom(1 + (this.tape[0] ?? 0));
    this.opset = this.pick([13, 7, 8, 9, 10, 11, 12, 14, 15, 17, 18, 20, 21, 22, 23, 24, 25, 26]);
    this.double = this.often(7);
  }

  protected next(): number {
    return this.tape[this.at++] ?? 0;
  }

  protected often(oneOf: number): boolean {
    return this.next() % oneOf === oneOf - 1;
  }

  protected pick<T>(choices: readonly T[]): T {
    return choices[this.next() % choices.length] as T;
  }

  protected name(): string {
    return `t${++this.names}`;
  }

  protected elementType(): number {
    return this.double ? elementTypes.double : elementTypes.float;
  }

  /** Adds a node that takes what goes along the chain on. */
  protected emit(
    opType: string,
    input: readonly string[],
    output = this.name(),
    shape: readonly number[] = this.shape,
    attributes: Attributes = {},
  ): string {
    this.nodes.push(node(opType, input, output, attributes));
    this.current = output;
    this.shape = [...shape];
    return output;
  }

  /** Stored numbers, by one of the ways in which files have them. @returns the name */
  protected stored(shape: readonly number[], value?: number): string {
    const name = this.name();
    const count = shape.reduce((product, size) => product * size, 1);
    const numbers = Array.from({ length: count }, () => value ?? 1.6 * this.random() - 0.8);
    const tensor = (of: string, dims: readonly number[], from = numbers): OnnxTensor =>
      this.double
        ? { name: of, dims, dataType: elementTypes.double, doubleData: from }
        : floatTensor(of, dims, from);
    switch (this.next() % 9) {
      case 1:
        this.nodes.push(node('Constant', [], name, { value: tensor('', shape) }));
        break;
      case 2:
        this.tensors.push(tensor(`${name}.a`, shape));
        this.nodes.push(node('Identity', [`${name}.a`], name));
        break;
      case 3:
        this.tensors.push(tensor(`${name}.a`, [...shape].reverse()));
        this.nodes.push(node('Transpose', [`${name}.a`], name));
        break;
      case 4:
        this.tensors.push(tensor(`${name}.a`, [count]), sizes(`${name}.s`, ...shape));
        this.nodes.push(node('Reshape', [`${name}.a`, `${name}.s`], name));
        break;
      case 5: {
        const half = Uint16Array.from(numbers, () => 0x3000 + Math.floor(2048 * this.random()));
        const rawData = new Uint8Array(half.buffer);
        this.tensors.push({ name: `${name}.a`, dims: shape, dataType: elementTypes.float16, rawData });
        this.nodes.push(node('Cast', [`${name}.a`], name, { to: this.elementType() }));
        break;
      }
      default:
        this.tensors.push(tensor(name, shape));
    }
    return name;
  }
}
