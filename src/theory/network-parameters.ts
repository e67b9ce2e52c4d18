/**
 * A network of the package with one hidden layer, seen as W [n][d] and a [n]; derivatives come back by the chain rule. A
 * spectral layer has W_ij = (lambda_in_j - lambda_out_i) phi_ij.
 */
import { EigenstudentError } from '../errors.js';
import type { Layer, MatrixLayer } from '../network/layers.js';
import { defaultSlope, isMatrixLayer } from '../network/layers.js';
import { type TensorPlace, tensorLayout } from '../network/layout.js';
import type { Network, NetworkSpec } from '../network/network.js';
import type { PopulationFunction } from './population-function.js';

/** What is linear in a layer's tensors or, of a spectral one, in each of them. */
interface LayerParameters {
  /** Along a direction of the parameters, into dW. */
  push(direction: ArrayLike<number>, into: Float64Array): void;
  /** Adds dL/dtheta from dL/dW. */
  pull(byWeights: ArrayLike<number>, into: Float64Array): void;
  /** Adds the change of pull() along a direction of the parameters, at a fixed dL/dW. */
  pullAlong(byWeights: ArrayLike<number>, direction: ArrayLike<number>, into: Float64Array): void;
}

type Wanted = PopulationFunction & { readonly inputs: number };

/** @throws invalid_network, with what it should be */
export function checkShallow(spec: NetworkSpec, wanted: Wanted): void {
  const received = unfit(spec, wanted);
  if (received === undefined) return;
  throw new EigenstudentError(
    'invalid_network',
    `expected a network of ${wanted.inputs} inputs, one hidden layer with activation ${wanted.name} and one linear output, dense or ` +
      `spectral, without biases, for a population loss, received ${received}`,
  );
}

/** What of a network is not as a population loss needs it. */
function unfit(spec: NetworkSpec, wanted: Wanted): string | undefined {
  const [hidden, output] = spec.layers;
  if (spec.layers.length !== 2) return `${spec.layers.length} layers`;
  if (!isMatrixLayer(hidden) || !isMatrixLayer(output))
    return `layers of kind ${spec.layers.map(({ kind }) => kind).join(' and ')}`;
  if (spec.inputs !== wanted.inputs) return `${spec.inputs} inputs`;
  const biased = [hidden, output].findIndex((layer) => 'bias' in layer.tensors);
  if (biased >= 0) return `a bias in layer ${biased}`;
  const slope = hidden.slope ?? defaultSlope;
  const isLeaky = hidden.activation === 'leakyRelu';
  if (hidden.activation !== wanted.activation || (isLeaky && slope !== wanted.slope))
    return `activation ${hidden.activation}${isLeaky ? ` of slope ${slope}` : ''}`;
  if (output.activation !== 'linear') return `activation ${output.activation} of the output`;
  if (output.width !== 1) return `${output.width} outputs`;
  return output.inputs?.[0] === 'input' ? 'an output that reads the input' : undefined;
}

/** W and a of a network, and derivatives with respect to its block of parameters. Frozen tensors have derivative 0. */
export class NetworkParameters {
  /** Of the block. */
  readonly size: number;
  readonly neurons: number;
  /** W [n][d], a [n] */
  readonly plain: Float64Array;
  readonly #layers: readonly LayerParameters[];
  readonly #split: number;
  /** 1 where a parameter trains, else 0 */
  readonly #trains: Float64Array;

