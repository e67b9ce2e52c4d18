import { invalid, knownKeys, nonNegativeInteger, oneOf } from '../arguments.js';
import { writeSafetensors } from '../files/safetensors.js';
import type { DType, FloatArray, NativePopulation, Statistics } from '../native/addon.js';
import { allocate, checkFloats, checkLength, dtypeOf, toDType } from '../native/arrays.js';
import { amongst, bareOptionsCheck, called, type OptionsOf, optional, required } from '../options.js';
import { withBinaryAccuracy } from './binary-accuracy.js';
import { checkFits } from './data-fit.js';
import { checkDataset, Dataset } from './dataset.js';
import { describe } from './description.js';
import { chooseDeviceOnce, type DeviceOptions } from './device.js';
import { effectiveWeights } from './effective-weights.js';
import { type Evaluation, evaluationsOf } from './evaluation.js';
import { initialValues } from './initialize.js';
import { bufferLayout, type TensorPlace, tensorLayout, tensorViews } from './layout.js';
import { withNative } from './native-network.js';
import { networkToFile, readNetworkFile } from './network-file.js';
import { type Purpose, trialNumber } from './random.js';
import { checkHiddenLayer, checkKeptCounts, checkRemovalOrder, type KeptOptions } from './removal-order.js';
import { checkLayerIndex, type NetworkOptions, type NetworkSpec, networkSpec } from './spec.js';

export type { NetworkOptions, NetworkSpec } from './spec.js';

export const dtypes = ['float32', 'float64'] as const;

/** @internal */
const checkStart = bareOptionsCheck({
  /** Non-negative safe integer. */
  seed: called('seed of network', required(nonNegativeInteger)),
  /** Integer below 2^32. Default 0. */
  trial: called('trial of network', optional(trialNumber, 0)),
  /** Which stream the first values are drawn from. Default 'student'. */
  purpose: called('purpose of network', optional(amongst(['student', 'teacher']), 'student')),
  /** Default 'float32'. */
  dtype: optional(amongst(dtypes), 'float32'),
});
interface CreateOptions extends OptionsOf<typeof checkStart> {}

/** The statistics by which batch norm normalises. */
export interface StatisticsOptions {
  /**
   * 'running' (default): those accumulated in training. 'batch': those of all samples given. Only for
   * networks with batch norm.
   */
  readonly statistics?: Statistics;
}

/** 'auto' chooses the CPU here: copying to a GPU takes longer than computing. */
type WorkOptions = DeviceOptions & StatisticsOptions;

/**
 * A network with parameters: one flat block that holds the named tensors, and one of buffers (running
 * statistics).
 */
export class Network {
  readonly #places: readonly TensorPlace[];

  private constructor(
    readonly spec: NetworkSpec,
    /** Every tensor, one after the other, in the order of `tensors()`. It may be written to. */
    readonly parameters: FloatArray,
    /** Running statistics, one after the other, in the dtype of the parameters; empty without batch norm. */
    readonly buffers: FloatArray = firstBuffers(spec, dtypeOf(parameters)),
    places: readonly TensorPlace[] = tensorLayout(spec),
  ) {
    this.#places = places;
  }

  /** @internal The checked spec, with the places of its parameters. */
  static ofStudent(
    spec: NetworkSpec,
    parameters: FloatArray,
    buffers: FloatArray,
    places: readonly TensorPlace[],
  ): Network {
    return new Network(spec, parameters, buffers, places);
  }

  /**
   * A network with first values. The same seed and trial give the same numbers, in every dtype up to rounding.
   * @throws invalid_argument, invalid_network
   */
  static create(options: NetworkOptions, start: CreateOptions): Network {
    const { seed, trial, purpose: owner, dtype } = checkStart('Network.create', start);
    const spec = networkSpec(options);
    const places = tensorLayout(spec);
    const size = places.reduce((count, place) => count + place.size, 0);
    const parameters = allocate('the network', dtype, size);
    const purpose: Purpose = `${owner}Parameters`;
    const values = initialValues(spec, { seed, trial, purpose });
    for (const { name, offset } of places) parameters.set(values.get(name) as Float64Array, offset);
    return new Network(spec, parameters);
  }

