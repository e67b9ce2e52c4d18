/** Data that networks are trained and evaluated on. */
import { types } from 'node:util';
import { invalid, positiveInteger } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import type { DType, FloatArray, NativeDataset } from '../native/addon.js';
import {
  checkAttached,
  checkFinite,
  checkFiniteSteps,
  checkFloats,
  checkLength,
  maximumElements,
  toDType,
  toDTypeSteps,
} from '../native/arrays.js';
import { requireMemory } from '../native/free-memory.js';
import { addon } from '../native/load.js';
import { bareOptionsCheck, type OptionsOf, optional, required, unchecked } from '../options.js';
import { finish, type Steps } from '../steps.js';
import { checkImageShape, type ImageShape, shapeText, sizeOfImage } from './image-shape.js';
import { bytesOfData } from './memory-needs.js';

/** @internal */
const checkOptions = bareOptionsCheck({
  /** [samples][inputCount], row-major */
  inputs: required(checkFloats),
  /** Features per sample. May be left out where `inputShape` is given. */
  inputCount: optional(positiveInteger),
  /** Shape of a sample that is an image: [channels, height, width]. Default: samples are lists of features. */
  inputShape: optional(checkImageShape),
  /** [samples][targetCount], row-major; for loss 'mse' */
  targets: optional(checkFloats),
  /** Default: targets.length / samples. */
  targetCount: optional(unchecked<number>),
  /** [samples], each from 0; for loss 'crossEntropy' */
  classes: optional(unchecked<Uint32Array | readonly number[]>),
  /** Further targets, [samples][width] each, by the names that terms of a loss use. */
  named: optional(unchecked<Readonly<Record<string, FloatArray>>>, {}),
});
export interface DatasetOptions extends OptionsOf<typeof checkOptions> {}

/**
 * Samples and, if there are any, their targets or their classes. The arrays are kept by reference and copied into native
 * memory on first use (once per dtype, shared by all populations): do not change them after `create`.
 */
export class Dataset {
  readonly #native = new Map<DType, NativeDataset>();

  private constructor(
    readonly samples: number,
    readonly inputCount: number,
    /** [channels, height, width] where samples are images; undefined where they are lists of features. */
    readonly inputShape: ImageShape | undefined,
    /** Targets per sample; 0 where there are none. */
    readonly targetCount: number,
    /** [samples][inputCount] */
    readonly inputs: FloatArray,
    /** [samples][targetCount] */
    readonly targets: FloatArray | undefined,
    /** [samples] */
    readonly classes: Uint32Array | undefined,
    /** [samples][width] each */
    readonly named: Readonly<Record<string, FloatArray>>,
  ) {}

  /**
   * @throws invalid_argument when lengths disagree, there is no sample, a number is not finite (its index is named), a
   *   class is not an index, an array is of another kind, or its buffer is detached
   */
  static create(options: DatasetOptions): Dataset {
    return finish(Dataset.createSteps(options));
  }

  /** @internal create() as resumable steps. */
  static *createSteps(options: DatasetOptions): Steps<Dataset> {
    const { inputs, inputShape, targets, ...rest } = checkOptions('Dataset.create', options);
    const inputCount = countInputs(rest.inputCount, inputShape);
    const samples = countSamples(inputs, inputCount);
    yield* checkFiniteSteps('inputs', inputs, inputCount);
    if (targets && rest.classes !== undefined)
      throw new EigenstudentError(
        'invalid_argument',
        'expected targets or classes for a data set, received both',
      );
    if (!targets && rest.targetCount !== undefined)
      throw invalid('targets', 'targets to go with targetCount', undefined);
    const named = checkNamed(rest.named, samples);
    if (rest.classes !== undefined) {
      const classes = checkClasses(rest.classes, samples);
      return new Dataset(samples, inputCount, inputShape, 0, inputs, undefined, classes, named);
    }
    if (!targets) return new Dataset(samples, inputCount, inputShape, 0, inputs, undefined, undefined, named);
    const targetCount = countTargets(targets, samples, rest.targetCount);
    return new Dataset(samples, inputCount, inputShape, targetCount, inputs, targets, undefined, named);
  }

  /** @internal The options of create() that make the same data: what is made of data keeps their shape and names. */
  options(): DatasetOptions {
    const { inputs, inputCount, inputShape, targets, targetCount, classes, named } = this;
    return {
      ...{ inputs, inputCount, inputShape, targets, classes, named },
      targetCount: targets && targetCount,
    };
  }