  constructor(network: Network) {
    const block = Float64Array.from(network.parameters);
    const places = tensorLayout(network.spec);
    const [hidden, output] = network.spec.layers as unknown as readonly [MatrixLayer, MatrixLayer];
    this.size = block.length;
    this.neurons = hidden.width;
    this.#layers = [0, 1].map((k) =>
      layerParameters(
        block,
        places.filter(({ layer }) => layer === k),
      ),
    );
    this.#split = hidden.width * network.spec.inputs;
    this.#trains = trainable(block.length, places, [hidden, output]);
    this.plain = this.#pushed(block, true);
  }

  /** dL/dtheta from dL/d(W, a). */
  gradient(plain: Float64Array): Float64Array {
    const into = new Float64Array(this.size);
    for (const [k, layer] of this.#layers.entries()) layer.pull(this.#part(plain, k), into);
    return this.#masked(into);
  }

  /** d(W, a) along a direction of the block. */
  direction(direction: ArrayLike<number>): Float64Array {
    return this.#pushed(this.#masked(Float64Array.from(direction)), false);
  }

  /** The product of the Hessian with a direction of the block, from dL/d(W, a) and the product with d(W, a). */
  product(gradient: Float64Array, product: Float64Array, direction: ArrayLike<number>): Float64Array {
    const along = this.#masked(Float64Array.from(direction));
    const into = new Float64Array(this.size);
    for (const [k, layer] of this.#layers.entries()) {
      layer.pull(this.#part(product, k), into);
      layer.pullAlong(this.#part(gradient, k), along, into);
    }
    return this.#masked(into);
  }

  /** @param point the parameters themselves: a spectral layer, quadratic in its tensors, has half of push() */
  #pushed(direction: Float64Array, point: boolean): Float64Array {
    const plain = new Float64Array(this.#split + this.neurons);
    for (const [k, layer] of this.#layers.entries()) {
      const part = this.#part(plain, k);
      layer.push(direction, part);
      if (point && layer instanceof SpectralParameters)
        for (let i = 0; i < part.length; ++i) part[i] = (part[i] as number) / 2;
    }
    return plain;
  }

  #part(plain: Float64Array, layer: number): Float64Array {
    return layer === 0 ? plain.subarray(0, this.#split) : plain.subarray(this.#split);
  }

  #masked(values: Float64Array): Float64Array {
    for (let i = 0; i < values.length; ++i) values[i] = (values[i] as number) * (this.#trains[i] as number);
    return values;
  }
}

function trainable(size: number, places: readonly TensorPlace[], layers: readonly Layer[]): Float64Array {
  const trains = new Float64Array(size);
  for (const { layer, role, offset, size: length } of places) {
    const tensors = layers[layer]?.tensors as Readonly<Record<string, { readonly trainable: boolean }>>;
    if (tensors[role]?.trainable) trains.fill(1, offset, offset + length);
  }
  return trains;
}

function layerParameters(block: Float64Array, places: readonly TensorPlace[]): LayerParameters {
  const place = (role: string) => places.find((one) => one.role === role) as TensorPlace;
  return place('weights') === undefined
    ? new SpectralParameters(
        block,
        place('eigenvectors'),
        place('eigenvaluesIn').offset,
        place('eigenvaluesOut').offset,
      )
    : new DenseParameters(place('weights'));
}

class DenseParameters implements LayerParameters {
  constructor(readonly place: TensorPlace) {}

  push(direction: ArrayLike<number>, into: Float64Array): void {
    for (let i = 0; i < into.length; ++i) into[i] = direction[this.place.offset + i] as number;
  }

  pull(byWeights: ArrayLike<number>, into: Float64Array): void {
    into.set(byWeights, this.place.offset);
  }

  /** W is linear in the parameters. */
  pullAlong(): void {}
}

class SpectralParameters implements LayerParameters {
  readonly #columns: number;

  constructor(
    readonly block: Float64Array,
    readonly vectors: TensorPlace,
    /** Offsets of the eigenvalues. */
    readonly valuesIn: number,
    readonly valuesOut: number,
  ) {
    this.#columns = vectors.shape[1] as number;
  }

  push(direction: ArrayLike<number>, into: Float64Array): void {
    const { block } = this;
    this.#each((weight, vector, incoming, outgoing) => {
      const gap = (block[incoming] as number) - (block[outgoing] as number);
      const change = (direction[incoming] as number) - (direction[outgoing] as number);
      into[weight] = gap * (direction[vector] as number) + change * (block[vector] as number);
    });
  }

  pull(byWeights: ArrayLike<number>, into: Float64Array): void {
    this.#pull(byWeights, this.block, into);
  }

  /** pull() is linear in the layer's own parameters. */
  pullAlong(byWeights: ArrayLike<number>, direction: ArrayLike<number>, into: Float64Array): void {
    this.#pull(byWeights, direction, into);
  }

  #pull(byWeights: ArrayLike<number>, at: ArrayLike<number>, into: Float64Array): void {
    this.#each((weight, vector, incoming, outgoing) => {
      const by = byWeights[weight] as number;
      const byGap = by * (at[vector] as number);
      into[vector] = (into[vector] as number) + by * ((at[incoming] as number) - (at[outgoing] as number));
      into[incoming] = (into[incoming] as number) + byGap;
      into[outgoing] = (into[outgoing] as number) - byGap;
    });
  }

  /** Indices of W_ij, and in the block of phi_ij, lambda_in_j and lambda_out_i. */
  #each(use: (weight: number, vector: number, incoming: number, outgoing: number) => void): void {
    for (let weight = 0; weight < this.vectors.size; ++weight)
      use(
        weight,
        this.vectors.offset + weight,
        this.valuesIn + (weight % this.#columns),
        this.valuesOut + Math.floor(weight / this.#columns),
      );
  }
}
