/** Fashion-MNIST (Xiao, Rasul and Vollgraf, arXiv:1708.07747): 60 000 + 10 000 images of clothes, 28 x 28, in ten classes. */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { checkPath } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import type { Dataset } from '../network/dataset.js';
import { bareOptionsCheck, called, type OptionsOf, optional } from '../options.js';
import { readIdx } from './idx.js';

/** Where Debian's package puts the files. */
export const fashionMnistDirectory = '/usr/share/datasets/fashion-mnist';
/** The command that installs them, on Debian and what comes from it. */
export const fashionMnistCommand = 'apt-get install dataset-fashion-mnist';

const files = {
  trainImages: 'train-images-idx3-ubyte.gz',
  trainLabels: 'train-labels-idx1-ubyte.gz',
  testImages: 't10k-images-idx3-ubyte.gz',
  testLabels: 't10k-labels-idx1-ubyte.gz',
} as const;

/** Paths of the four files in a directory. */
export function fashionMnistPaths(directory: string): Readonly<Record<keyof typeof files, string>> {
  const { trainImages, trainLabels, testImages, testLabels } = files;
  const path = (file: string) => join(directory, file);
  return {
    ...{ trainImages: path(trainImages), trainLabels: path(trainLabels) },
    ...{ testImages: path(testImages), testLabels: path(testLabels) },
  };
}

/** Names of the classes, by their index. */
export const fashionMnistClasses = [
  ...['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat'],
  ...['Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
];

/** @internal */
const checkOptions = bareOptionsCheck({
  /** Where the four files are, as they are distributed. Default: /usr/share/datasets/fashion-mnist, where Debian's package puts them. */
  directory: called('directory of fashionMnist', optional(checkPath, fashionMnistDirectory)),
});
export interface FashionMnistOptions extends OptionsOf<typeof checkOptions> {}

/** Both parts as they are distributed; pixels from 0 to 255, inputShape [1, 28, 28]. */
export interface FashionMnist {
  /** 60 000 samples. */
  readonly train: Dataset;
  /** 10 000 samples. */
  readonly test: Dataset;
  readonly classNames: readonly string[];
}

/**
 * Reads Fashion-MNIST from files of this machine; nothing is downloaded.
 * @throws file_unreadable with the command that installs the files, where one is missing; file_corrupt, invalid_data as readIdx
 */
export async function fashionMnist(options: FashionMnistOptions = {}): Promise<FashionMnist> {
  const { directory } = checkOptions('fashionMnist', options);
  const missing = await missingFiles(directory);
  if (missing.length > 0)
    throw new EigenstudentError(
      'file_unreadable',
      `expected the files of Fashion-MNIST in ${directory}, received none called ${missing.join(', ')}. Install them with: ` +
        `${fashionMnistCommand} (Debian), or give the directory that has them`,
    );
  const { trainImages, trainLabels, testImages, testLabels } = fashionMnistPaths(directory);
  const classCount = fashionMnistClasses.length;
  return {
    train: await readIdx({ images: trainImages, labels: trainLabels, classCount }),
    test: await readIdx({ images: testImages, labels: testLabels, classCount }),
    classNames: fashionMnistClasses,
  };
}

/** Names of the files that are not in the directory, or cannot be read. */
export async function missingFiles(directory: string): Promise<string[]> {
  const missing: string[] = [];
  for (const file of Object.values(files))
    await access(join(directory, file)).catch(() => void missing.push(file));
  return missing;
}
