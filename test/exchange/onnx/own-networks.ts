/**
 * Networks of this package made of layers of images and of graphs: what is chosen comes from a tape of numbers, so that a failing
 * network is found again and made smaller.
 */
import { activation, add, batchNorm, concat } from '../../../src/network/graph-layers.js';
import {
  averagePool2d,
  conv2d,
  convTranspose2d,
  flatten,
  globalAveragePool,
  maxPool2d,
  spectralConv2d,
} from '../../../src/network/image-layers.js';
import { activations, dense, type Layer, spectral } from '../../../src/network/layers.js';
import { Network } from '../../../src/network/network.js';
import { seededRandom } from '../../../src/network/random.js';

type Image = readonly [channels: number, height: number, width: number];

export class OwnNetworks {
  readonly #layers: Layer[] = [];
  #at = 0;
  #image: Image = [1, 1, 1];
  #last = 'input';

  constructor(readonly tape: readonly number[]) {}

  make(): Network {
    this.#image = [this.#pick([3, 1, 2, 4]), this.#pick([6, 5, 7, 8]), this.#pick([6, 5, 4, 9])];
    const inputs = [...this.#image];
    const count = 1 + (this.#next() % 6);
    for (let i = 0; i < count; ++i) this.#step();
    if (this.#layers.length > 0 && this.#often(5)) return this.#network(inputs);
    this.#push(this.#next() % 2 ? globalAveragePool() : flatten());
    if (this.#often(3)) this.#push(batchNorm());
    if (this.#often(2)) this.#push(spectral(5, { activation: this.#pick(activations), bias: true }));
    this.#push(dense(3, { bias: true }));
    return this.#network(inputs);
  }

  /** With numbers of their own for scales, biases and running statistics. */
  #network(inputs: readonly number[]): Network {
    const network = Network.create(
      { inputs, layers: this.#layers },
      { seed: this.tape[0] ?? 0, dtype: this.#often(6) ? 'float64' : 'float32' },
    );
    const random = seededRandom(3 + (this.tape[0] ?? 0));
    for (const [name, tensor] of network.tensors())
      if (/scale|shift|bias|eigenvalues/.test(name))
        tensor.forEach((_, i) => {
          tensor[i] = 0.5 + random();
        });
    network.buffers.forEach((_, i) => {
      network.buffers[i] = 0.2 + random();
    });
    return network;
  }

  #step(): void {
    const [channels] = this.#image;
    const choice = this.#next() % 9;
    if (choice < 2) this.#convolution();
    else if (choice === 2) this.#pool();
    else if (choice === 3)
      this.#push(batchNorm({ momentum: this.#pick([0.1, 0.25, 0]), epsilon: this.#pick([1e-5, 1e-3]) }));
    else if (choice === 4) this.#push(activation(this.#pick(activations.slice(1))));
    else if (choice === 5) this.#residual();
    else if (choice === 6) this.#concatenated();
    else if (choice === 7) this.#transposed();
    else
      this.#push(conv2d(channels, 3, { groups: channels, padding: 1, activation: this.#pick(activations) }));
  }

  #transposed(): void {
    const [, height, width] = this.#image;
    const options = { stride: 2, padding: this.#pick([0, 1]), outputPadding: this.#pick([0, 1]) };
    const size = (extent: number) => (extent - 1) * 2 - 2 * options.padding + 3 + options.outputPadding;
    if (height > 5 || width > 5) return;
    this.#image = [2, size(height), size(width)];
    this.#push(convTranspose2d(2, 3, { ...options, bias: this.#often(2) }));
  }

  #convolution(): void {
    const [channels, height, width] = this.#image;
    const groups = this.#often(3) && channels % 2 === 0 ? 2 : 1;
    const kernel = [this.#pick([3, 1, 2]), this.#pick([3, 2, 1])] as const;
    const stride = [this.#pick([1, 2]), this.#pick([1, 2, 3])] as const;
    const padding = [this.#pick([1, 0, 2]), this.#pick([0, 1])] as const;
    const dilation = [this.#pick([1, 1, 2]), this.#pick([1, 1, 2])] as const;
    const count = (axis: 0 | 1, size: number) =>
      Math.floor((size + 2 * padding[axis] - dilation[axis] * (kernel[axis] - 1) - 1) / stride[axis]) + 1;
    const [rows, columns] = [count(0, height), count(1, width)];
    if (rows < 1 || columns < 1) return;
    const output = this.#pick([4, 2]);
    const options = { stride, padding, dilation, groups, activation: this.#pick(activations) };
    this.#image = [output, rows, columns];
    const bias = this.#often(2);
    this.#push(
      this.#next() % 2
        ? conv2d(output, kernel, { ...options, bias })
        : spectralConv2d(output, kernel, { ...options, bias }),
    );
  }

  #pool(): void {
    const [channels, height, width] = this.#image;
    const [kernel, stride, padding] = [this.#pick([2, 3]), this.#pick([2, 1, 3]), this.#pick([0, 1])];
    const count = (size: number) => Math.floor((size + 2 * padding - kernel) / stride) + 1;
    if (count(height) < 1 || count(width) < 1) return;
    this.#image = [channels, count(height), count(width)];
    const options = { stride, padding };
    this.#push(
      this.#next() % 2
        ? maxPool2d(kernel, options)
        : averagePool2d(kernel, { ...options, countIncludePad: this.#often(2) }),
    );
  }

  #residual(): void {
    const [channels] = this.#image;
    const before = this.#last;
    this.#push(conv2d(channels, 3, { padding: 1 }));
    this.#push(batchNorm());
    const names = [before, this.#last, ...(this.#often(3) ? [before] : [])];
    this.#push(add(names, { name: this.#nextName() }));
  }

  #concatenated(): void {
    const [channels, height, width] = this.#image;
    if (channels > 8) return;
    const before = this.#last;
    this.#push(conv2d(2, 1, { activation: 'relu' }));
    this.#push(concat([this.#last, before], { name: this.#nextName() }));
    this.#image = [3, height, width];
    this.#push(conv2d(3, 1)); // a sum of a concatenation and of one layer is refused: their units do not meet one by one
  }

  #push(layer: Layer): void {
    const name = layer.name ?? this.#nextName();
    this.#layers.push({ ...layer, name });
    this.#last = name;
  }

  #nextName(): string {
    return `l${this.#layers.length}`;
  }

  #next(): number {
    return this.tape[this.#at++] ?? 0;
  }

  #often(oneOf: number): boolean {
    return this.#next() % oneOf === oneOf - 1;
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[this.#next() % choices.length] as T;
  }
}
