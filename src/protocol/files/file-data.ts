/** `data` from files: which files, how they are split into parts, and what they contain. */
import { z } from 'zod';
import { fashionMnistClasses, fashionMnistDirectory, fashionMnistPaths } from '../../data/fashion-mnist.js';
import { normalizations } from '../../data/normalization.js';
import { expected, name, nameMessage, positiveInteger, strict, trueOrFalse } from '../protocol-fields.js';

const path = z.string(expected('the path of a file')).min(1, expected('the path of a file'));
const nameIn = z.string(expected('a name')).min(1, expected('a name'));
const paths = z.array(path, expected('a list of paths')).min(1, expected('at least one path'));
const names = z.array(nameIn, expected('a list of names')).min(1, expected('at least one name'));
const hash = z.string().regex(/^[0-9a-f]{64}$/, expected('a SHA-256 in 64 hexadecimal digits'));
const classCount = positiveInteger
  .min(2, expected('at least 2 classes'))
  .exactOptional()
  .describe(
    'Number of classes; a label beyond them is an error. Absent: determined by the training labels, among ' +
      'which every class must then occur.',
  );

/**
 * Contents to read: arrays of samples, and of their labels unless a teacher labels them; a test set, if it is separate.
 */
const arrays = {
  inputs: path.describe('The array of the inputs; its first dimension counts the samples.'),
  classes: path.exactOptional().describe('The array of the classes, from 0; or `targets`.'),
  targets: path.exactOptional().describe('The array of the numeric targets; or `classes`.'),
  testInputs: path.exactOptional().describe('The array of the test inputs.'),
  testClasses: path.exactOptional().describe('The array of the test classes.'),
  testTargets: path.exactOptional().describe('The array of the test targets.'),
  classCount,
};
const table = {
  file: path.describe('The table.'),
  testFile: path.exactOptional().describe('A table of test samples, with the same columns.'),
  label: nameIn.exactOptional().describe('The column with the class.'),
  classNames: names.exactOptional().describe('Names of all classes, in their order.'),
  targets: names.exactOptional().describe('The columns of the numeric targets.'),
  target: nameIn
    .exactOptional()
    .describe('The column of a single target: the same as a list of one column in `targets`.'),
  inputs: names.exactOptional().describe('The columns that are inputs. Absent: all other columns.'),
  exclude: names.exactOptional().describe('Columns that are not inputs, as an alternative to `inputs`.'),
};
const forms = {
  idx: strict({
    images: path.describe('The file of the inputs.'),
    labels: path.exactOptional().describe('The file of the classes.'),
    testImages: path.exactOptional().describe('The file of the test inputs.'),
    testLabels: path.exactOptional().describe('The file of the test classes.'),
    classCount,
  })
    .exactOptional()
    .describe('IDX files, the format of MNIST and Fashion-MNIST, with or without gzip compression.'),
  cifar10: strict({
    files: paths.describe('Files of the binary version, in their order.'),
    testFiles: paths.exactOptional().describe('Files of test samples.'),
  })
    .exactOptional()
    .describe('CIFAR-10 in its binary version.'),
  npy: strict(arrays)
    .exactOptional()
    .describe('NPY files, one per array: each field but `classCount` is the path of a file.'),
  npz: strict({ file: path.describe('The NPZ file.'), ...arrays })
    .exactOptional()
    .describe('Arrays in one NPZ file: each field but `file` and `classCount` is the name of an array.'),
  csv: strict({
    ...table,
    delimiter: nameIn.exactOptional().describe('The separator of columns. Absent: a comma.'),
  })
    .exactOptional()
    .describe('CSV files with a header.'),
  parquet: strict(table).exactOptional().describe('Parquet files.'),
  fashionMnist: strict({
    directory: path
      .exactOptional()
      .describe("Where the four files are. Absent: where Debian's package dataset-fashion-mnist puts them."),
  })
    .exactOptional()
    .describe(
      'Fashion-MNIST: the same as its four files under `idx`; the test set is the one of its test files.',
    ),
};
export type FormName = keyof typeof forms;
export const formNames = Object.keys(forms) as FormName[];

/** Fields that contain paths of files. */
const fileFields: Readonly<Record<FormName, readonly string[]>> = {
  idx: ['images', 'labels', 'testImages', 'testLabels'],
  cifar10: ['files', 'testFiles'],
  npy: ['inputs', 'classes', 'targets', 'testInputs', 'testClasses', 'testTargets'],
  npz: ['file'],
  csv: ['file', 'testFile'],
  parquet: ['file', 'testFile'],
  fashionMnist: ['directory'],
};

const sizeText = 'a fraction below 1 or a number of samples';
const size = z.number(expected(sizeText)).refine((value) => {
  return value > 0 && (value < 1 || Number.isInteger(value));
}, expected(sizeText));
const number = z.number(expected('a finite number'));
const shift = z.array(number, expected('a list of numbers')).min(1, expected('at least one number'));
const scale = z
  .array(
    number.refine((value) => value !== 0, expected('a number other than 0')),
    expected('a list of numbers'),
  )
  .min(1, expected('at least one number'));
