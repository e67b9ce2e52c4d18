/** ONNX models of images as other packages may write them: convolutions, pools, padding, residuals, either layout, in every variant. */
import { floatTensor } from '../../../src/exchange/onnx/tensor.js';
import type { ForeignModel } from './foreign-models.js';
import { ForeignMoves } from './foreign-moves.js';
import { type Attributes, modelBytes, type Sizes, sizes, value } from './models.js';

interface WindowChoice {
  readonly attributes: Attributes;
  /** Rows and columns of the result. */
  readonly counts: readonly [number, number];
}

/** Makes one model; its tape is long enough for about ten nodes. */
export class ForeignImages extends ForeignMoves {
  make(): ForeignModel {
    const samples = this.pick([2, 3, 1]);
    const channels = this.pick([3, 1, 2, 4]);
    const [height, width] = [this.pick([6, 5, 7, 8]), this.pick([6, 5, 9, 4])];
    const channelsLast = this.often(6);
    const fed = channelsLast ? [samples, height, width, channels] : [samples, channels, height, width];
    this.shape = [...fed];
    const first = this.pick(['N', null, samples]);
    const declared = this.often(20) ? [first, fed[1], 'H', 'W'] : [first, ...fed.slice(1)];
    const input = value('x', declared as Sizes, this.elementType());
    if (this.often(4)) this.affine();
    if (channelsLast) this.transposeTo([0, 3, 1, 2]);
    const count = 1 + (this.next() % 5);
    for (let i = 0; i < count; ++i) this.step();
    this.end();
    this.emit('Identity', [this.current], 'y', this.shape);
    const model = { nodes: this.nodes, tensors: this.tensors, inputs: [input] };
    const outputs = [value('y', undefined, this.elementType())];
    const text = JSON.stringify({ opset: this.opset, ...model }, (key, one) =>
      key === 'rawData' ? undefined : one,
    );
    const bytes = modelBytes({ ...model, outputs, opset: this.opset });
    return { bytes, shape: fed, double: this.double, text };
  }

  private step(): void {
    const choices = [
      () => this.convolution(),
      () => this.convolution(),
      () => this.pool(),
      () => this.pool(),
      () => this.batchNorm(),
      () => this.affine(),
      () => this.function(),
      () => this.pad(),
      () => this.residual(),
      () => this.concatenated(),
      () => this.transposed(),
    ];
    this.pick(choices)();
  }

  private function(): void {
    this.emit(this.pick(['Relu', 'Relu', 'Tanh', 'Sigmoid', 'LeakyRelu']), [this.current]);
  }

  private convolution(): void {
    const [samples = 1, channels = 1, height = 1, width = 1] = this.shape;
    const kernel = [this.pick([3, 1, 2]), this.pick([3, 2, 1])] as const;
    const chosen = this.window(kernel, [height, width], this.often(3));
    if (chosen === undefined) return;
    const depthwise = this.often(4);
    const groups = depthwise ? channels : channels % 2 === 0 && this.often(3) ? 2 : 1;
    const outputs = depthwise ? channels * this.pick([1, 2]) : this.pick([2, 4]);
    const operands = [this.current, this.stored([outputs, channels / groups, ...kernel])];
    if (this.often(2)) operands.push(this.stored([outputs]));
    const attributes = { ...chosen.attributes, ...(groups > 1 || this.often(2) ? { group: groups } : {}) };
    this.emit('Conv', operands, undefined, [samples, outputs, ...chosen.counts], attributes);
    if (this.often(3)) {
      const bias = this.stored([1, outputs, 1, 1]);
      this.emit('Add', this.often(2) ? [bias, this.current] : [this.current, bias]);
    }
  }

  private pool(): void {
    const [samples = 1, channels = 1, height = 1, width = 1] = this.shape;
    if (this.often(4)) this.emit('Relu', [this.current]);
    const kernel = [this.pick([2, 3]), this.pick([2, 3, 1])] as const;
    const ceil = this.opset >= 10 && this.often(3);
    const chosen = this.window(kernel, [height, width], false, ceil);
    if (chosen === undefined) return;
    const kind = this.pick(['MaxPool', 'AveragePool']);
    const attributes = {
      ...chosen.attributes,
      kernel_shape: kernel,
      ...(ceil ? { ceil_mode: 1 } : {}),
      ...(kind === 'AveragePool' && this.often(2) ? { count_include_pad: this.pick([1, 0]) } : {}),
    };
    this.emit(kind, [this.current], undefined, [samples, channels, ...chosen.counts], attributes);
  }

