/** Loads the samples of a protocol's files, by the form of `data`. Readers are imported on demand. */
import { invalidData } from '../../data/labelled-samples.js';
import type { Dataset } from '../../network/dataset.js';
import { type FileData, type FormName, formOf } from './file-data.js';

/** All samples, before they are split into parts. */
export interface LoadedData {
  readonly data: Dataset;
  /** The test set, where it has separate files. */
  readonly test?: Dataset;
  /** Number of classes; absent where there are targets, or no labels. */
  readonly classes?: number;
  /** Names of the classes, where they have any, by index. */
  readonly classNames?: readonly string[];
}

type Forms = { readonly [Form in FormName]: NonNullable<FileData[Form]> };
type Loader<Form> = (form: Form) => Promise<LoadedData>;

const loaders: { readonly [Form in FormName]: Loader<Forms[Form]> } = {
  idx: async ({ images, labels, testImages, testLabels, classCount }) => {
    const { readIdx } = await import('../../data/idx.js');
    return inTwoSets(classCount, testImages !== undefined, (test, count) =>
      readIdx({
        images: test ? (testImages as string) : images,
        labels: test ? testLabels : labels,
        classCount: count,
      }),
    );
  },
  cifar10: async ({ files, testFiles }) => {
    const { readCifar10 } = await import('../../data/cifar10.js');
    return inTwoSets(10, testFiles !== undefined, (test) =>
      readCifar10(test ? (testFiles as string[]) : files),
    );
  },
  npy: async (arrays) => {
    const { readNpyData } = await import('../../data/numpy-data.js');
    return inTwoSets(arrays.classCount, arrays.testInputs !== undefined, (test, count) =>
      readNpyData(arrayNames(arrays, test, count)),
    );
  },
  npz: async ({ file, ...arrays }) => {
    const { readNpzData } = await import('../../data/numpy-data.js');
    return inTwoSets(arrays.classCount, arrays.testInputs !== undefined, (test, count) =>
      readNpzData(file, arrayNames(arrays, test, count)),
    );
  },
  csv: async (table) => {
    const { readCsv } = await import('../../data/csv.js');
    return fromTables(table, (file, choice) => readCsv(file, { ...choice, delimiter: table.delimiter }));
  },
  parquet: async (table) => {
    const { readParquet } = await import('../../data/parquet.js');
    return fromTables(table, readParquet);
  },
  fashionMnist: async (options) => {
    const { fashionMnist } = await import('../../data/fashion-mnist.js');
    const { train, test, classNames } = await fashionMnist(options);
    return { data: train, test, classes: classNames.length, classNames };
  },
};

/**
 * Reads the files of a protocol; their paths are resolved.
 * @throws as the readers; invalid_data when there is one class only, or the test set is of another kind
 */
export async function loadFiles(data: FileData): Promise<LoadedData> {
  const form = formOf(data);
  const load = loaders[form] as Loader<unknown>;
  const loaded = await load(data[form]);
  checkAlike(loaded);
  return loaded;
}

/** @param read reads the training or the test samples, given the number of classes if it is known */
async function inTwoSets(
  classCount: number | undefined,
  hasTest: boolean,
  read: (test: boolean, classCount?: number) => Promise<Dataset>,
): Promise<LoadedData> {
  const data = await read(false, classCount);
  const classes = data.classes && (classCount ?? 1 + data.classes.reduce((a, b) => Math.max(a, b), 0));
  const loadedData = { data, classes };
  return hasTest ? { ...loadedData, test: await read(true, classes) } : loadedData;
}

function arrayNames(arrays: Omit<Forms['npz'], 'file'>, test: boolean, classCount?: number) {
  const { inputs, classes, targets, testInputs, testClasses, testTargets } = arrays;
  return {
    inputs: test ? (testInputs as string) : inputs,
    classes: test ? testClasses : classes,
    targets: test ? testTargets : targets,
    classCount,
  };
}

async function fromTables(
  { file, testFile, label, classNames, target, targets, inputs, exclude }: Forms['parquet'],
  read: (
    file: string,
    choice: import('../../data/columns.js').ColumnChoice,
  ) => Promise<import('../../data/columns.js').TableData>,
): Promise<LoadedData> {
  const learned = { label, target, targets };
  const table = await read(file, { ...learned, inputs, exclude, classNames });
  const loadedData = { data: table.data, classes: table.classNames?.length, classNames: table.classNames };
  if (testFile === undefined) return loadedData;
  const names = { inputs: table.inputColumns ?? table.inputNames, classNames: table.classNames };
  return { ...loadedData, test: (await read(testFile, { ...learned, ...names })).data };
}

function checkAlike({ data, test, classes }: LoadedData): void {
  if (classes === 1)
    throw invalidData('expected at least two classes in the data, received one, which is always right');
  if (test === undefined) return;
  for (const [what, count] of [
    ['inputs', 'inputCount'],
    ['targets', 'targetCount'],
  ] as const) {
    if (data[count] === test[count]) continue;
    const received = `${test[count]} in the test files`;
    throw invalidData(
      `expected ${data[count]} ${what} per sample, as the data to train on have, received ${received}`,
    );
  }
  if (data.classes !== undefined && test.classes === undefined)
    throw invalidData('expected the classes of the test files beside their samples, received none');
}
