/** Reads the files of one data option of the command line, as --data, to a data set. */
import { invalid } from '../../arguments.js';
import { ByteSource } from '../../data/byte-source.js';
import type { ColumnChoice, TableData } from '../../data/columns.js';
import { readCsv } from '../../data/csv.js';
import { readIdx } from '../../data/idx.js';
import { readNpyData, readNpzData } from '../../data/numpy-data.js';
import { readParquet } from '../../data/parquet.js';
import { EigenstudentError } from '../../errors.js';
import { endsInOneSigmoid } from '../../network/binary-accuracy.js';
import type { Dataset } from '../../network/dataset.js';
import { outputsOf } from '../../network/description.js';
import type { NetworkSpec } from '../../network/spec.js';
import { toTargets } from './binary-targets.js';

type Kind = 'npz' | 'npy' | 'csv' | 'parquet' | 'idx';

/** By the extension of a file, compressed or not. */
const endings: readonly (readonly [RegExp, Kind])[] = [
  [/\.npz$/i, 'npz'],
  [/\.npy(\.gz)?$/i, 'npy'],
  [/\.csv(\.gz)?$/i, 'csv'],
  [/\.parquet$/i, 'parquet'],
  [/([-.]ubyte|\.idx\d?)(\.gz)?$/i, 'idx'],
];

/** By the first bytes, in hexadecimal, of a file whose extension is unknown, as images.gz. */
const signatures: readonly (readonly [RegExp, Kind])[] = [
  [/^934e554d5059/, 'npy'], // \x93NUMPY
  [/^504b0304/, 'npz'], // PK, a zip file
  [/^50415231/, 'parquet'], // PAR1
  [/^0000(08|09|0[b-e])0[1-8]/, 'idx'], // two zeros, a kind, the number of dimensions
];

/** The arguments of a data option, for messages. */
export const dataForms =
  'x.npy y.npy, images-idx3-ubyte labels-idx1-ubyte (.idx), one .csv or .parquet, or one .npz with or without the names of its ' +
  'arrays of inputs and labels';

/**
 * The kind of a file by its extension, otherwise by its first bytes; undefined where both are unknown.
 * @throws file_unreadable
 */
export async function kindOf(file: string): Promise<Kind | undefined> {
  const named = endings.find(([ending]) => ending.test(file))?.[1];
  if (named !== undefined || !/\.gz$|^[^.]*$/i.test(file.replace(/^.*[\\/]/, ''))) return named;
  const source = await ByteSource.open(file);
  try {
    const start = Buffer.alloc(8);
    const text = start.subarray(0, await source.fill(start)).toString('hex');
    return signatures.find(([beginning]) => beginning.test(text))?.[1];
  } finally {
    source.close();
  }
}

/** Whether the path is that of a description of data, by its extension. */
export function isDescription(path: string): boolean {
  return /\.ya?ml$/i.test(path);
}

/** The files of one option, with their kind and the selection of arrays or columns. */
export interface DataFiles {
  /** The option, as in --data. */
  readonly option: string;
  readonly files: readonly string[];
  readonly kind: Kind;
  /** --inputs: the name of an array of an .npz, or names of columns of a table, separated by commas. */
  readonly inputs?: string;
  /** --labels: the name of an array of an .npz, or the name of a column of a table, or of several separated by commas. */
  readonly labels?: string;
  /** --exclude: names of columns separated by commas. */
  readonly exclude?: string;
}

/** The options that name arrays or columns. */
type Names = { readonly [Name in 'inputs' | 'labels' | 'exclude']?: string };

/** Columns and classes of a table that was read before: others are read in the same way. */
export interface TableLike {
  readonly inputNames?: readonly string[];
  readonly classNames?: readonly string[];
}

export interface ReadData extends TableLike {
  readonly data: Dataset;
}

/**
 * @throws invalid_argument for files of other kinds, too few or too many of them, and for names of arrays or columns
 *   in files that have none
 */
export async function dataFiles(option: string, files: readonly string[], names: Names): Promise<DataFiles> {
  const kind = await kindOf(files[0] as string);
  const wanted = kind === 'npy' || kind === 'idx' ? [2] : kind === 'npz' ? [1, 3] : [1];
  if (kind === undefined || !wanted.includes(files.length))
    throw new EigenstudentError(
      'invalid_argument',
      `expected ${dataForms} for ${option}, received ${files.join(' ')}${descriptionAdvice(files)}`,
    );
  if (kind === 'npy' || kind === 'idx') refuseNames(option, files, kind, names);
  if (kind === 'npz' && names.exclude !== undefined)
    throw new EigenstudentError(
      'invalid_argument',
      `expected no --exclude with ${option} ${files.join(' ')}, received "${names.exclude}". It names columns of a .csv or .parquet`,
    );
  if ((kind === 'csv' || kind === 'parquet') && names.labels === undefined)
    throw invalid('--labels', `the column of ${files[0]} with the labels`, undefined);
  const { inputs, labels } =
    kind === 'npz' && files.length === 3 ? { inputs: files[1], labels: files[2] } : names;
  return { option, files, kind, inputs, labels, exclude: names.exclude };
}

function descriptionAdvice(files: readonly string[]): string {
  if (!files.some(isDescription)) return '';
  return '. A description of data goes alone, as --data fashion.yaml, and says what all parts are';
}