  /** Strides, dilations and one of the ways in which files give padding. */
  private window(
    kernel: readonly [number, number],
    image: readonly [number, number],
    dilated: boolean,
    ceil = false,
  ): WindowChoice | undefined {
    const strides = [this.pick([1, 2]), this.pick([2, 1, 3])];
    const dilations = dilated ? [this.pick([2, 1]), this.pick([1, 2])] : [1, 1];
    const covered = kernel.map((extent, axis) => (dilations[axis] as number) * (extent - 1) + 1);
    const automatic = this.often(3) ? this.pick(['SAME_UPPER', 'SAME_LOWER', 'VALID']) : undefined;
    const same = this.often(2);
    const pads = Array.from({ length: 4 }, () => this.next() % 3).map((pad, i, all) =>
      Math.min(same && i > 1 ? (all[i - 2] as number) : pad, (kernel[i % 2] as number) - 1),
    );
    const counts = image.map((size, axis) => {
      const stride = strides[axis] as number;
      if (automatic?.startsWith('SAME')) return Math.ceil(size / stride);
      const padding = automatic ? 0 : (pads[axis] as number) + (pads[axis + 2] as number);
      const steps = (size + padding - (covered[axis] as number)) / stride;
      const last = ceil ? Math.ceil(steps) : Math.floor(steps);
      const outside = ceil && last * stride >= size + (automatic ? 0 : (pads[axis] as number));
      return steps < 0 ? 0 : outside ? last : last + 1;
    });
    if (counts.some((count) => count < 1)) return undefined;
    const attributes = {
      ...(strides.some((stride) => stride > 1) || this.often(2) ? { strides } : {}),
      ...(dilated ? { dilations } : {}),
      ...(automatic ? { auto_pad: automatic } : pads.some((pad) => pad > 0) ? { pads } : {}),
    };
    return { attributes, counts: counts as [number, number] };
  }

  private transposed(): void {
    const [samples = 1, channels = 1, height = 1, width = 1] = this.shape;
    if (height > 6 || width > 6) return;
    const pads = [this.pick([0, 1]), this.pick([0, 1]), this.pick([0, 1]), this.pick([0, 1])];
    const added = [this.pick([0, 1]), this.pick([0, 1])];
    const counts = [height, width].map(
      (size, axis) =>
        (size - 1) * 2 + 3 - (pads[axis] as number) - (pads[axis + 2] as number) + (added[axis] as number),
    );
    const kernels = this.stored([channels, 2, 3, 3]);
    const attributes = { strides: [2, 2], pads, output_padding: added };
    this.emit('ConvTranspose', [this.current, kernels], undefined, [samples, 2, ...counts], attributes);
  }

  private batchNorm(): void {
    const channels = this.shape[1] ?? 1;
    const names = Array.from({ length: 3 }, () => this.stored([channels]));
    const variance = this.name();
    const numbers = Array.from({ length: channels }, () => 0.2 + this.random());
    this.tensors.push(
      this.double
        ? { name: variance, dims: [channels], dataType: this.elementType(), doubleData: numbers }
        : floatTensor(variance, [channels], numbers),
    );
    const attributes: Attributes = {
      ...(this.often(2) ? { epsilon: this.pick([1e-3, 1e-5]) } : {}),
      ...(this.often(3) ? { momentum: 0.99 } : {}),
    };
    this.emit('BatchNormalization', [this.current, ...names, variance], undefined, undefined, attributes);
  }

