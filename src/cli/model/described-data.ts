/** Reads the description of a data set: a YAML file with the fields of `data` of a protocol. */
import { dirname, resolve } from 'node:path';
import { normalizations, normalizeSplits } from '../../data/normalization.js';
import { type Splits, splitData } from '../../data/splits.js';
import { EigenstudentError } from '../../errors.js';
import { checkHash } from '../../files/file-hash.js';
import { readText } from '../../files/text-file.js';
import { endsInOneSigmoid } from '../../network/binary-accuracy.js';
import type { Dataset } from '../../network/dataset.js';
import { outputsOf } from '../../network/description.js';
import type { NetworkSpec } from '../../network/spec.js';
import {
  type FileData,
  fileDataSchema,
  formOf,
  hasClasses,
  hasLabels,
  labelFields,
  mapPaths,
  testSize,
} from '../../protocol/files/file-data.js';
import { type LoadedData, loadFiles } from '../../protocol/files/load.js';
import { invalidProtocol, issuesOf, type ProtocolIssue, readYaml } from '../../protocol/protocol-issues.js';
import { toTargets } from './binary-targets.js';
import { withinOutputs } from './labels-beyond-outputs.js';

/** A checked description, its paths resolved. */
export interface DescribedData {
  /** The path of the description. */
  readonly where: string;
  readonly data: FileData;
  /** Whether its labels are classes. */
  readonly hasClasses: boolean;
}

/**
 * Paths in it are relative to its folder.
 * @throws file_unreadable, file_corrupt; invalid_protocol with file, line and field; invalid_data when the description
 *   has a SHA-256 of a file that is another
 */
export async function readDescription(where: string): Promise<DescribedData> {
  const { value, lineOf } = readYaml(await readText(where), where);
  const { data, error } = fileDataSchema.safeParse(value);
  const issues = isProtocol(value) ? [protocolIssue] : error ? issuesOf(error, []) : missing(data, value);
  if (!data || issues.length > 0) throw invalidProtocol(issues, where, lineOf, 'description of data');
  const absolute = (path: string) => resolve(dirname(where), path);
  for (const [path, hash] of Object.entries(data.files ?? {})) await checkHash(absolute(path), hash);
  return { where, data: mapPaths(data, absolute), hasClasses: hasClasses(data) };
}

function isProtocol(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'data');
}

const protocolIssue: ProtocolIssue = {
  path: [],
  key: 'data',
  message: 'expected the fields of `data` of a protocol alone, received a protocol',
};

/** What a protocol may leave out: its students are trained on what it says, but this network has been trained. */
function missing(data: FileData, value: unknown): ProtocolIssue[] {
  const issues: ProtocolIssue[] = [];
  if (!Object.hasOwn(value as object, 'normalize'))
    issues.push({
      path: ['normalize'],
      message:
        `missing, expected { shift: [...], scale: [...] } or one of ${normalizations.join(', ')}: what the network was trained ` +
        'on. Pixels that were divided by 255 are { shift: [0], scale: [255] }',
    });
  if (!hasLabels(data))
    issues.push({ path: [formOf(data)], message: `missing, expected ${labelFields(data)}` });
  return issues;
}

export interface DescribedSplits extends Splits {
  /** Whether the test part is from files of its own. */
  readonly hasTestFiles: boolean;
  readonly classNames?: readonly string[];
}

/**
 * The parts of the data, normalised by the training part or by given numbers.
 * @param check is given all samples before they are split, to be compared with the network
 * @param seed of the split
 * @throws as the readers; invalid_data for labels that do not match the outputs of the network
 */
export async function describedSplits(
  { where, data }: DescribedData,
  spec: NetworkSpec,
  check: (data: Dataset) => void,
  seed: number,
): Promise<DescribedSplits> {
  const counted = withClassCount(data, spec);
  // With a classCount of the description, its own advice is right.
  const loaded = await (counted === data ? loadFiles(data) : withinOutputs(spec, () => loadFiles(counted)));
  const { classNames } = loaded;
  checkClassNames(where, loaded, spec);
  const learned = endsInOneSigmoid(spec) ? toTargets : (one: Dataset) => one;
  const [samples, test] = [learned(loaded.data), loaded.test && learned(loaded.test)];
  check(samples);
  if (test) check(test);
  const { validation, stratified } = data;
  const splits = splitData(samples, {
    ...{ validation, seed, stratified: samples.classes && stratified },
    test: test ?? (testSize(data) as number),
  });
  return { ...normalizeSplits(splits, data.normalize), hasTestFiles: test !== undefined, classNames };
}

/** The network determines the number of classes, unless the description does: not all of them need occur. */
function withClassCount(data: FileData, spec: NetworkSpec): FileData {
  const classCount = classesOf(spec);
  const { idx, npy, npz } = data;
  if (idx?.labels !== undefined && idx.classCount === undefined)
    return { ...data, idx: { ...idx, classCount } };
  if (npy?.classes !== undefined && npy.classCount === undefined)
    return { ...data, npy: { ...npy, classCount } };
  if (npz?.classes !== undefined && npz.classCount === undefined)
    return { ...data, npz: { ...npz, classCount } };
  return data;
}

function classesOf(spec: NetworkSpec): number {
  return endsInOneSigmoid(spec) ? 2 : outputsOf(spec);
}

/** Names of a column are numbered in sorted order, which is that of the outputs only if there are as many. */
function checkClassNames(where: string, { classNames }: LoadedData, spec: NetworkSpec): void {
  if (classNames === undefined || classNames.length === classesOf(spec)) return;
  throw new EigenstudentError(
    'invalid_data',
    `${where}: expected ${classesOf(spec)} classes, as the network tells apart, received ${classNames.length}. List all classes in the ` +
      'order of the outputs: classNames: [...]',
  );
}