function refuseNames(option: string, files: readonly string[], kind: 'npy' | 'idx', names: Names): void {
  for (const name of ['inputs', 'labels', 'exclude'] as const) {
    if (names[name] === undefined) continue;
    throw new EigenstudentError(
      'invalid_argument',
      `expected no --${name} with ${option} ${files.join(' ')}, received "${names[name]}". ${kind === 'npy' ? 'NPY' : 'IDX'} ` +
        'files have no names: the first is the inputs, the second the labels',
    );
  }
}

/**
 * @param like a table that was read before, whose columns and class names apply
 * @throws as the readers; invalid_data for labels that do not match the outputs of the network
 */
export async function readDataFiles(
  { files, kind, inputs, labels, exclude }: DataFiles,
  spec: NetworkSpec,
  like: TableLike | undefined,
): Promise<ReadData> {
  const learned = spec.loss === 'crossEntropy' ? 'classes' : 'targets';
  // The network determines the number of classes: not all of them need occur.
  const hasClasses = learned === 'classes' && { classCount: outputsOf(spec) };
  const [first, second] = files as readonly [string, string];
  switch (kind) {
    case 'npz':
      return {
        data: await readNpzData(first, { inputs: inputs ?? 'x', [learned]: labels ?? 'y', ...hasClasses }),
      };
    case 'npy':
      return { data: await readNpyData({ inputs: first, [learned]: second, ...hasClasses }) };
    case 'idx': {
      const binary = endsInOneSigmoid(spec);
      const data = await readIdx({ images: first, labels: second, classCount: binary ? 2 : outputsOf(spec) });
      return { data: binary ? toTargets(data) : data };
    }
    case 'csv':
    case 'parquet':
      return readTableLike(kind === 'csv' ? readCsv : readParquet, first, {
        spec,
        inputs: inputs === undefined ? undefined : listed(inputs),
        labels: labels as string,
        exclude: exclude === undefined ? undefined : listed(exclude),
        like,
      });
  }
}

/** Names separated by commas. */
function listed(names: string): string[] {
  return names.split(',').map((name) => name.trim());
}

type TableReader = (file: string, choice: ColumnChoice) => Promise<TableData>;

interface TableRequest {
  readonly spec: NetworkSpec;
  readonly inputs: readonly string[] | undefined;
  readonly labels: string;
  readonly exclude: readonly string[] | undefined;
  readonly like: TableLike | undefined;
}

/** Reads a table with its inputs in the order of an earlier table, which must have the same columns. */
async function readTableLike(
  readTable: TableReader,
  file: string,
  { spec, inputs, labels, exclude, like }: TableRequest,
): Promise<ReadData> {
  if (inputs !== undefined && exclude !== undefined)
    throw new EigenstudentError('invalid_argument', 'expected --inputs or --exclude, received both');
  const excluded = exclude && { exclude };
  const read = (names: readonly string[] | undefined) =>
    readLabelled((choice) => readTable(file, { ...(names ? { inputs: names } : excluded), ...choice }), {
      ...{ spec, labels },
      classNames: like?.classNames,
    });
  const found = await read(inputs);
  const before = like?.inputNames;
  if (inputs !== undefined || before === undefined || String(found.inputNames) === String(before))
    return found;
  const other = [...(found.inputNames ?? [])].find((name) => !before.includes(name));
  if (other === undefined) return read(before);
  throw new EigenstudentError(
    'invalid_data',
    `expected the columns ${before.join(', ')} as inputs in ${file}, as in --data, received "${other}" too. Name the inputs, as in ` +
      `--inputs ${before.join(',')}`,
  );
}

interface Labelling {
  readonly spec: NetworkSpec;
  readonly labels: string;
  /** Class names of the earlier table; absent where classes are numbers, or there are none. */
  readonly classNames: readonly string[] | undefined;
}

/**
 * Classes written as 0, 1, ... are those numbers, whichever of them occur; others are names, in sorted order, and there
 * must be one per output, or two for one sigmoid output.
 */
async function readLabelled(
  read: (choice: ColumnChoice) => Promise<TableData>,
  { spec, labels, classNames: given }: Labelling,
): Promise<ReadData> {
  const outputs = outputsOf(spec);
  const binary = endsInOneSigmoid(spec);
  if (spec.loss === 'mse' && !binary) return read({ target: outputs > 1 ? listed(labels) : labels });
  const table = await read({ label: labels, classNames: given });
  const { data, inputNames, classNames = [] } = table;
  if (given === undefined && classNames.every((name) => (binary ? isNumber(name) : /^\d+$/.test(name)))) {
    const numbered = Array.from({ length: outputs }, (_, i) => String(i));
    const again = await read(binary ? { target: labels } : { label: labels, classNames: numbered });
    return { data: again.data, inputNames };
  }
  const wanted = binary ? 2 : outputs;
  if (classNames.length !== wanted)
    throw new EigenstudentError(
      'invalid_data',
      `expected ${wanted} classes${binary ? ' for one sigmoid output' : ', one per output of the network'}, received ` +
        `${classNames.length}: ${shortList(classNames)}. Write them as 0, 1, ... in the order of the outputs`,
    );
  return { data: binary ? toTargets(data) : data, inputNames, classNames };
}

function isNumber(name: string): boolean {
  return name.trim() !== '' && Number.isFinite(Number(name));
}

/** There may be as many names as samples. */
function shortList(names: readonly string[]): string {
  const most = 20; // arbitrary
  return names.length <= most ? names.join(', ') : `${names.slice(0, most).join(', ')}, ...`;
}