const givenNormalization = strict({
  shift: shift.describe('Subtracted: a number per channel of images, or per input.'),
  scale: scale.describe('Then divided by: as many numbers.'),
}).refine((value) => value.shift.length === value.scale.length, {
  error: 'expected as many numbers in shift as in scale',
});

const refusedWithFiles = z
  .never({ error: 'expected no such field with files: what validation and test leave is trained on' })
  .exactOptional();

export const fileDataSchema = strict({
  ...forms,
  validation: size
    .default(0.1)
    .describe(
      'A fraction of the samples if below 1, otherwise their number. The remaining samples are the training part.',
    ),
  test: size.exactOptional().describe('Likewise. Absent where there are test files; otherwise 0.2.'),
  normalize: z
    .union([name(normalizations), givenNormalization], {
      error: ({ input }) =>
        `${nameMessage(normalizations, input).replace('one of', 'shift and scale, or one of')}`,
    })
    .default('standard')
    .describe(
      'How inputs are scaled, by the statistics of the training part alone, or by given numbers; `standardPerChannel` needs ' +
        'images: IDX, CIFAR-10, Fashion-MNIST, or NPY and NPZ of 3 or 4 dimensions.',
    ),
  stratified: trueOrFalse
    .exactOptional()
    .describe('Whether each part has the same proportions of classes. Absent: true where there are classes.'),
  train: refusedWithFiles,
  files: z
    .record(z.string(), hash)
    .exactOptional()
    .describe('SHA-256 of each file, by its path; written by the program, and verified by later calls.'),
  found: strict({
    samples: positiveInteger.describe('Samples.'),
    testSamples: positiveInteger.exactOptional().describe('Samples of the test files.'),
    inputs: positiveInteger.describe('Inputs per sample.'),
    classes: positiveInteger.exactOptional().describe('Classes.'),
    targets: positiveInteger.exactOptional().describe('Targets per sample.'),
  })
    .exactOptional()
    .describe('Contents of the files; written by the program.'),
})
  .superRefine((value, context) => {
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
  })
  .describe('Samples from files');

export type FileData = z.output<typeof fileDataSchema>;

/** Whether data come from files. */
export function isFromFiles(data: object): data is FileData {
  return formNames.some((form) => Object.hasOwn(data, form));
}

export function formOf(data: FileData): FormName {
  return formNames.find((form) => data[form] !== undefined) as FormName;
}

function hasTestFiles(data: z.input<typeof fileDataSchema>): boolean {
  if (data.fashionMnist !== undefined) return true;
  return formNames.some((form) => Object.keys(data[form] ?? {}).some((field) => /^test[A-Z]/.test(field)));
}

/** Size of the test part; undefined where there are files for it. */
export function testSize(data: FileData): number | undefined {
  return hasTestFiles(data) ? undefined : (data.test ?? 0.2);
}

/** Formats whose labels are part of their files. */
const labelledForms: readonly FormName[] = ['cifar10', 'fashionMnist'];

/** Whether the files contain labels. */
export function hasLabels(data: FileData): boolean {
  const fields = data[formOf(data)] ?? {};
  return (
    labelledForms.includes(formOf(data)) ||
    ['labels', 'classes', 'targets', 'target', 'label'].some((field) => field in fields)
  );
}

/** The fields of the form that name labels, for messages. */
export function labelFields(data: FileData): string {
  const form = formOf(data);
  if (form === 'idx') return 'labels';
  return form === 'csv' || form === 'parquet' ? 'label or targets' : 'classes or targets';
}

/** Whether these labels are classes. */
export function hasClasses(data: FileData): boolean {
  const fields = data[formOf(data)] ?? {};
  return (
    labelledForms.includes(formOf(data)) || ['labels', 'classes', 'label'].some((field) => field in fields)
  );
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

/** The same data in one of two equivalent forms: `target` of a table as `targets`, Fashion-MNIST as IDX files. */
export function inOneForm({ fashionMnist, ...data }: FileData): FileData {
  if (fashionMnist) return { ...data, idx: fashionMnistFiles(fashionMnist.directory) };
  const form = formOf(data);
  if (form !== 'csv' && form !== 'parquet') return data;
  const { target, ...table } = data[form] as NonNullable<FileData['csv']>;
  return target === undefined ? data : { ...data, [form]: { ...table, targets: [target] } };
}

function fashionMnistFiles(directory = fashionMnistDirectory): NonNullable<FileData['idx']> {
  const { trainImages, trainLabels, testImages, testLabels } = fashionMnistPaths(directory);
  const classCount = fashionMnistClasses.length;
  return { images: trainImages, labels: trainLabels, testImages, testLabels, classCount };
}

/** Each path once, those of the files that a name of a data set stands for. */
export function pathsOf(data: FileData): string[] {
  const found = new Set<string>();
  mapPaths(inOneForm(data), (each) => {
    found.add(each);
    return each;
  });
  return [...found];
}
