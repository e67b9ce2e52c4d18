/** `data` of a protocol: which images, their size, and how many are trained on and measured with. */
import { z } from 'zod';
import { expected, name, positiveInteger, strict } from '../../../protocol/protocol-fields.js';

const path = z.string(expected('the path of a file')).min(1, expected('the path of a file'));
const hash = z.string().regex(/^[0-9a-f]{64}$/, expected('a SHA-256 in 64 hexadecimal digits'));
const shapeText = 'a shape [channels, height, width]';

/** Forms of the images; a protocol has exactly one. */
export const formNames = ['csv', 'fashionMnist'] as const;

const csv = strict({
  file: path.describe(
    'A CSV file with a header, compressed with gzip or not: a pixel per column, and the class.',
  ),
  label: z.string(expected('the name of a column')).default('label').describe('The column with the class.'),
  shape: z
    .array(positiveInteger, expected(shapeText))
    .length(3, expected(shapeText))
    .describe('Shape of an image: [channels, height, width].'),
  sha256: hash
    .exactOptional()
    .describe('SHA-256 of the file; written by the program, and verified by later calls.'),
});

const fashionMnist = strict({
  directory: path
    .exactOptional()
    .describe("Where the four files are. Absent: where Debian's package dataset-fashion-mnist puts them."),
});

export const dataSchema = strict({
  csv: csv.exactOptional().describe('Images in a table, which are put into a random order named by `order`.'),
  fashionMnist: fashionMnist.exactOptional().describe('Fashion-MNIST, in the order of its files.'),
  pool: positiveInteger
    .default(1)
    .describe(
      'Pixels are the means of so many times so many: 2 makes images of 14 x 14 of 28 x 28. 1: as they are.',
    ),
  train: positiveInteger.describe('Images that students learn from: the first ones.'),
  test: positiveInteger.describe(
    'Images that accuracy is measured on: the last ones of a table, the first ones of the test file of Fashion-MNIST.',
  ),
  measure: name(['test', 'validation'])
    .default('test')
    .describe(
      '`validation`: accuracy is measured on as many images behind those of training instead, which are neither trained on nor ' +
        'of the test. For the choice of penalties.',
    ),
  order: z
    .int(expected('a non-negative integer'))
    .min(0, expected('a non-negative integer'))
    .default(0)
    .describe('Seed of the random order of a table, the same for all trials.'),
})
  .superRefine((value, context) => {
    const given = formNames.filter((form) => value[form] !== undefined);
    if (given.length === 1) return;
    const received = given.length === 0 ? 'none' : given.join(' and ');
    context.addIssue({
      code: 'custom',
      message: `expected exactly one of ${formNames.join(', ')}, received ${received}`,
    });
  })
  .describe('Images and their classes');

export type ImageData = z.output<typeof dataSchema>;
