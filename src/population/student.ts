import { types } from 'node:util';
import { invalid, knownKeys, nonNegativeInteger } from '../arguments.js';
import type {
  DType,
  FloatArray,
  NativeFlow,
  NativeFlowOptions,
  StateBlock,
  Statistics,
} from '../native/addon.js';
import { allocate, checkFloats, checkLength } from '../native/arrays.js';
import { withBinaryAccuracy } from '../network/binary-accuracy.js';
import { checkFits } from '../network/data-fit.js';
import { checkDataset, type Dataset } from '../network/dataset.js';
import { describe } from '../network/description.js';
import { type Evaluation, evaluationsOf } from '../network/evaluation.js';
import { type TensorPlace, tensorLayout, tensorViews } from '../network/layout.js';
import { asDataset, checkStatistics, Network, type StatisticsOptions } from '../network/network.js';
import { checkKeptCounts, checkRemovalOrder, type KeptOptions } from '../network/removal-order.js';
import type { NetworkSpec } from '../network/spec.js';
import { checkAugmentable } from './augmentation.js';
import {
  checkGradientOptions,
  type Gradient,
  type GradientOptions,
  type NativeGradient,
} from './gradient.js';
import type { NativeHandle } from './native-handle.js';
import type { StudentPlan } from './student-options.js';

/** How far a student is. */
export interface Progress {
  /** Steps done. */
  readonly step: number;
  /** Epochs completed. */
  readonly epoch: number;
  /** Data loss of the last batch seen; NaN before the first, and after a restore. */
  readonly batchLoss: number;
  /** Wall time in seconds that training this student took, in this process. */
  readonly secondsTrained: number;
  /**
   * Present when a loss was not finite: the student trains no further, its parameters are those before that
   * step. `layer` is the first whose output was not finite, -1 when only the loss overflowed.
   */
  readonly divergence?: { readonly step: number; readonly layer: number; readonly learningRate: number };
}

/**
 * How a student is trained. On a GPU 'fused': many steps in one launch, all in the shared memory of its
 * multiprocessors; 'layerwise': a few launches per layer and step, because the student is too large for that;
 * far slower for a small one. On the CPU 'general': layer by layer through the executor of any graph, because
 * the student is not a chain of dense and spectral layers.
 */
export interface Execution {
  readonly kernels: 'fused' | 'layerwise' | 'general';
  /** The reason for the last two, as in "a step needs at least ... bytes of shared memory ...". */
  readonly reason?: string;
}

/** Everything that changes while a student trains; written back it continues bit for bit on the same engine. */
export interface StudentState {
  /** [parameters], as Network.parameters. */
  readonly parameters: FloatArray;
  /** Adam's m, or the velocity of SGD; in the order of parameters. */
  readonly firstMoment: FloatArray;
  /** Adam's v. */
  readonly secondMoment?: FloatArray;
  /** Running statistics, as Network.buffers; absent without batch norm. */
  readonly buffers?: FloatArray;
  /** For a student of a stream: epochs completed, and samples of the current one that have been used. */
  readonly epoch?: number;
  readonly position?: number;
  /** Updates of each tensor so far, [tensors]. */
  readonly updateCount: Float64Array;
  /** Steps done. */
  readonly step: number;
}

/** One member of a population. Its methods throw population_busy while the population works. */
export class Student {
  readonly #native: NativeHandle;
  readonly #places: readonly TensorPlace[];
  readonly #size: number;

  /** @internal Students are made by Population.create. */
  constructor(
    native: NativeHandle,
    /** Index in the population, from 0. */
    readonly index: number,
    readonly dtype: DType,
    /** Its options, checked and with every default written out. */
    readonly options: StudentPlan,
    /** How the device trains it; null where there is only one way (reference, and the CPU's fused path). */
    readonly execution: Execution | null,
  ) {
    this.#native = native;
    this.#places = tensorLayout(options.spec);
    this.#size = this.#places.reduce((count, place) => count + place.size, 0);
  }

  get spec(): NetworkSpec {
    return this.options.spec;
  }

