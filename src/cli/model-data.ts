/**
 * Reads the files named on the command line as the data with which the network of a file is trained, pruned and
 * measured.
 */
import { resolve } from 'node:path';
import { oneOf } from '../arguments.js';
import {
  fitNormalization,
  type NormalizationKind,
  normalizations,
  normalizeInputs,
} from '../data/normalization.js';
import { splitData } from '../data/splits.js';
import { EigenstudentError } from '../errors.js';
import { checkFits } from '../network/data-fit.js';
import type { Dataset } from '../network/dataset.js';
import { outputsOf } from '../network/description.js';
import type { NetworkSpec } from '../network/spec.js';
import { dashed } from './arguments.js';
import {
  type DataFiles,
  dataFiles,
  isDescription,
  type ReadData,
  readDataFiles,
} from './model/data-files.js';
import { type DescribedData, describedSplits, readDescription } from './model/described-data.js';
import { withinOutputs } from './model/labels-beyond-outputs.js';

export interface ModelDataOptions {
  readonly data?: readonly string[];
  readonly validationData?: readonly string[];
  readonly testData?: readonly string[];
  /** Name of an array, or names of columns. */
  readonly inputs?: string;
  /** Name of an array, or of a column. */
  readonly labels?: string;
  /** Names of columns that are not inputs. */
  readonly exclude?: string;
  readonly normalize?: string;
  readonly seed?: number;
}

/** Shares of --data that are held out where no other data are given for the purpose; arbitrary. */
const shares = { validation: 0.2, heldOut: 0.2 };

/** Purpose of the data. 'heldOut': a part of --data on which nothing is chosen, where there are no other data. */
export const parts = ['train', 'validation', 'test', 'heldOut'] as const;
export type Part = (typeof parts)[number];

export interface ModelData {
  readonly parts: Partial<Readonly<Record<Part, { readonly data: Dataset; readonly from: string }>>>;
  /** Order of the class names. Absent where classes are numbers, or there are none. */
  readonly classNames?: readonly string[];
}

const dataOptions = { data: '--data', validationData: '--validation-data', testData: '--test-data' } as const;
type Given = Partial<Record<keyof typeof dataOptions, Dataset>>;

/** Where data come from: the files of each option, or a description of all parts. */
export type ModelSource =
  | { readonly files: readonly [DataFiles, ...DataFiles[]]; readonly described?: undefined }
  | { readonly described: DescribedData };

/**
 * Undefined where no option names data.
 * @throws invalid_argument; file_unreadable; errors of a description: see readDescription
 */
export async function modelSource(given: ModelDataOptions): Promise<ModelSource | undefined> {
  const [path, ...others] = given.data ?? [];
  if (path !== undefined && others.length === 0 && isDescription(path)) {
    refuseBeside(path, given);
    return { described: await readDescription(path) };
  }
  const [first, ...rest] = await modelFiles(given);
  return first && { files: [first, ...rest] };
}

/** What the description says itself. */
function refuseBeside(path: string, given: ModelDataOptions): void {
  for (const name of [
    ...(['validationData', 'testData'] as const),
    ...(['inputs', 'labels', 'exclude', 'normalize'] as const),
  ])
    if (given[name] !== undefined)
      throw new EigenstudentError(
        'invalid_argument',
        `expected no ${dashed(name)} with --data ${path}, received "${[given[name]].flat().join(' ')}": the description says it`,
      );
}

/** Whether the labels are classes, whatever the last layer of the network. */
export function namesClasses(source: ModelSource | undefined): boolean {
  if (source === undefined) return false;
  return source.described ? source.described.hasClasses : source.files[0].kind === 'idx';
}

/** The files of each given option, with their kind. */
async function modelFiles(given: ModelDataOptions): Promise<DataFiles[]> {
  const found: DataFiles[] = [];
  for (const [key, option] of Object.entries(dataOptions) as [keyof typeof dataOptions, string][]) {
    const files = given[key];
    if (files !== undefined) found.push(await dataFiles(option, files, given));
  }
  for (const [i, one] of found.entries()) refuseTwice(one, found.slice(0, i));
  for (const name of ['inputs', 'labels'] as const)
    if (given[name] !== undefined && found.every((one) => one.files.length === 3))
      throw new EigenstudentError(
        'invalid_argument',
        `expected no --${name} where each .npz is followed by the names of its arrays, received "${given[name]}"`,
      );
  return found;
}

/** Refuses one set of samples for two purposes: a test must not use samples on which a choice was made. */
function refuseTwice(one: DataFiles, before: readonly DataFiles[]): void {
  const place = ({ files, kind, inputs = 'x' }: DataFiles) =>
    resolve(files[0] as string) + (kind === 'npz' ? ` ${inputs}` : '');
  const same = before.find((other) => place(other) === place(one));
  if (same === undefined) return;
  const advice =
    one.kind === 'npz' && one.files.length === 1
      ? `. Name the arrays of each, as in ${one.option} ${one.files[0]} x_test y_test`
      : '';
  throw new EigenstudentError(
    'invalid_argument',
    `expected other samples for ${one.option} than for ${same.option}, received ${one.files.join(' ')} for both${advice}`,
  );
}

