/** Builds a Dataset from arrays of any shape and kind; errors name the file. */
import { types } from 'node:util';
import { EigenstudentError } from '../errors.js';
import type { FloatArray } from '../native/addon.js';
import { Dataset } from '../network/dataset.js';
import { asImageShape, type ImageShape } from '../network/image-shape.js';
import { classIndices } from './class-indices.js';
import type { NamedArray, NpyArray } from './npy.js';

export interface LabelledArrays {
  /**
   * [samples, ...]: all but the first dimension become the features of a sample. [samples, channels, height, width] are images, and
   * [samples, height, width] images of one channel.
   */
  readonly inputs: NamedArray;
  /** [samples] or [samples, 1], integers from 0. */
  readonly classes?: NamedArray;
  /** [samples] or [samples, targets]. */
  readonly targets?: NamedArray;
  /**
   * How many classes there are; a larger label is an error. Default: one more than the largest label, and
   * each class must occur.
   */
  readonly classCount?: number;
}

/** "invalid_data: <message>": the file can be read, but no network can be trained on it. */
export function invalidData(message: string): EigenstudentError {
  return new EigenstudentError('invalid_data', message);
}

/** @throws invalid_data: counts that disagree, a number that is not finite, labels that are not classes */
export function labelledDataset({ inputs, classes, targets, classCount }: LabelledArrays): Dataset {
  const [samples = 0] = inputs.array.shape;
  const inputCount = inputs.array.data.length / samples;
  if (inputs.array.shape.length === 0 || inputs.array.data.length === 0) {
    const shape = `[${inputs.array.shape.join(', ')}]`;
    throw invalidData(`expected samples in ${inputs.where}, received an array of shape ${shape}`);
  }
  const samplesGiven = {
    inputs: finiteFloats(inputs, inputCount),
    inputCount,
    inputShape: imageShapeOf(inputs),
  };
  if (classes) {
    checkCount(classes, samples, inputs.where, 1);
    return Dataset.create({ ...samplesGiven, classes: classIndices(classes, classCount) });
  }
  if (!targets) return Dataset.create(samplesGiven);
  const targetCount = targets.array.data.length / (targets.array.shape[0] ?? 1);
  checkCount(targets, samples, inputs.where, targetCount);
  const values = finiteFloats(targets, targetCount);
  return Dataset.create({ ...samplesGiven, targets: values, targetCount });
}

/** undefined where samples are lists of features. */
function imageShapeOf({ array: { shape } }: NamedArray): ImageShape | undefined {
  if (shape.length === 3) return asImageShape([1, ...shape.slice(1)]);
  return shape.length === 4 ? asImageShape(shape.slice(1)) : undefined;
}

const oneHotAdvice =
  '. Labels with one column per class (one-hot) become classes by numpy.argmax(labels, axis=1)';

/** Checks the number of labels: they may come from another file, of another data set. */
function checkCount({ array, where }: NamedArray, samples: number, of: string, each: number): void {
  const [count = 0] = array.shape;
  if (count === samples && array.data.length === samples * each) return;
  const received =
    count === samples ? `an array of shape [${array.shape.join(', ')}]` : `${count}, as many as it has`;
  const oneHot = count === samples && array.data.every((value: number) => value === 0 || value === 1);
  throw invalidData(
    `expected one label in ${where} for each of the ${samples} samples of ${of}, received ${received}${oneHot ? oneHotAdvice : ''}`,
  );
}

/** 8- and 16-bit integers fit a float32 exactly, others need a float64. */
function toFloats({ data }: NpyArray): FloatArray {
  if (types.isFloat32Array(data) || types.isFloat64Array(data)) return data;
  return data.BYTES_PER_ELEMENT < 4 ? new Float32Array(data) : new Float64Array(data);
}

function finiteFloats({ array, where }: NamedArray, columns: number): FloatArray {
  const numbers = toFloats(array);
  for (let i = 0; i < numbers.length; ++i) {
    if (Number.isFinite(numbers[i])) continue;
    const place = `sample ${Math.floor(i / columns)}, number ${i % columns}`;
    throw invalidData(
      `expected finite numbers in ${where}, received ${numbers[i]} in ${place}. Leave the sample out or fill it in`,
    );
  }
  return numbers;
}