  /** The student's network as it is now, a copy. */
  network(): Network {
    const parameters = this.#read('parameters', 'network()');
    return Network.ofStudent(this.spec, parameters, this.#read('buffers', 'network()'), this.#places);
  }

  /** How far it is. */
  progress(): Progress {
    return this.#native.ready('progress()').progress()[this.index] as Progress;
  }

  /** @throws data_mismatch */
  async evaluate(data: Dataset, options: StatisticsOptions = {}): Promise<Evaluation> {
    const native = this.#native.ready('evaluate()');
    this.#checkFits(checkDataset('data', data), true);
    const places: (ReturnType<Dataset['nativeOf']> | null)[] = Array(native.size).fill(null);
    places[this.index] = data.nativeOf(this.dtype);
    const statistics = this.#statistics(options);
    const [found] = evaluationsOf(await native.evaluate([places], statistics), 1, native.size);
    const own = found?.[this.index] as Evaluation;
    return withBinaryAccuracy(own, this.spec, data, () => this.predict(data, options));
  }

  /**
   * Outputs [samples][N_out] in the population's dtype.
   * @param inputs [samples][inputs]
   * @throws data_mismatch, invalid_argument
   */
  async predict(inputs: FloatArray | Dataset, options: StatisticsOptions = {}): Promise<FloatArray> {
    const native = this.#native.ready('predict()');
    const data = asDataset(inputs, this.spec);
    this.#checkFits(data, false);
    return native.predict(this.index, data.nativeOf(this.dtype), this.#statistics(options));
  }

  /** As Network.pruningLosses. */
  async pruningLosses(
    layer: number,
    removalOrder: Uint32Array,
    data: Dataset,
    options: StatisticsOptions & KeptOptions = {},
  ): Promise<Float64Array> {
    const native = this.#native.ready('pruningLosses()');
    const { kept, ...given } = options;
    checkRemovalOrder(this.spec, layer, removalOrder);
    checkKeptCounts(kept, removalOrder.length);
    this.#checkFits(checkDataset('data', data), true);
    const samples = data.nativeOf(this.dtype);
    const statistics = this.#statistics(given);
    const losses = await native.pruningCurve(this.index, layer, removalOrder, samples, statistics, kept);
    return kept === undefined ? losses : Float64Array.from(kept, (count) => losses[count] as number);
  }

  /** @internal Whether pruningLosses takes one sweep for all numbers of kept nodes. */
  get sweepsPruningLosses(): boolean {
    const { engine } = this.#native;
    return describe(this.spec).noChain === undefined && !/^reference|-general$/.test(engine);
  }

  /**
   * Loss and gradient at the present parameters over all of `data` as one batch. Blocks until done.
   * @throws data_mismatch
   */
  gradient(data: Dataset): Gradient {
    const native = this.#native.ready('gradient()');
    this.#checkFits(checkDataset('data', data), true);
    const block = allocate('the gradient', this.dtype, this.#size);
    const { dataLoss, penalty } = native.gradient(this.index, data.nativeOf(this.dtype), block);
    return { gradients: tensorViews(this.#places, block), dataLoss, penalty };
  }

  /**
   * As gradient(), as a promise: the event loop stays free meanwhile.
   * @throws data_mismatch, invalid_argument
   */
  async gradients(data: Dataset, options: GradientOptions = {}): Promise<Gradient> {
    const native = this.#native.ready('gradients()');
    const { inputs } = checkGradientOptions('options', options);
    this.#checkFits(checkDataset('data', data), true);
    const each: (ReturnType<Dataset['nativeOf']> | null)[] = Array(native.size).fill(null);
    each[this.index] = data.nativeOf(this.dtype);
    const found = await native.gradients(each, inputs, checkStatistics(this.spec, options));
    return this.gradientOf(found[this.index] as NativeGradient);
  }

  /**
   * Product of the Hessian of loss and penalty with a direction, at the present parameters, over all of `data` as one batch: exact
   * to rounding, on the host, for several times the cost of a gradient in plain loops.
   * @param direction one number per parameter, in the order and dtype of the network's `parameters`; that of frozen tensors counts as 0
   * @returns the product by tensor; 0 for frozen tensors
   * @throws data_mismatch, invalid_argument
   */
  async hessianProduct(
    data: Dataset,
    direction: FloatArray,
    options: StatisticsOptions = {},
  ): Promise<ReadonlyMap<string, FloatArray>> {
    const native = this.#native.ready('hessianProduct()');
    knownKeys('options', options, ['statistics']);
    this.#checkFits(checkDataset('data', data), true);
    if (this.options.population !== undefined && data === this.options.data)
      throw invalid(
        'data of hessianProduct()',
        'samples',
        data,
        'Of the population loss itself use hessianProduct() of populationLoss(), with student.network()',
      );
    checkFloats('direction', direction, this.dtype);
    checkLength('direction', direction, this.#size, 'the parameters of the network');
    const statistics = checkStatistics(this.spec, options);
    const samples = data.nativeOf(this.dtype);
    return tensorViews(this.#places, await native.hessianProduct(this.index, samples, direction, statistics));
  }

  /** @internal See gradientFlow() of eigenstudent/theory. */
  async gradientFlow(data: Dataset, start: Float64Array, options: NativeFlowOptions): Promise<NativeFlow> {
    const native = this.#native.ready('gradientFlow()');
    this.#checkFits(checkDataset('data', data), true);
    return native.gradientFlow(this.index, data.nativeOf(this.dtype), start, options);
  }

  /** @internal */
  gradientOf({ parameters, ...rest }: NativeGradient): Gradient {
    return { gradients: tensorViews(this.#places, parameters), ...rest };
  }

  /**
   * Replaces the training data of a student of a stream by other samples of the same shapes. Parameters, moments and the count of
   * steps stay; the epoch that was running ends, so that run(epoch + 1) trains once through the new data.
   * @throws invalid_argument when the student has fixed data, data_mismatch, population_busy
   */
  setData(data: Dataset): void {
    const native = this.#native.ready('setData()');
    if (this.options.stream === undefined)
      throw invalid(
        'setData()',
        'a student with the option stream',
        `student ${this.index}, which has fixed data`,
      );
    this.#checkFits(checkDataset('data', data), true);
    checkAugmentable(`student ${this.index}`, this.options.augment, data);
    native.setData(this.index, data.nativeOf(this.dtype));
  }

  /** A copy of everything that changes while the student trains. */
  state(): StudentState {
    const { step, updateCount, epoch, position } = this.#native.ready('state()').counters(this.index);
    const place = this.options.stream !== undefined && epoch !== undefined && position !== undefined;
    return {
      parameters: this.#read('parameters', 'state()'),
      firstMoment: this.#read('firstMoment', 'state()'),
      ...(this.#hasSecondMoment && { secondMoment: this.#read('secondMoment', 'state()') }),
      ...(this.#bufferSize > 0 && { buffers: this.#read('buffers', 'state()') }),
      ...(place && { epoch, position }),
      updateCount,
      step,
    };
  }

  /**
   * Continues from a state; a divergence is cleared. Nothing is changed when the state is refused.
   * @throws invalid_argument when an array has another kind or length
   */
  restore(state: StudentState): void {
    const native = this.#native.ready('restore()');
    knownKeys('state', state, [
      'parameters',
      'firstMoment',
      'secondMoment',
      'buffers',
      'epoch',
      'position',
      'updateCount',
      'step',
    ]);
    // every field is read before the first is checked: a getter could detach an array that was checked already
    const { parameters, firstMoment, secondMoment, buffers, epoch, position, updateCount, step } = state;
    const blocks: [StateBlock, unknown][] = [
      ['parameters', parameters],
      ['firstMoment', firstMoment],
    ];
    if (this.#hasSecondMoment) blocks.push(['secondMoment', secondMoment]);
    else if (secondMoment !== undefined)
      throw invalid('secondMoment of state', 'none, as SGD has one moment', secondMoment);
    if (this.#bufferSize > 0) blocks.push(['buffers', buffers]);
    else if (buffers !== undefined)
      throw invalid('buffers of state', 'none, as there is no batch norm', buffers);
    const arrays = blocks.map(([block, given]) => {
      const array = checkFloats(`${block} of state`, given, this.dtype);
      const what = block === 'buffers' ? "the student's buffers" : "the student's parameters";
      checkLength(`${block} of state`, array, block === 'buffers' ? this.#bufferSize : this.#size, what);
      return [block, array] as const;
    });
    if (!types.isFloat64Array(updateCount))
      throw invalid('updateCount of state', 'a Float64Array', updateCount);
    checkLength('updateCount of state', updateCount, this.#places.length, "the student's tensors");
    const counts = Float64Array.from(updateCount); // shared memory may change between check and use
    for (const [i, count] of counts.entries()) nonNegativeInteger(`updateCount[${i}] of state`, count);
    nonNegativeInteger('step of state', step);
    const place = this.#checkPlace(epoch, position);
    for (const [block, array] of arrays) native.write(this.index, block, array);
    native.setCounters(this.index, { step, updateCount: counts, ...place });
  }

  get #hasSecondMoment(): boolean {
    return this.options.optimizer.kind !== 'sgd';
  }

  #read(block: StateBlock, what: string): FloatArray {
    const into = allocate('the student', this.dtype, block === 'buffers' ? this.#bufferSize : this.#size);
    this.#native.ready(what).read(this.index, block, into);
    return into;
  }

  /** Native code checks that the position is one of the present chunk. */
  #checkPlace(epoch: unknown, position: unknown): { epoch: number; position: number } | undefined {
    if (this.options.stream === undefined) {
      if (epoch === undefined && position === undefined) return undefined;
      throw invalid('epoch and position of state', 'none, as the student has fixed data', epoch ?? position);
    }
    return {
      epoch: nonNegativeInteger('epoch of state', epoch),
      position: nonNegativeInteger('position of state', position),
    };
  }

  get #bufferSize(): number {
    return describe(this.spec).bufferScalars;
  }

  #statistics(options: StatisticsOptions): Statistics | undefined {
    knownKeys('options', options, ['statistics']);
    return checkStatistics(this.spec, options);
  }

  #checkFits(data: Dataset, needsTargets: boolean): void {
    checkFits(`student ${this.index}`, data, this.spec, needsTargets);
  }
}
