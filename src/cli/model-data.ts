/** From files named on the command line to the parts of a data set. */
import { invalid, oneOf } from '../arguments.js';
import type { TableData } from '../data/columns.js';
import { readCsv } from '../data/csv.js';
import { readIdx } from '../data/idx.js';
import { normalizations, normalizeSplits } from '../data/normalization.js';
import { readNpyData, readNpzData } from '../data/numpy-data.js';
import { readParquet } from '../data/parquet.js';
import { type Splits, splitData } from '../data/splits.js';
import { EigenstudentError } from '../errors.js';
import { checkFits, type Dataset } from '../network/dataset.js';
import { type Loss, type NetworkSpec, outputsOf } from '../network/spec.js';

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

/** The parts of the data, and in which order the names of their classes were taken for those of the network. */
export interface ModelData {
  readonly splits: Splits;
  /** Absent where classes are told by their numbers, or there are none. */
  readonly classNames?: readonly string[];
}

/**
 * All of the data is held against the network before it is split: what does not fit is told by its place in the files.
 * @throws what the readers throw; invalid_argument for files of other kinds, or too few or too many of them; invalid_data for
 *   data that do not fit the network
 */
export async function readModelData(
  files: readonly string[],
  spec: NetworkSpec,
  options: ModelDataOptions,
): Promise<ModelData> {
  const normalization = oneOf('--normalize', options.normalize ?? 'none', normalizations);
  const { data, classNames } = await read(files, spec, options);
  checkAgainst(files, data, spec);
  const splits = normalizeSplits(splitData(data, { ...shares, seed: options.seed ?? 0 }), normalization);
  return { splits, ...(classNames && { classNames }) };
}

function checkAgainst(files: readonly string[], data: Dataset, spec: NetworkSpec): void {
  const where = files.join(' ');
  if (spec.loss === 'mse' && data.targetCount === 1 && outputsOf(spec) > 1 && data.inputCount === spec.inputs)
    throw new EigenstudentError(
      'invalid_data',
      `${where}: expected ${outputsOf(spec)} targets a sample, one per output, received 1. If it is a class, and the network ` +
        'ends without a softmax, add --loss crossEntropy',
    );
  try {
    checkFits(where, data, spec, true);
  } catch (cause) {
    if (!(cause instanceof EigenstudentError)) throw cause;
    throw new EigenstudentError('invalid_data', cause.message, { cause });
  }
}

async function read(
  files: readonly string[],
  spec: NetworkSpec,
  { inputs = 'x', labels }: ModelDataOptions,
): Promise<{ data: Dataset; classNames?: readonly string[] }> {
  const learned = spec.loss === 'crossEntropy' ? 'classes' : 'targets';
  const [first, second] = files as readonly [string, string];
  const kind = kindOf(first);
  checkCount(kind, files);
  // the network says how many classes there are: not all of them need occur
  const counted = { ...(learned === 'classes' && { classCount: outputsOf(spec) }) };
  switch (kind) {
    case 'npz':
      return { data: await readNpzData(first, { inputs, [learned]: labels ?? 'y', ...counted }) };
    case 'npy':
      return { data: await readNpyData({ inputs: first, [learned]: second, ...counted }) };
    case 'idx':
      return { data: await readIdx({ images: first, labels: second, ...counted }) };
    case 'csv':
    case 'parquet': {
      if (labels === undefined)
        throw invalid('--labels', `the column of ${first} with the labels`, undefined);
      const readTable = kind === 'csv' ? readCsv : readParquet;
      if (learned === 'targets') return { data: (await readTable(first, { target: labels })).data };
      return readClasses(outputsOf(spec), (classNames) =>
        readTable(first, { label: labels, ...(classNames && { classNames }) }),
      );
    }
  }
}

/**
 * Classes that are written as 0, 1, ... are those numbers, whichever of them occur; others are names, in the order in which
 * they are sorted, and there must be one for each output.
 */
async function readClasses(
  outputs: number,
  readTable: (classNames?: readonly string[]) => Promise<TableData>,
): Promise<{ data: Dataset; classNames?: readonly string[] }> {
  const { data, classNames = [] } = await readTable();
  if (classNames.every((name) => /^\d+$/.test(name)))
    return { data: (await readTable(Array.from({ length: outputs }, (_, i) => String(i)))).data };
  if (classNames.length === outputs) return { data, classNames };
  throw new EigenstudentError(
    'invalid_data',
    `expected ${outputs} classes, one per output of the network, received ${classNames.length}: ${classNames.join(', ')}. ` +
      'Write them as 0, 1, ... in the order of the outputs',
  );
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
