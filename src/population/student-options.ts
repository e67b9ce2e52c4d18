/** The options of one student, and their check. */
import { flag, invalid, nonNegativeInteger, positiveInteger, someName } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import type { NativePhase, NativeStudentSpec } from '../native/addon.js';
import { checkFits } from '../network/data-fit.js';
import { Dataset } from '../network/dataset.js';
import { unitsOf } from '../network/description.js';
import { imageKinds } from '../network/image-layers.js';
import type { ImageShape } from '../network/image-shape.js';
import { toNativeNetwork } from '../network/native-spec.js';
import { checkNetwork, type Network } from '../network/network.js';
import { tensorsOf } from '../network/network-spec.js';
import { checkLoss, type Loss, toNativeObjective } from '../network/objective.js';
import { trialNumber } from '../network/random.js';
import type { LayerOrBlock } from '../network/residual-block.js';
import { type NetworkSpec, networkSpec } from '../network/spec.js';
import { type OptionsOf, optional, optionsCheck, required, unchecked } from '../options.js';
import { PopulationLoss } from '../theory/population-loss.js';
import {
  type Augmentation,
  type AugmentationPlan,
  checkAugmentation,
  planAugmentation,
  toNativeAugmentation,
} from './augmentation.js';
import { checkOptimizer, type Optimizer } from './optimizers.js';
import { type Phase, toNativePhases } from './phases.js';

/** Training data, possibly with validation and test data. */
export interface SplitData {
  readonly train: Dataset;
  readonly validation?: Dataset;
  readonly test?: Dataset;
}

interface TrainingData {
  readonly splits: SplitData;
  readonly population: PopulationLoss | undefined;
}

/** @internal */
const checkOptions = optionsCheck({
  /** Made by spectral(), dense(), residual() and the others. May be left out where `network` is given. */
  layers: optional(unchecked<readonly LayerOrBlock[]>),
  /**
   * Features of a sample, or its shape. Default: those of `network`, or of the data: their shape where there are layers of images, else
   * their number.
   */
  inputs: optional(unchecked<number | readonly number[]>),
  /** Default: 'crossEntropy' for data with classes, else 'mse'. */
  loss: optional(unchecked<Loss>),
  /**
   * Training data; of splits, `train`. Students that share a Dataset share its copy in native memory. Or a population loss, made by
   * populationLoss() of eigenstudent/theory: every step then has its exact gradient, and an epoch is one step.
   */
  data: required<TrainingData, Dataset | SplitData | PopulationLoss>(checkData),
  /** Made by sgd(), adam() or adamW(). */
  optimizer: required(checkOptimizer),
  /**
   * Samples per step, required with data. An epoch's last batch may be smaller; more than there are samples means one batch. Absent
   * with a population loss.
   */
  batchSize: optional(positiveInteger),
  /** Passes over the data, reshuffled each time. */
  epochs: required(checkEpochs),
  /** Selects, with `trial`, the streams of the first values and the shuffles. Non-negative safe integer. */
  seed: required(nonNegativeInteger),
  /** Integer below 2^32. Default 0. */
  trial: optional(trialNumber, 0),
  /**
   * Which tensors train when; after the last phase the first follows again. Default: all that are trainable,
   * always.
   */
  phases: optional(unchecked<readonly Phase[]>, []),
  /** Whether each epoch takes the samples in a new order. Default true. */
  shuffle: optional(flag, true),
  /**
   * Each sample of each training batch, an image, is first flipped and shifted at random, by a stream of (seed, trial, epoch, position
   * in the epoch). Evaluations take samples as they are. By the general executor, on the CPU and the reference.
   */
  augment: optional<Required<Augmentation>, Augmentation>(checkAugmentation),
  /**
   * Name of the stream that the data are a chunk of: Student.setData() may then replace them. Checkpoints
   * identify the student's data by this name, not by the chunk. On the CPU and the reference.
   */
  stream: optional(someName),
  /** Steps that learning rates and phases count as an epoch. Default: those of the data that the student is made with. */
  stepsPerEpoch: optional(positiveInteger),
  /** Start from these numbers instead of the initialisers. */
  network: optional(checkNetwork),
});
export interface StudentOptions extends OptionsOf<typeof checkOptions> {}

/** The same, checked and with every default written out. */
export interface StudentPlan {
  readonly spec: NetworkSpec;
  /** With a population loss the teacher's neurons: inputs are incoming weights, targets outgoing ones. */
  readonly data: Dataset;
  readonly splits: SplitData;
  readonly population: PopulationLoss | undefined;
  readonly optimizer: Optimizer;
  readonly batchSize: number;
  readonly epochs: number;
  readonly seed: number;
  readonly trial: number;
  readonly phases: readonly NativePhase[];
  readonly shuffle: boolean;
  readonly stream: string | undefined;
  /** 0: the steps of the data. */
  readonly stepsPerEpoch: number;
  /** undefined: samples are taken as they are. */
  readonly augment: AugmentationPlan | undefined;
  readonly network: Network | undefined;
}

/**
 * @param where names the student in errors, as in "student 3"
 * @throws invalid_argument, invalid_network, data_mismatch
 */
