/** Data sets in NumPy's files. */
import { invalid, knownKeys } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import type { Dataset } from '../network/dataset.js';
import { labelledDataset } from './labelled-samples.js';
import type { NamedArray } from './npy.js';
import { readNpy } from './npy.js';
import { readNpz } from './npz.js';

/** Names of arrays: of files for readNpyData, within the file for readNpzData. */
export interface ArrayNames {
  /**
   * [samples, ...], of which all but the first dimension become the features of a sample. [samples, channels, height, width] are
   * images (inputShape), and so are [samples, height, width], of one channel. Images with their channels last are to be transposed:
   * numpy.moveaxis(x, 3, 1).
   */
  readonly inputs: string;
  /** [samples], integers from 0. */
  readonly classes?: string;
  /** [samples] or [samples, targets], instead of classes. */
  readonly targets?: string;
  /**
   * How many classes there are; a larger label is an error. Default: one more than the largest label, and
   * each class must occur. Give it for data in which a class does not occur.
   */
  readonly classCount?: number;
}

const names = ['inputs', 'classes', 'targets', 'classCount'];

/**
 * A data set in NPY files: `{ inputs: 'x.npy', classes: 'y.npy' }`.
 * @throws as readNpy; invalid_data: counts that disagree, numbers that are not finite, labels that are not classes
 */
export async function readNpyData(files: ArrayNames): Promise<Dataset> {
  checkNames('readNpyData', files);
  const read = async (path: string): Promise<NamedArray> => ({ array: await readNpy(path), where: path });
  return assemble(files, read);
}

/**
 * A data set in an NPZ file: `readNpzData('mnist.npz', { inputs: 'x_train', classes: 'y_train' })`.
 * @throws as readNpz and readNpyData; invalid_data when there is no array of the name
 */
export async function readNpzData(file: string, arrays: ArrayNames): Promise<Dataset> {
  checkNames('readNpzData', arrays);
  const wanted = [arrays.inputs, arrays.classes, arrays.targets].filter((name) => name !== undefined);
  const found = await readNpz(file, wanted);
  return assemble(arrays, async (name) => {
    const array = found.get(name);
    if (array) return { array, where: `array ${name} of ${file}` };
    throw new Error(`${name} was looked for`);
  });
}

function checkNames(where: string, given: ArrayNames): void {
  knownKeys(where, given, names);
  if (typeof given.inputs !== 'string') throw invalid(`inputs of ${where}`, 'a name', given.inputs);
  if (given.classes === undefined || given.targets === undefined) return;
  throw new EigenstudentError('invalid_argument', `expected classes or targets for ${where}, received both`);
}

async function assemble(
  { inputs, classes, targets, classCount }: ArrayNames,
  read: (name: string) => Promise<NamedArray>,
): Promise<Dataset> {
  return labelledDataset({
    inputs: await read(inputs),
    classes: classes === undefined ? undefined : await read(classes),
    targets: targets === undefined ? undefined : await read(targets),
    classCount,
  });
}
