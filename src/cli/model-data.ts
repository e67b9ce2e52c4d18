/** From files named on the command line to the parts of a data set. */
import { invalid, oneOf } from '../arguments.js';
import { readCsv } from '../data/csv.js';
import { readIdx } from '../data/idx.js';
import { normalizations, normalizeSplits } from '../data/normalization.js';
import { readNpyData, readNpzData } from '../data/numpy-data.js';
import { readParquet } from '../data/parquet.js';
import { type Splits, splitData } from '../data/splits.js';
import { EigenstudentError } from '../errors.js';
import type { Dataset } from '../network/dataset.js';
import type { Loss } from '../network/spec.js';

export interface ModelDataOptions {
  readonly data?: readonly string[];
  /** Name of an array. */
  readonly inputs?: string;
  /** Name of an array or a column. */
  readonly labels?: string;
  readonly normalize?: string;
  readonly seed?: number;
}

/** Parts of the data that validate and test; arbitrary. */
const shares = { validation: 0.2, test: 0.2 };

type Kind = 'npz' | 'npy' | 'csv' | 'parquet' | 'idx';
/** Of the name of a file, compressed or not. */
const endings: readonly (readonly [RegExp, Kind])[] = [
  [/\.npz$/, 'npz'],
  [/\.npy(\.gz)?$/, 'npy'],
  [/\.csv(\.gz)?$/, 'csv'],
  [/\.parquet$/, 'parquet'],
  [/(-ubyte|\.idx)(\.gz)?$/, 'idx'],
];

/** What the files themselves say of the loss: labels in IDX are classes. */
export function impliedLoss(files: readonly string[] = []): Loss | undefined {
  return kindOf(files[0]) === 'idx' ? 'crossEntropy' : undefined;
}

/** @throws what the readers throw; invalid_argument for files of other kinds, or too few or too many of them */
export async function readModelData(
  files: readonly string[],
  loss: Loss,
  options: ModelDataOptions,
): Promise<Splits> {
  const kind = oneOf('--normalize', options.normalize ?? 'none', normalizations);
  const data = await read(files, loss === 'crossEntropy' ? 'classes' : 'targets', options);
  return normalizeSplits(splitData(data, { ...shares, seed: options.seed ?? 0 }), kind);
}

async function read(
  files: readonly string[],
  learned: 'classes' | 'targets',
  { inputs = 'x', labels }: ModelDataOptions,
): Promise<Dataset> {
  const [first, second] = files as readonly [string, string];
  const kind = kindOf(first);
  checkCount(kind, files);
  switch (kind) {
    case 'npz':
      return readNpzData(first, { inputs, [learned]: labels ?? 'y' });
    case 'npy':
      return readNpyData({ inputs: first, [learned]: second });
    case 'idx':
      return readIdx({ images: first, labels: second });
    case 'csv':
    case 'parquet': {
      if (labels === undefined)
        throw invalid('--labels', `the column of ${first} with the labels`, undefined);
      const choice = learned === 'classes' ? { label: labels } : { target: labels };
      return (await (kind === 'csv' ? readCsv(first, choice) : readParquet(first, choice))).data;
    }
  }
}

function kindOf(file: string | undefined): Kind | undefined {
  return endings.find(([ending]) => file !== undefined && ending.test(file))?.[1];
}

function checkCount(kind: Kind | undefined, files: readonly string[]): asserts kind is Kind {
  const wanted = kind === 'npy' || kind === 'idx' ? 2 : 1;
  if (kind !== undefined && files.length === wanted) return;
  const forms = 'x.npy y.npy, images-idx3-ubyte labels-idx1-ubyte (.idx), or one .npz, .csv or .parquet';
  throw new EigenstudentError(
    'invalid_argument',
    `expected ${forms} for --data, received ${files.join(' ')}`,
  );
}