export function planStudent(where: string, options: StudentOptions): StudentPlan {
  const { layers, inputs, loss, data, phases, ...others } = checkOptions(where, options);
  const { network } = others;
  const { splits, population } = data;
  const rest = { ...others, population, ...sampling(where, options, data) };
  const structure = { layers, inputs, loss };
  const spec = inContext(where, () => planNetwork(where, structure, splits.train, network));
  if (network) checkSameShape(where, network.spec, spec);
  checkFits(where, splits.train, spec, true);
  inContext(where, () => population?.checkSpec(spec));
  return {
    spec,
    data: splits.train,
    splits,
    ...rest,
    phases: inContext(where, () => toNativePhases(phases, spec.layers)),
    stepsPerEpoch: rest.stepsPerEpoch ?? firstClock(rest, splits.train),
    augment: planAugmentation(where, rest.augment, splits.train),
  };
}

/** A population loss has no samples to choose: its step takes all of the teacher. */
function sampling(where: string, options: StudentOptions, { splits, population }: TrainingData) {
  const { batchSize, shuffle = true } = options;
  if (population === undefined)
    return { batchSize: positiveInteger(`batchSize of ${where}`, batchSize), shuffle };
  const { augment, stream, loss } = options;
  for (const [name, value] of Object.entries({ batchSize, augment, stream, loss }))
    if (value !== undefined)
      throw invalid(
        `${name} of ${where}`,
        'none with a population loss, which is a mean over all inputs',
        value,
      );
  return { batchSize: splits.train.samples, shuffle: false };
}

/** Steps that count as an epoch: 0 means those of the data; for a stream they are those of its first chunk. */
function firstClock({ stream, batchSize }: Pick<StudentPlan, 'stream' | 'batchSize'>, { samples }: Dataset) {
  return stream === undefined ? 0 : Math.ceil(samples / Math.min(batchSize, samples));
}

/** The student in the form of native code; first values are written afterwards. */
export function toNativeStudent(plan: StudentPlan, dtype: 'float32' | 'float64'): NativeStudentSpec {
  const { learningRate, ...optimizer } = plan.optimizer;
  return {
    network: toNativeNetwork(plan.spec),
    objective: toNativeObjective(plan.spec.loss, plan.spec.layers),
    trainer: {
      optimizer,
      learningRate,
      phases: plan.phases,
      data: plan.data.nativeOf(dtype),
      batchSize: plan.batchSize,
      ...(plan.augment && { augment: toNativeAugmentation(plan.augment) }),
      population: plan.population !== undefined,
      shuffle: plan.shuffle,
      stream: plan.stream !== undefined,
      clockSteps: plan.stepsPerEpoch,
      seed: plan.seed,
      trial: plan.trial,
    },
  };
}

/** An epoch is the 32-bit part of a shuffle's stream (native/core/philox.h). */
export const maximumEpochs = 2 ** 32 - 1;

function checkEpochs(where: string, value: unknown): number {
  const epochs = positiveInteger(where, value);
  if (epochs > maximumEpochs) throw invalid(where, `at most ${maximumEpochs} epochs`, epochs);
  return epochs;
}

function checkData(where: string, data: unknown): TrainingData {
  if (data instanceof PopulationLoss) return { splits: { train: data.data }, population: data };
  return { splits: checkSplits(where, data), population: undefined };
}

function checkSplits(where: string, data: unknown): SplitData {
  if (data instanceof Dataset) return { train: data };
  const splits = data as SplitData | null | undefined;
  if (!(splits?.train instanceof Dataset))
    throw invalid(where, 'a Dataset, or splits { train: Dataset, ... }', data);
  return splits;
}

function planNetwork(
  where: string,
  options: Pick<StudentOptions, 'layers' | 'inputs' | 'loss'>,
  data: Dataset,
  network: Network | undefined,
): NetworkSpec {
  const layers = options.layers ?? network?.spec.layers;
  if (!layers) throw invalid(`layers of ${where}`, 'layers, or a network to start from', undefined);
  const loss = options.loss ?? network?.spec.loss ?? (data.classes ? 'crossEntropy' : 'mse');
  return networkSpec({
    inputs: options.inputs ?? network?.spec.inputShape ?? network?.spec.inputs ?? inputsFrom(data, layers),
    layers,
    loss: checkLoss('loss', loss),
  });
}

/** Layers of images read the shape of the data; others read a sample as a list of features, on the fused path. */
function inputsFrom(
  { inputShape, inputCount }: Dataset,
  layers: readonly LayerOrBlock[],
): number | ImageShape {
  return inputShape && readsImages(layers) ? inputShape : inputCount;
}

function readsImages(layers: readonly LayerOrBlock[]): boolean {
  const kinds: readonly string[] = imageKinds;
  const reads = (one: LayerOrBlock) =>
    one?.kind === 'residual' ? readsImages(one.layers) : kinds.includes(one?.kind);
  return Array.isArray(layers) && layers.some(reads);
}

/** Adds the student's name to errors of inner checks. */
function inContext<Result>(where: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof EigenstudentError) || error.message.includes(where)) throw error;
    throw new EigenstudentError(error.code, `${where}: ${error.message}`, { cause: error });
  }
}

/** Penalties, activations and what is trainable may differ from the network's; tensors may not. */
function checkSameShape(where: string, given: NetworkSpec, wanted: NetworkSpec): void {
  const shape = (spec: NetworkSpec) =>
    [
      spec.inputs,
      ...spec.layers.map((layer, index) => {
        const bias = 'bias' in tensorsOf(layer) ? ' with bias' : '';
        const reads = layer.inputs ? ` of ${layer.inputs.join(' and ')}` : '';
        return `${layer.kind} ${unitsOf(spec, index)}${bias}${reads}`;
      }),
    ].join(' -> ');
  if (shape(given) === shape(wanted)) return;
  throw new EigenstudentError(
    'invalid_network',
    `${where}: expected a network of the student's shape ${shape(wanted)}, received ${shape(given)}`,
  );
}
