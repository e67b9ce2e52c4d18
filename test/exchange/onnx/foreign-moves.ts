/** Operators that move the numbers of a tensor, in every variant; some of them out of their rows. */
import { elementTypes } from '../../../src/exchange/onnx/schema.js';
import { ModelTape } from './model-tape.js';
import { type Attributes, node, sizes } from './models.js';

export class ForeignMoves extends ModelTape {
  /** To [samples, numbers] mostly, by one of the ways in which graphs get there; or elsewhere. */
  protected move(): string {
    const [samples = 1, ...inner] = this.shape;
    const numbers = inner.reduce((product, size) => product * size, 1);
    const rows = [samples, numbers];
    switch (this.next() % 11) {
      case 0:
      case 1:
        return this.emit(
          'Flatten',
          [this.current],
          undefined,
          rows,
          this.pick<Attributes>([{}, { axis: 1 }]),
        );
      case 2:
      case 3:
        return this.reshape(samples, numbers);
      case 4:
        return this.reshapeByShape(rows, numbers);
      case 5:
        return this.flattenAt(this.pick([0, 2, -1, -2, 3]));
      case 6:
        return this.transpose();
      case 7:
        return this.pick([0, 1]) ? this.squeeze() : this.unsqueeze();
      case 8:
        return this.dropout();
      case 9: {
        const to = this.pick([this.elementType(), elementTypes.float, elementTypes.int64]);
        return this.emit('Cast', [this.current], undefined, undefined, { to });
      }
      default:
        return this.emit('Identity', [this.current]);
    }
  }

  private dropout(): string {
    if (this.opset < 12) return this.emit('Dropout', [this.current], undefined, undefined, { ratio: 0.5 });
    return this.emit('Dropout', [this.current, this.stored([], 0.5)]);
  }

  private reshape(samples: number, numbers: number): string {
    const { length } = this.shape;
    const all = samples * numbers;
    const targets: [readonly number[], readonly number[]][] = [
      [
        [-1, numbers],
        [samples, numbers],
      ],
      [
        [0, -1],
        [samples, numbers],
      ],
      [
        [0, numbers],
        [samples, numbers],
      ],
      [
        [samples, -1],
        [samples, numbers],
      ],
      [
        [samples, numbers],
        [samples, numbers],
      ],
      [
        [-1, 1, numbers],
        [samples, 1, numbers],
      ],
      [
        [0, 2, -1],
        [samples, 2, numbers / 2],
      ],
      [
        [-1, 2],
        [all / 2, 2],
      ],
      [
        [1, -1],
        [1, all],
      ],
      [[-1], [all]],
      [
        [numbers, -1],
        [numbers, samples],
      ],
      [Array(length).fill(0), this.shape],
      [
        [-1, numbers, 1],
        [samples, numbers, 1],
      ],
      [
        [-1, 1],
        [all, 1],
      ],
    ];
    const [wanted, result] = this.pick(this.often(2) ? targets : targets.slice(0, 5));
    const target = wanted.map(Math.floor);
    const shape = this.name();
    if (this.often(3)) this.nodes.push(node('Constant', [], shape, { value: sizes('', ...target) }));
    else this.tensors.push(sizes(shape, ...target));
    const attributes: Attributes = this.opset >= 14 && this.often(8) ? { allowzero: 1 } : {};
    return this.emit('Reshape', [this.current, shape], undefined, result, attributes);
  }

  /** x.view(x.size(0), -1) */
  private reshapeByShape(rows: readonly number[], numbers: number): string {
    const [s, p, g, a, l, u, t] = Array.from({ length: 7 }, () => this.name()) as [
      string,
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    this.nodes.push(node('Shape', [this.current], s));
    const which = this.often(6) ? 1 : 0;
    this.tensors.push({ ...sizes(p, which), dims: [] }, sizes(l, this.pick([-1, numbers])));
    this.nodes.push(node('Gather', [s, p], g, { axis: 0 }));
    if (this.opset < 13) this.nodes.push(node('Unsqueeze', [g], u, { axes: [0] }));
    else {
      this.tensors.push(sizes(a, 0));
      this.nodes.push(node('Unsqueeze', [g, a], u));
    }
    this.nodes.push(node('Concat', this.often(8) ? [l, u] : [u, l], t, { axis: 0 }));
    return this.emit('Reshape', [this.current, t], undefined, rows);
  }

  protected flattenAt(axis: number): string {
    const at = axis < 0 ? axis + this.shape.length : axis;
    const count = (part: readonly number[]) => part.reduce((product, size) => product * size, 1);
    const result = [count(this.shape.slice(0, at)), count(this.shape.slice(at))];
    return this.emit('Flatten', [this.current], undefined, result, { axis });
  }

  private transpose(): string {
    const axes = [...this.shape.keys()];
    const perm = this.pick([[...axes].reverse(), axes, [0, ...axes.slice(1).reverse()]]);
    const result = perm.map((axis) => this.shape[axis] as number);
    return this.emit('Transpose', [this.current], undefined, result, { perm });
  }

  private squeeze(): string {
    const ones = [...this.shape.keys()].filter((axis) => this.shape[axis] === 1);
    // without axes, what is left of one sample has another rank than of two
    const all = this.shape[0] !== 1 && this.often(4);
    const axes = all || ones.length === 0 ? [] : [this.pick(ones)];
    const result = this.shape.filter((size, axis) => (axes.length > 0 ? !axes.includes(axis) : size !== 1));
    return this.withAxes('Squeeze', axes, result);
  }

  private unsqueeze(): string {
    const axis = this.pick([1, 0, this.shape.length]);
    const result = [...this.shape.slice(0, axis), 1, ...this.shape.slice(axis)];
    return this.withAxes('Unsqueeze', [this.often(3) ? axis - result.length : axis], result);
  }

  private withAxes(opType: string, axes: readonly number[], result: readonly number[]): string {
    if (axes.length === 0) return this.emit(opType, [this.current], undefined, result);
    if (this.opset < 13) return this.emit(opType, [this.current], undefined, result, { axes });
    const name = this.name();
    this.tensors.push(sizes(name, ...axes));
    return this.emit(opType, [this.current, name], undefined, result);
  }
}
