/** A golden case as the public API takes it. The cases come from PyTorch; their conventions are written in each. */
import {
  type Activation,
  adam,
  adamW,
  Dataset,
  dense,
  type Layer,
  type Loss,
  type Optimizer,
  type StudentOptions,
  sgd,
  spectral,
} from '../../src/index.js';

type Values = readonly number[] | readonly (readonly number[])[];
type Tensors = Readonly<Record<string, Values>>;

export interface GoldenCase {
  readonly loss: Loss;
  readonly layers: readonly {
    readonly kind: 'spectral' | 'dense';
    readonly in: number;
    readonly out: number;
    readonly activation: Activation;
    readonly l1: Readonly<Record<string, number>>;
    readonly l2: Readonly<Record<string, number>>;
    readonly groupLasso?: Readonly<Record<string, number>>;
    readonly frozen: readonly string[];
    readonly params: Tensors;
  }[];
  /** [batch][in] */
  readonly x: readonly (readonly number[])[];
  /** [batch][out], or [batch] classes */
  readonly t: Values;
  /** [batch][out] */
  readonly output: readonly (readonly number[])[];
  readonly dataLoss: number;
  readonly penalty: number;
  /** One a layer; frozen tensors have none. */
  readonly gradients: readonly Tensors[];
  readonly optimizer: { readonly kind: string; readonly learningRate: number } & Readonly<
    Record<string, unknown>
  >;
  readonly steps: number;
  readonly after: {
    readonly dataLoss: number;
    readonly penalty: number;
    readonly params: readonly Tensors[];
  };
}

export function flat(values: Values): number[] {
  return values.flat();
}

export function studentOf(golden: GoldenCase): StudentOptions {
  const classes = golden.loss === 'crossEntropy';
  const data = Dataset.create({
    inputs: Float64Array.from(flat(golden.x)),
    inputCount: (golden.x[0] as readonly number[]).length,
    ...(classes ? { classes: flat(golden.t) } : { targets: Float64Array.from(flat(golden.t)) }),
  });
  return {
    layers: golden.layers.map(layerOf),
    loss: golden.loss,
    data,
    optimizer: optimizerOf(golden.optimizer),
    batchSize: data.samples,
    epochs: golden.steps,
    seed: 0,
  };
}

function layerOf(layer: GoldenCase['layers'][number]): Layer {
  const names = Object.keys(layer.params);
  const options = {
    activation: layer.activation,
    bias: names.includes('bias'),
    trainable: names.filter((name) => !layer.frozen.includes(name)),
    l1: layer.l1,
    l2: layer.l2,
    groupLasso: layer.groupLasso ?? {},
    initialize: Object.fromEntries(names.map((name) => [name, flat(layer.params[name] as Values)])),
  };
  // the builders check every name that comes out of the file
  return layer.kind === 'spectral'
    ? spectral(layer.out, options as Parameters<typeof spectral>[1])
    : dense(layer.out, options as Parameters<typeof dense>[1]);
}

function optimizerOf({ kind, ...numbers }: GoldenCase['optimizer']): Optimizer {
  switch (kind) {
    case 'sgd':
      return sgd(numbers);
    case 'adam':
      return adam(numbers);
    case 'adamW':
      return adamW(numbers);
    default:
      throw new Error(`no optimizer is called ${kind}`);
  }
}
