/**
 * ONNX models as other packages may write them: operators in every variant, most of them plain networks, some of them not, a few
 * of them no valid models. What is chosen comes from a tape of numbers, so that a failing model is found again and made smaller.
 */
import type { OnnxValue } from '../../../src/exchange/onnx/schema.js';
import { ForeignMoves } from './foreign-moves.js';
import { type Attributes, modelBytes, type Sizes, value } from './models.js';

export interface ForeignModel {
  readonly bytes: Uint8Array;
  /** What the input is fed: [samples, ...]. */
  readonly shape: readonly number[];
  readonly double: boolean;
  readonly text: string;
}

/** Makes one model. */
export class ForeignModels extends ForeignMoves {
  make(): ForeignModel {
    const { input, fed } = this.input();
    const layers = 1 + (this.next() % 3);
    for (let i = 0; i < layers; ++i) {
      if (this.often(3) || this.shape.length !== 2) this.move();
      this.layer();
      if (this.often(6)) this.move();
      if (!this.often(4)) this.activation();
    }
    if (this.often(3)) this.softmax();
    if (this.often(5)) this.move();
    this.emit('Identity', [this.current], 'y', this.shape);
    const declared = this.often(3) ? (this.often(6) ? [this.pick([1, 2, 3]), 3] : this.shape) : undefined;
    const output = value('y', declared, this.elementType());
    const model = { nodes: this.nodes, tensors: this.tensors, inputs: [input], outputs: [output] };
    const text = JSON.stringify({ opset: this.opset, ...model }, (key, one) =>
      key === 'rawData' ? undefined : one,
    );
    return { bytes: modelBytes({ ...model, opset: this.opset }), shape: fed, double: this.double, text };
  }

  private input(): { input: OnnxValue; fed: readonly number[] } {
    const samples = this.pick([3, 2, 5, 1]);
    const inner = this.pick([[4], [4], [4], [2, 2], [1, 4], [4, 1], [1, 2, 2], [5, 4], []]);
    this.shape = this.often(12) ? [...inner, 4] : [samples, ...inner];
    const fed = this.shape;
    if (this.often(9)) {
      if (this.shape.length !== 2) this.flattenAt(1);
      return { input: value('x', undefined, this.elementType()), fed };
    }
    const first = this.pick(['N', 'N', null, -1, this.shape[0] as number]);
    const rest = this.shape.slice(1).map((size) => (this.often(9) ? this.pick(['K', null]) : size));
    return { input: value('x', [first, ...rest] as Sizes, this.elementType()), fed };
  }

  private layer(): void {
    const numbers = this.shape.at(-1) ?? 1;
    const outputs = this.pick([3, 1, 2, 4, 6]);
    const result = [...this.shape.slice(0, -1), outputs];
    if (this.shape.length === 2 && !this.often(2)) this.gemm(numbers, outputs, result);
    else {
      const matrix = this.stored(this.often(15) ? [outputs, numbers] : [numbers, outputs]);
      const operands = [this.current, matrix];
      this.emit('MatMul', this.often(15) ? operands.reverse() : operands, undefined, result);
      while (this.often(2)) this.add(outputs);
    }
  }

  private biasShape(outputs: number): readonly number[] {
    const samples = this.shape[0] ?? 1;
    const usual = [[outputs], [outputs], [1, outputs], [1], [], [1, 1]];
    const others = [[samples, 1], [outputs, 1], [samples, outputs], [1, 1, outputs], [samples], [2]];
    return this.pick(this.often(4) ? others : usual);
  }

  private gemm(numbers: number, outputs: number, result: readonly number[]): void {
    const transB = this.next() % 2;
    const matrix = this.stored(transB ? [outputs, numbers] : [numbers, outputs]);
    const operands = [this.current, matrix];
    const shape = this.shape;
    this.shape = [...result];
    if (!this.often(3) || this.opset < 11) operands.push(this.stored(this.biasShape(outputs)));
    this.shape = shape;
    const attributes = {
      ...(transB ? { transB } : {}),
      ...(this.often(3) ? { alpha: this.pick([0.5, 2, 1]) } : {}),
      ...(this.often(3) ? { beta: this.pick([0.25, 0, 1]) } : {}),
      ...(this.often(20) ? { transA: 1 } : {}),
    };
    if (this.often(20)) operands.splice(0, 2, operands[1] as string, operands[0] as string);
    this.emit('Gemm', operands, undefined, result, attributes);
  }

  private add(outputs: number): void {
    const bias = this.stored(this.biasShape(outputs));
    this.emit('Add', this.next() % 2 ? [bias, this.current] : [this.current, bias]);
  }

  private activation(): string {
    const one = (opType: string, attributes: Attributes = {}) =>
      this.emit(opType, [this.current], undefined, undefined, attributes);
    switch (this.next() % 13) {
      case 0:
        return one('Relu');
      case 1:
        return one('Tanh');
      case 2:
        return one('Sigmoid');
      case 3:
        return one('Softplus');
      case 4:
        return one('Erf');
      case 5:
        return one('Elu', this.pick<Attributes>([{}, { alpha: 1 }, { alpha: 0.5 }]));
      case 6:
        return one(
          'LeakyRelu',
          this.pick<Attributes>([{}, { alpha: 0.01 }, { alpha: 0.2 }, { alpha: 0 }, { alpha: 1.5 }]),
        );
      case 7:
        return this.emit('Mul', [this.current, this.often(4) ? this.stored([], 0.5) : this.current]);
      case 8:
        return one('Gelu', this.pick<Attributes>([{}, { approximate: 'none' }, { approximate: 'tanh' }]));
      case 9:
        return this.clip();
      case 10:
        return this.geluFormula();
      case 11:
        return one(this.pick(['Selu', 'Softsign', 'HardSigmoid', 'Abs', 'Neg', 'Exp']));
      default:
        return this.emit('Sub', [this.current, this.stored([1])]);
    }
  }

  private clip(): string {
    const [min, max] = this.pick([
      [0, undefined],
      [0, 6],
      [-1, 1],
    ] as const);
    if (this.opset < 11) {
      const attributes = { min, ...(max === undefined ? {} : { max }) };
      return this.emit('Clip', [this.current], undefined, undefined, attributes);
    }
    const bounds = [this.stored([], min), ...(max === undefined ? [] : [this.stored([], max)])];
    return this.emit('Clip', [this.current, ...bounds]);
  }

  private geluFormula(): string {
    const z = this.current;
    const scalar = (number: number) => this.stored(this.pick([[], [], [1], [1, 1, 1]]), number);
    const half = () => scalar(this.often(12) ? 0.4995 : 0.5);
    if (this.next() % 2) this.emit('Div', [z, scalar(Math.SQRT2)]);
    else this.emit('Mul', [scalar(Math.SQRT1_2), z]);
    this.emit('Erf', [this.current]);
    this.emit('Add', [this.current, scalar(1)]);
    const sum = this.current;
    switch (this.next() % 3) {
      case 0:
        this.emit('Mul', [z, sum]);
        return this.emit('Mul', [this.current, half()]);
      case 1:
        this.emit('Mul', [half(), sum]);
        return this.emit('Mul', [this.current, z]);
      default:
        this.emit('Mul', [z, half()]);
        return this.emit('Mul', [this.current, sum]);
    }
  }

  private softmax(): void {
    const attributes = this.pick<Attributes>([
      {},
      { axis: 1 },
      { axis: -1 },
      { axis: 0 },
      { axis: 2 },
      { axis: -2 },
    ]);
    const opType = this.pick(['Softmax', 'LogSoftmax']);
    this.emit(opType, [this.current], undefined, undefined, attributes);
  }
}