  /** @internal Bytes that the first call of nativeOf allocates; 0 once the copy exists. */
  bytesToCopy(dtype: DType): number {
    if (this.#native.has(dtype)) return 0;
    const named = Object.values(this.named).reduce((sum, { length }) => sum + length / this.samples, 0);
    const numbers = this.inputCount + this.targetCount + (this.classes ? 1 : 0) + named;
    return bytesOfData(this.samples, numbers, dtype);
  }

  /** @internal The copy in native memory, made at the first call. */
  nativeOf(dtype: DType): NativeDataset {
    return finish(this.nativeSteps(dtype));
  }

  /** @internal nativeOf() as resumable steps, without the copy itself. */
  *nativeSteps(dtype: DType): Steps<NativeDataset> {
    const existing = this.#native.get(dtype);
    if (existing) return existing;
    const { samples, inputCount, targetCount, targets, classes } = this;
    const named = Object.entries(this.named).map(([name, values]) => {
      checkAttached(`${name} of a data set`, values);
      return { name, width: values.length / samples, values: toDType(name, values, dtype) };
    });
    checkAttached('inputs of a data set', this.inputs);
    if (targets) checkAttached('targets of a data set', targets);
    const advice = 'Use fewer samples or inputs';
    requireMemory(
      `a data set of ${samples} samples, ${inputCount} inputs each,`,
      this.bytesToCopy(dtype),
      advice,
    );
    const ofDType = yield* toDTypeSteps('inputs', this.inputs, dtype);
    const created = new (addon().Dataset)({
      dtype,
      samples,
      inputCount,
      targetCount,
      inputs: ofDType,
      targets: targets && toDType('targets', targets, dtype),
      classes,
      named,
    });
    this.#native.set(dtype, created);
    return created;
  }
}

function countInputs(inputCount: number | undefined, shape: ImageShape | undefined): number {
  if (shape === undefined) return positiveInteger('inputCount', inputCount);
  const size = sizeOfImage(shape);
  if (inputCount === undefined || inputCount === size) return size;
  throw invalid('inputCount', `${size}, as inputShape ${shapeText(shape)} has numbers,`, inputCount);
}

function countSamples(inputs: FloatArray, inputCount: number): number {
  if (inputs.length === 0) throw invalid('inputs', 'at least one sample', inputs);
  const samples = inputs.length / inputCount;
  if (!Number.isInteger(samples))
    throw invalid('inputs', `a length that is a multiple of inputCount ${inputCount}`, inputs);
  if (samples > maximumElements) throw invalid('inputs', `at most ${maximumElements} samples`, inputs);
  return samples;
}

function countTargets(targets: FloatArray, samples: number, given?: number): number {
  const count = given ?? targets.length / samples;
  if (given === undefined && (!Number.isInteger(count) || count === 0))
    throw invalid('targets', `a length that is a multiple of the ${samples} samples`, targets);
  positiveInteger('targetCount', count);
  checkLength('targets', targets, samples * count, `${samples} samples x ${count} targets`);
  checkFinite('targets', targets, count);
  return count;
}

function checkNamed(
  named: Readonly<Record<string, FloatArray>>,
  samples: number,
): Readonly<Record<string, FloatArray>> {
  if (typeof named !== 'object' || named === null)
    throw invalid('named', 'an object of arrays by name', named);
  const checked = Object.entries(named).map(([name, given]) => {
    if (name === '') throw invalid('named', 'arrays whose names are not empty', named);
    const where = `named.${name}`;
    const values = checkFloats(where, given);
    const width = values.length / samples;
    if (!Number.isInteger(width) || width === 0)
      throw invalid(where, `a length that is a multiple of the ${samples} samples`, values);
    checkFinite(where, values, width);
    return [name, values] as const;
  });
  return Object.fromEntries(checked);
}

function checkClasses(classes: Uint32Array | readonly number[], samples: number): Uint32Array {
  if (types.isUint32Array(classes)) {
    checkAttached('classes', classes);
    checkLength('classes', classes, samples, 'one per sample');
    return classes;
  }
  if (!Array.isArray(classes)) throw invalid('classes', 'a Uint32Array or an array of numbers', classes);
  checkLength('classes', classes, samples, 'one per sample');
  const checked = new Uint32Array(samples);
  for (let i = 0; i < samples; ++i) {
    const value: unknown = classes[i]; // undefined where the array has a hole
    if (!Number.isInteger(value) || (value as number) < 0 || (value as number) >= 2 ** 32)
      throw invalid(`classes[${i}]`, 'a class index (an integer from 0)', value);
    checked[i] = value as number;
  }
  return checked;
}

/** @throws invalid_argument unless `value` is a Dataset */
export function checkDataset(where: string, value: unknown): Dataset {
  if (!(value instanceof Dataset)) throw invalid(where, 'a Dataset (see Dataset.create)', value);
  return value;
}
