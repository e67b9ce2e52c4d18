/** The form of `data` that comes from files: which files, how they are cut into parts, what is known of them. */
import { z } from 'zod';
import { normalizations } from '../data/normalization.js';
import { expected, name, positiveInteger, strict, trueOrFalse } from './protocol-fields.js';

const path = z.string(expected('the path of a file')).min(1, expected('the path of a file'));
const nameIn = z.string(expected('a name')).min(1, expected('a name'));
const paths = z.array(path, expected('a list of paths')).min(1, expected('at least one path'));
const names = z.array(nameIn, expected('a list of names')).min(1, expected('at least one name'));
const hash = z.string().regex(/^[0-9a-f]{64}$/, expected('a SHA-256 in 64 hexadecimal digits'));
/**
 * How many classes there are; a label beyond them is an error. Absent: as many as the labels to train on say, each of which must
 * then occur.
 */
const classCount = positiveInteger.min(2, expected('at least 2 classes')).exactOptional();

/** What there is to read: arrays of samples, and of their labels unless a teacher labels them; a test set, if it is a set of its own. */
const arrays = {
  inputs: path,
  classes: path.exactOptional(),
  targets: path.exactOptional(),
  testInputs: path.exactOptional(),
  testClasses: path.exactOptional(),
  testTargets: path.exactOptional(),
  classCount,
};
const table = {
  file: path,
  testFile: path.exactOptional(),
  /** The column with the class. */
  label: nameIn.exactOptional(),
  classNames: names.exactOptional(),
  /** The columns with the numbers to learn. */
  targets: names.exactOptional(),
  /** The column with them, if it is one: the same as a list of one. */
  target: nameIn.exactOptional(),
  /** Absent: all other columns. */
  inputs: names.exactOptional(),
  /** Columns that are no inputs, instead of `inputs`. */
  exclude: names.exactOptional(),
};
const forms = {
  idx: strict({
    images: path,
    labels: path.exactOptional(),
    testImages: path.exactOptional(),
    testLabels: path.exactOptional(),
    classCount,
  }).exactOptional(),
  cifar10: strict({ files: paths, testFiles: paths.exactOptional() }).exactOptional(),
  npy: strict(arrays).exactOptional(),
  /** Names of arrays in one file. */
  npz: strict({ file: path, ...arrays }).exactOptional(),
  csv: strict({ ...table, delimiter: nameIn.exactOptional() }).exactOptional(),
  parquet: strict(table).exactOptional(),
};
export type FormName = keyof typeof forms;
export const formNames = Object.keys(forms) as FormName[];

/** Fields that name files. */
const fileFields: Readonly<Record<FormName, readonly string[]>> = {
  idx: ['images', 'labels', 'testImages', 'testLabels'],
  cifar10: ['files', 'testFiles'],
  npy: ['inputs', 'classes', 'targets', 'testInputs', 'testClasses', 'testTargets'],
  npz: ['file'],
  csv: ['file', 'testFile'],
  parquet: ['file', 'testFile'],
};

const sizeText = 'a fraction below 1 or a number of samples';
const size = z.number(expected(sizeText)).refine((value) => {
  return value > 0 && (value < 1 || Number.isInteger(value));
}, expected(sizeText));
const refusedWithFiles = z
  .never({ error: 'expected no such field with files: what validation and test leave is trained on' })
  .exactOptional();

export const fileDataSchema = strict({
  ...forms,
  /** A fraction of the samples if below 1, else a number of them; so is test. */
  validation: size.default(0.1),
  /** Absent where there are files for testing; else 0.2. */
  test: size.exactOptional(),
  /** Of the inputs, by the statistics of the training part alone. */
  normalize: name(normalizations).default('standard'),
  /** Whether each part has of each class its share. Absent: where there are classes. */
  stratified: trueOrFalse.exactOptional(),
  train: refusedWithFiles,
  /** SHA-256 of each file, by its path; written by the program, which then checks them. */
  files: z.record(z.string(), hash).exactOptional(),
  /** What is in the files; written by the program. */
  found: strict({
    samples: positiveInteger,
    testSamples: positiveInteger.exactOptional(),
    inputs: positiveInteger,
    classes: positiveInteger.exactOptional(),
    targets: positiveInteger.exactOptional(),
  }).exactOptional(),
}).superRefine((value, context) => {
  const given = formNames.filter((form) => value[form] !== undefined);
  const refuse = (message: string, ...at: string[]) =>
    context.addIssue({ code: 'custom', path: at, message });
  if (given.length !== 1) {
    const received = given.length === 0 ? 'none' : given.join(' and ');
    refuse(`expected exactly one of ${formNames.join(', ')}, received ${received}`);
    return;
  }
  const [form] = given as [FormName];
  if (hasTestFiles(value) && value.test !== undefined)
    refuse(
      `expected no size, received ${value.test}: the test files of ${form} are all of the test part`,
      'test',
    );
  const fields: Readonly<Record<string, unknown>> = value[form] ?? {};
  for (const [one, other] of [
    ['classes', 'targets'],
    ['label', 'targets'],
    ['label', 'target'],
    ['target', 'targets'],
    ['inputs', 'exclude'],
  ] as const)
    if (fields[one] !== undefined && fields[other] !== undefined)
      refuse(`expected ${one} or ${other}, received both`, form, other);
});

export type FileData = z.output<typeof fileDataSchema>;

/** Whether data come from files. */
export function isFromFiles(data: object): data is FileData {
  return formNames.some((form) => Object.hasOwn(data, form));
}

export function formOf(data: FileData): FormName {
  return formNames.find((form) => data[form] !== undefined) as FormName;
}

function hasTestFiles(data: z.input<typeof fileDataSchema>): boolean {
  return formNames.some((form) => Object.keys(data[form] ?? {}).some((field) => /^test[A-Z]/.test(field)));
}

/** How much of the samples is for testing; undefined where there are files for that. */
export function testSize(data: FileData): number | undefined {
  return hasTestFiles(data) ? undefined : (data.test ?? 0.2);
}

/** Whether the files say what is to be learned. */
export function hasLabels(data: FileData): boolean {
  const fields = data[formOf(data)] ?? {};
  return (
    formOf(data) === 'cifar10' ||
    ['labels', 'classes', 'targets', 'target', 'label'].some((field) => field in fields)
  );
}

/** Whether what they say is classes. */
export function hasClasses(data: FileData): boolean {
  const fields = data[formOf(data)] ?? {};
  return formOf(data) === 'cifar10' || ['labels', 'classes', 'label'].some((field) => field in fields);
}

/** The same data with other paths. */
export function mapPaths(data: FileData, change: (path: string) => string): FileData {
  const form = formOf(data);
  const fields = Object.entries(data[form] ?? {}).map(([field, value]) => {
    if (!fileFields[form].includes(field)) return [field, value];
    return [field, Array.isArray(value) ? value.map(change) : change(value as string)];
  });
  return { ...data, [form]: Object.fromEntries(fields) };
}

/** The same data, where two forms say the same: `target` of a table as `targets`. */
export function inOneForm(data: FileData): FileData {
  const form = formOf(data);
  if (form !== 'csv' && form !== 'parquet') return data;
  const { target, ...table } = data[form] as NonNullable<FileData['csv']>;
  return target === undefined ? data : { ...data, [form]: { ...table, targets: [target] } };
}

/** Each file once. */
export function pathsOf(data: FileData): string[] {
  const found = new Set<string>();
  mapPaths(data, (each) => {
    found.add(each);
    return each;
  });
  return [...found];
}