  /**
   * A network with given numbers.
   * @param parameters the whole block, in the order of `tensors()`; kept by reference, its kind is the network's dtype
   * @param buffers running statistics, in the same dtype; kept by reference. Default: mean 0, variance 1
   * @throws invalid_argument, invalid_network
   */
  static from(options: NetworkOptions, parameters: FloatArray, buffers?: FloatArray): Network {
    const spec = networkSpec(options);
    const { parameters: size, bufferScalars } = describe(spec);
    checkLength('parameters', checkFloats('parameters', parameters), size, 'the parameters of the network');
    if (buffers === undefined) return new Network(spec, parameters);
    checkFloats('buffers', buffers, dtypeOf(parameters));
    checkLength('buffers', buffers, bufferScalars, 'the buffers of the network');
    return new Network(spec, parameters, buffers);
  }

  /**
   * A network that `save` wrote.
   * @throws file_unreadable, file_corrupt
   */
  static async load(path: string): Promise<Network> {
    const { spec, parameters, buffers } = readNetworkFile(path);
    return new Network(spec, parameters, buffers);
  }

  /** Of the parameters. */
  get dtype(): DType {
    return dtypeOf(this.parameters);
  }

  /** Views into `parameters` by name ("layers.0.eigenvectors", ...), matrices [N_out][N_in] row-major. */
  tensors(): ReadonlyMap<string, FloatArray> {
    return tensorViews(this.#places, this.parameters);
  }

  /**
   * A tensor, or a buffer ("layers.1.runningMean").
   * @throws invalid_argument when there is none of that name; the message lists the existing names
   */
  tensor(name: string): FloatArray {
    const place = this.#place(name);
    const block = this.#places.includes(place) ? this.parameters : this.buffers;
    return block.subarray(place.offset, place.offset + place.size);
  }

  /** [N_out, N_in] of a matrix, [length] of a vector. */
  shape(name: string): number[] {
    return [...this.#place(name).shape];
  }

  #place(name: string): TensorPlace {
    const places = [...this.#places, ...bufferLayout(this.spec)];
    const place =
      this.#places.find((candidate) => candidate.name === name) ?? places.find((one) => one.name === name);
    if (place) return place;
    throw invalid('the name of a tensor', `one of ${places.map((one) => one.name).join(', ')}`, name);
  }

  /**
   * W that a layer applies, a copy in the shape of its matrix or kernels: (eigenvaluesIn_j - eigenvaluesOut_i) eigenvectors_ij if
   * spectral; of a convolution i counts output channels, and j channels that are read.
   * @throws invalid_argument for a layer that has neither
   */
  effectiveWeights(layer: number): FloatArray {
    return effectiveWeights(this.spec, checkLayerIndex(this.spec, layer), (name) => this.tensor(name));
  }

  /**
   * Outputs of the last layer, [samples][N_out], in the network's dtype.
   * @param inputs [samples][inputs]
   * @throws data_mismatch, invalid_argument
   */
  async predict(inputs: FloatArray | Dataset, options: WorkOptions = {}): Promise<FloatArray> {
    const data = asDataset(inputs, this.spec);
    checkFits('predict', data, this.spec, false);
    return this.#work(options, (native, statistics) =>
      native.predict(0, data.nativeOf(this.dtype), statistics),
    );
  }

  /** @throws data_mismatch, invalid_argument */
  async evaluate(data: Dataset, options: WorkOptions = {}): Promise<Evaluation> {
    checkFits('evaluate', checkDataset('data', data), this.spec, true);
    const numbers = await this.#work(options, (native, statistics) =>
      native.evaluate([[data.nativeOf(this.dtype)]], statistics),
    );
    const found = evaluationsOf(numbers, 1, 1)[0]?.[0] as Evaluation;
    return withBinaryAccuracy(found, this.spec, data, () => this.predict(data, options));
  }