/**
 * All data are checked against the network before they are split: errors give their location in the files.
 * @throws as the readers; invalid_data for data that do not match the network
 */
export async function readModelData(
  source: ModelSource,
  spec: NetworkSpec,
  options: ModelDataOptions,
): Promise<ModelData> {
  return source.described
    ? describedParts(source.described, spec, options)
    : readParts(source.files, spec, options);
}

async function describedParts(
  described: DescribedData,
  spec: NetworkSpec,
  { seed = 0 }: ModelDataOptions,
): Promise<ModelData> {
  const check = (data: Dataset) => checkAgainst([described.where], { data }, spec);
  const { train, validation, test, hasTestFiles, classNames } = await describedSplits(
    described,
    spec,
    check,
    seed,
  );
  return {
    parts: {
      train: { data: train, from: restText },
      validation: { data: validation, from: heldOutText },
      ...(hasTestFiles
        ? { test: { data: test, from: `the test files of ${described.where}` } }
        : { heldOut: { data: test, from: undecidedText } }),
    },
    classNames,
  };
}

/**
 * Inputs are normalised by the statistics of all of --data, which are those of the network's training if it was trained
 * on --data.
 */
async function readParts(
  files: readonly DataFiles[],
  spec: NetworkSpec,
  { normalize = 'none', seed = 0 }: ModelDataOptions,
): Promise<ModelData> {
  const normalization = oneOf('--normalize', normalize, normalizations);
  const given: Given = {};
  let like: ReadData | undefined;
  for (const one of files) {
    const read = await withinOutputs(spec, () => readDataFiles(one, spec, like));
    checkAgainst(one.files, read, spec);
    if (like?.inputNames && !like.classNames && read.classNames)
      throw new EigenstudentError(
        'invalid_data',
        `expected numbers as labels in ${one.files[0]}, as in ${files[0]?.files[0]}, received ${read.classNames.join(', ')}`,
      );
    like ??= read;
    const key = (Object.keys(dataOptions) as (keyof typeof dataOptions)[]).find(
      (name) => dataOptions[name] === one.option,
    );
    given[key as keyof typeof dataOptions] = read.data;
  }
  const classNames = like?.classNames;
  return { parts: partsOf(normalized(given, normalization), seed), classNames };
}

function normalized(given: Given, kind: NormalizationKind): Given {
  if (kind === 'none' || given.data === undefined) return given;
  const normalization = fitNormalization(given.data, kind);
  return Object.fromEntries(
    Object.entries(given).map(([name, data]) => [name, normalizeInputs(data, normalization)]),
  );
}

/** Source of a part for which no other data were given. */
export const heldOutText = 'held out from --data';
const undecidedText = `${heldOutText}, decides nothing`;
const restText = 'the rest of --data';

/**
 * With validation data, nothing is held out for validation; a last part is held out only where no other data are given.
 */
function partsOf({ data, validationData, testData }: Given, seed: number): ModelData['parts'] {
  const validation = validationData && { data: validationData, from: dataOptions.validationData };
  const test = testData && { data: testData, from: dataOptions.testData };
  if (data === undefined) return { ...(validation && { validation }), ...(test && { test }) };
  if (validation) return { train: { data, from: dataOptions.data }, validation, ...(test && { test }) };
  const split = splitData(data, { validation: shares.validation, test: testData ?? shares.heldOut, seed });
  return {
    train: { data: split.train, from: restText },
    validation: { data: split.validation, from: heldOutText },
    ...(test ? { test } : { heldOut: { data: split.test, from: undecidedText } }),
  };
}

function checkAgainst(files: readonly string[], { data, inputNames }: ReadData, spec: NetworkSpec): void {
  const where = files.join(' ');
  if (inputNames && data.inputCount !== spec.inputs)
    throw new EigenstudentError(
      'invalid_data',
      `${where}: expected ${spec.inputs} columns of inputs, as the network has, received ${data.inputCount}: ` +
        `${inputNames.join(', ')}. Name them in the order of the network, as in --inputs ${inputNames.slice(-spec.inputs).join(',')}`,
    );
  if (spec.loss === 'mse' && data.targetCount === 1 && outputsOf(spec) > 1 && data.inputCount === spec.inputs)
    throw new EigenstudentError(
      'invalid_data',
      `${where}: expected ${outputsOf(spec)} targets per sample, one per output, received 1. If it is a class, and the network ` +
        'ends without a softmax, add --loss crossEntropy',
    );
  try {
    checkFits(where, data, spec, true);
  } catch (cause) {
    if (!(cause instanceof EigenstudentError)) throw cause;
    throw new EigenstudentError('invalid_data', cause.message, { cause });
  }
}