  /** By numbers that differ between channels, or not, or within them. */
  private affine(): void {
    const [, ...sample] = this.shape;
    const perChannel = sample.map((size, axis) => (axis === 0 ? size : 1));
    const perLast = sample.map((size, axis) => (axis === sample.length - 1 ? size : 1));
    const shape = this.pick([[1, ...perChannel], perChannel, [], perLast, [1], sample]);
    const opType = this.pick(['Sub', 'Mul', 'Add', 'Div']);
    const numbers = opType === 'Div' ? this.stored(shape, 0.7) : this.stored(shape);
    const reversed = opType !== 'Div' && this.often(4);
    this.emit(opType, reversed ? [numbers, this.current] : [this.current, numbers]);
  }

  private pad(): void {
    const [samples = 1, channels = 1, height = 1, width = 1] = this.shape;
    const [top, left, bottom, right] = [
      this.pick([0, 1]),
      this.pick([1, 0, 2]),
      this.pick([1, 0]),
      this.pick([1, 0]),
    ];
    const pads = [0, 0, top, left, 0, 0, bottom, right];
    const shape = [samples, channels, height + top + bottom, width + left + right];
    const mode: Attributes = this.often(12) ? { mode: 'reflect' } : {};
    if (this.opset < 11) this.emit('Pad', [this.current], undefined, shape, { pads, ...mode });
    else {
      const name = this.name();
      this.tensors.push(sizes(name, ...pads));
      const filled = this.often(3) ? [this.stored([], this.often(4) ? 0.5 : 0)] : [];
      this.emit('Pad', [this.current, name, ...filled], undefined, shape, mode);
    }
  }

  private residual(): void {
    const before = this.current;
    const channels = this.shape[1] ?? 1;
    const kernels = this.stored([channels, channels, 3, 3]);
    this.emit('Conv', [before, kernels], undefined, undefined, { pads: [1, 1, 1, 1] });
    if (this.often(2)) this.batchNorm();
    const opType = this.pick(['Add', 'Add', 'Sub', 'Sum']);
    const operands = [before, this.current];
    this.emit(opType, opType === 'Sum' && this.often(2) ? [...operands, before] : operands);
  }

  private concatenated(): void {
    const [samples = 1, channels = 1, ...extents] = this.shape;
    const before = this.current;
    const kernels = this.stored([2, channels, 1, 1]);
    const branch = this.emit('Conv', [before, kernels], undefined, [samples, 2, ...extents]);
    const shape = [samples, channels + 2, ...extents];
    this.emit('Concat', [before, branch], undefined, shape, { axis: this.pick([1, -3]) });
  }

  private transposeTo(perm: readonly number[]): void {
    const shape = perm.map((axis) => this.shape[axis] as number);
    this.emit('Transpose', [this.current], undefined, shape, { perm });
  }

  /** To features and a dense layer, by one of the ways in which graphs get there; or not at all. */
  private end(): void {
    const [samples = 1, channels = 1] = this.shape;
    if (this.often(6)) return;
    const pooled = [samples, channels, 1, 1];
    const way = this.next() % 8;
    if (way < 2) this.transposeTo([0, 2, 3, 1]);
    else if (way === 2) this.emit('GlobalAveragePool', [this.current], undefined, pooled);
    else if (way === 3) this.mean();
    if (this.shape.length > 2) this.move();
    if (this.shape.length !== 2) this.flattenAt(1);
    const numbers = this.shape[1] ?? 1;
    if (this.often(3)) this.emit('Mul', [this.current, this.stored([numbers])]);
    this.emit('MatMul', [this.current, this.stored([numbers, 3])], undefined, [this.shape[0] ?? 1, 3]);
    if (this.often(2)) this.emit('Add', [this.current, this.stored([3])]);
    if (this.often(3)) this.emit('Softmax', [this.current], undefined, undefined, { axis: 1 });
  }

  private mean(): void {
    const [samples = 1, channels = 1] = this.shape;
    const keepdims = this.pick([1, 0]);
    const shape = keepdims ? [samples, channels, 1, 1] : [samples, channels];
    const axes = this.pick([
      [2, 3],
      [-2, -1],
    ]);
    if (this.opset < 18) {
      this.emit('ReduceMean', [this.current], undefined, shape, { axes, keepdims });
      return;
    }
    const name = this.name();
    this.tensors.push(sizes(name, ...axes));
    this.emit('ReduceMean', [this.current, name], undefined, shape, { keepdims });
  }
}