  /**
   * Data loss for numbers of kept nodes of a hidden layer and the layers that share its units: entry k of [N_out + 1] with the
   * last k nodes of the order kept. A removed node outputs 0. Chains of dense and spectral layers take one sweep; other networks a
   * pass over the data per number.
   * @param removalOrder all nodes of the layer, the first removed first
   * @param options kept: ascending numbers of kept nodes; the result then has their losses only, [kept.length]
   * @throws invalid_argument, data_mismatch
   */
  async pruningLosses(
    layer: number,
    removalOrder: Uint32Array,
    data: Dataset,
    options: WorkOptions & KeptOptions = {},
  ): Promise<Float64Array> {
    const { kept, ...work } = options;
    checkRemovalOrder(this.spec, layer, removalOrder);
    checkKeptCounts(kept, removalOrder.length);
    checkFits('pruningLosses', checkDataset('data', data), this.spec, true);
    const samples = data.nativeOf(this.dtype);
    const losses = await this.#work(work, (native, statistics) =>
      native.pruningCurve(0, layer, removalOrder, samples, statistics, kept),
    );
    return kept === undefined ? losses : Float64Array.from(kept, (count) => losses[count] as number);
  }

  /** @internal Running statistics measured again; see recalibrate(). [buffers] */
  async measureBuffers(data: Dataset, batchSize: number): Promise<FloatArray> {
    const samples = data.nativeOf(this.dtype);
    return this.#work({ device: 'cpu' }, async (native) => {
      await native.recalibrate(0, samples, batchSize);
      const buffers = this.buffers.slice();
      native.read(0, 'buffers', buffers);
      return buffers;
    });
  }

  /**
   * The order in which an oracle would remove the nodes of a hidden layer, the first removed first: at each
   * step that node without which the loss on `data` is least, the first of equals. It evaluates every
   * remaining node at every step, h (h + 1) / 2 passes, on one thread of the CPU: through the layers above it
   * where only one layer with a matrix reads its nodes, as in chains (1.3 and 4.7 s for h = 200 and 400 with
   * 2 000 samples and 20 nodes above, an AVX-512 Xeon beside other work), else through the whole network.
   * @throws invalid_argument, data_mismatch
   */
  async oracleOrder(layer: number, data: Dataset): Promise<Uint32Array> {
    checkHiddenLayer(this.spec, layer);
    checkFits('oracleOrder', checkDataset('data', data), this.spec, true);
    const samples = data.nativeOf(this.dtype);
    return this.#work({ device: 'cpu' }, (native) => native.oracleOrder(0, layer, samples));
  }

  #work<Result>(
    options: WorkOptions,
    work: (native: NativePopulation, statistics: Statistics | undefined) => Promise<Result>,
  ): Promise<Result> {
    knownKeys('options', options, ['device', 'devices', 'statistics']);
    const statistics = checkStatistics(this.spec, options);
    return withNative(this, chooseDeviceOnce(options, this.dtype), (native) => work(native, statistics));
  }

  /**
   * Writes tensors and structure to a safetensors file.
   * @throws file_unwritable
   */
  async save(path: string): Promise<void> {
    const { tensors, metadata } = networkToFile(this.spec, this.parameters, this.buffers);
    await writeSafetensors(path, tensors, metadata);
  }

  /** A deep copy; in another dtype if one is given. */
  clone(dtype: DType = this.dtype): Network {
    oneOf('dtype', dtype, dtypes);
    const copied = (what: string, from: FloatArray) => {
      const converted = toDType(what, from, dtype);
      return converted === from ? converted.slice() : converted;
    };
    return new Network(this.spec, copied('parameters', this.parameters), copied('buffers', this.buffers));
  }
}

/** Means of 0 and variances of 1. */
function firstBuffers(spec: NetworkSpec, dtype: DType): FloatArray {
  const block = allocate('the buffers', dtype, describe(spec).bufferScalars);
  for (const { offset, size, initial } of describe(spec).buffers) block.fill(initial, offset, offset + size);
  return block;
}

/** @throws invalid_argument when `statistics` is given for a network without batch norm */
export function checkStatistics(
  spec: NetworkSpec,
  { statistics }: StatisticsOptions,
): Statistics | undefined {
  if (statistics === undefined) return undefined;
  oneOf('statistics', statistics, ['running', 'batch']);
  if (describe(spec).bufferScalars > 0) return statistics;
  throw invalid('statistics', 'none, as the network has no batch norm', statistics);
}

/** Raw inputs as data without targets. */
export function asDataset(inputs: FloatArray | Dataset, spec: NetworkSpec): Dataset {
  return inputs instanceof Dataset ? inputs : Dataset.create({ inputs, inputCount: spec.inputs });
}

/** @throws invalid_argument unless `value` is a Network */
export function checkNetwork(where: string, value: unknown): Network {
  if (!(value instanceof Network)) throw invalid(where, 'a Network', value);
  return value;
}
