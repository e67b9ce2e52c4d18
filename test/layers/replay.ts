/** Cases of conv-golden (conv-golden/README.md) as networks of this package. */
import {
  type Activation,
  activation,
  add,
  averagePool2d,
  batchNorm,
  conv2d,
  convTranspose2d,
  Dataset,
  type DatasetOptions,
  dense,
  flatten,
  globalAveragePool,
  type Layer,
  type Loss,
  maxPool2d,
  Network,
  type Size2d,
  spectral,
  spectralConv2d,
} from '../../src/index.js';
import type { Term } from '../../src/network/objective.js';

interface Tensor {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
interface Node {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly activation?: Activation;
  readonly slope?: number;
  readonly momentum?: number;
  readonly epsilon?: number;
  readonly kernel?: Size2d;
  readonly stride?: Size2d;
  readonly padding?: Size2d;
  readonly dilation?: Size2d;
  readonly groups?: number;
  readonly outputPadding?: Size2d;
  readonly countIncludePad?: boolean;
}
interface GoldenLoss {
  readonly kind: string;
  readonly temperature?: number;
  readonly alpha?: number;
  readonly power?: 1 | 2;
  readonly gradient?: Tensor;
  readonly teacher?: Tensor;
  readonly target?: Tensor;
  readonly labels?: readonly number[];
}
export interface Case {
  readonly format: string;
  readonly name: string;
  readonly mode: 'train' | 'eval' | 'batchStatistics';
  readonly graph: readonly Node[];
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly frozen: readonly string[];
  readonly loss: GoldenLoss;
  readonly l2: Readonly<Record<string, number>>;
  readonly expect: {
    readonly outputs: Readonly<Record<string, Tensor>>;
    readonly dataLoss: number;
    readonly penalty: number;
    readonly gradients: Readonly<Record<string, Tensor>>;
    readonly buffers?: Readonly<Record<string, Tensor>>;
  };
}

/** A network with the case's numbers, and its data, in float64. */
export function build(golden: Case): { readonly network: Network; readonly data: Dataset } {
  const x = golden.tensors.x as Tensor;
  const samples = x.shape[0] as number;
  const { loss, ...targets } = lossOf(golden.loss, samples);
  const options = {
    inputs: x.shape.slice(1),
    layers: golden.graph.map((node) => layerOf(golden, node)),
    loss,
  };
  const network = Network.create(options, { seed: 0, dtype: 'float64' });
  for (const [index, { name }] of golden.graph.entries())
    for (const [tensor, { data }] of Object.entries(golden.tensors))
      if (tensor.startsWith(`${name}.`))
        network.tensor(`layers.${index}.${tensor.slice(name.length + 1)}`).set(data);
  const data = Dataset.create({
    inputs: Float64Array.from(x.data),
    inputCount: network.spec.inputs,
    ...targets,
  });
  return { network, data };
}

function layerOf(
  golden: Case,
  { name, op, inputs, activation: f = 'linear', slope, momentum, epsilon, ...image }: Node,
): Layer {
  const place = { name, inputs: inputs.map((input) => (input === 'x' ? 'input' : input)) };
  const own = Object.keys(golden.tensors).filter((tensor) => tensor.startsWith(`${name}.`));
  const names = own.map((tensor) => tensor.slice(name.length + 1));
  const trainable = names.filter(
    (tensor) => !golden.frozen.includes(`${name}.${tensor}`) && !tensor.startsWith('running'),
  );
  const l2 = Object.fromEntries(
    names.flatMap((tensor) => {
      const coefficient = golden.l2[`${name}.${tensor}`];
      return coefficient === undefined ? [] : [[tensor, coefficient]];
    }),
  );
  const width = () =>
    golden.tensors[own.find((tensor) => /weights|eigenvectors/.test(tensor)) as string]?.shape[0] as number;
  const options = { trainable: trainable as never[], l2, ...place };
  switch (op) {
    case 'dense':
      return dense(width(), { bias: names.includes('bias'), ...options });
    case 'spectral':
      return spectral(width(), { bias: names.includes('bias'), ...options });
    case 'batchNorm':
      return batchNorm({ momentum: momentum as number, epsilon: epsilon as number, ...options });
    case 'conv2d':
    case 'spectralConv2d': {
      const { stride, padding, dilation, groups } = image;
      const kernels = own.find((tensor) => /weights|eigenvectors/.test(tensor)) as string;
      const size = golden.tensors[kernels]?.shape.slice(2) as [number, number];
      const all = { bias: names.includes('bias'), stride, padding, dilation, groups, ...options };
      return op === 'conv2d' ? conv2d(width(), size, all) : spectralConv2d(width(), size, all);
    }
    case 'maxPool2d':
    case 'averagePool2d': {
      const { kernel, stride, padding, countIncludePad } = image;
      const window = { stride, padding, ...place };
      return op === 'maxPool2d'
        ? maxPool2d(kernel as Size2d, window)
        : averagePool2d(kernel as Size2d, { ...window, countIncludePad });
    }
    case 'convTranspose2d': {
      const { stride, padding, outputPadding } = image;
      const [, channels = 0, ...size] = golden.tensors[`${name}.weights`]?.shape ?? [];
      const all = { bias: names.includes('bias'), stride, padding, outputPadding, ...options };
      return convTranspose2d(channels, size as unknown as [number, number], all);
    }
    case 'globalAveragePool':
      return globalAveragePool(place);
    case 'flatten':
      return flatten(place);
    case 'activation':
      return activation(f, { slope, ...place });
    case 'add':
      return add(place.inputs, { name });
    default:
      throw new Error(`no layer for the operation ${op}`);
  }
}

type Targets = Pick<DatasetOptions, 'classes' | 'named'> & { readonly loss: Loss };

function lossOf(
  { kind, temperature = 1, alpha = 1, power = 2, ...given }: GoldenLoss,
  samples: number,
): Targets {
  const numbers = ({ data }: Tensor) => Float64Array.from(data);
  const single = (term: Term, target: Float64Array): Targets => ({
    loss: { terms: [{ ...term, target: 'given' }] },
    named: { given: target },
  });
  const soft = () => softmaxRows(numbers(given.teacher as Tensor), samples, temperature);
  switch (kind) {
    case 'upstream':
      return single({ loss: 'upstream' }, numbers(given.gradient as Tensor));
    case 'softCrossEntropy':
      return single({ loss: 'softCrossEntropy', temperature }, soft());
    case 'factor':
      return single({ loss: 'factorDistance', power }, numbers(given.teacher as Tensor));
    case 'meanAbsoluteError':
    case 'meanSquaredError':
      return single({ loss: kind === 'meanSquaredError' ? 'mse' : kind }, numbers(given.target as Tensor));
    case 'distillation': {
      const terms: Term[] = [
        { loss: 'klDivergence', temperature, target: 'given', weight: alpha * temperature ** 2 },
        { loss: 'crossEntropy', weight: 1 - alpha },
      ];
      return { loss: { terms }, named: { given: soft() }, classes: given.labels as number[] };
    }
    case 'crossEntropy':
      return { loss: kind, classes: given.labels as number[] };
    default:
      throw new Error(`no term for the loss ${kind}`);
  }
}

/** softmax(row / temperature) of every row. */
function softmaxRows(logits: Float64Array, rows: number, temperature: number): Float64Array {
  const width = logits.length / rows;
  const all = logits.map((logit) => logit / temperature);
  for (let row = 0; row < rows; ++row) {
    const own = all.subarray(row * width, (row + 1) * width);
    const largest = Math.max(...own);
    const sum = own.reduce((total, logit) => total + Math.exp(logit - largest), 0);
    for (let i = 0; i < width; ++i) own[i] = Math.exp((own[i] as number) - largest) / sum;
  }
  return all;
}
