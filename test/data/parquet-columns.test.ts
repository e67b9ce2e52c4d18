/** Files of pandas and pyarrow: test/fixtures/parquet/make.py. */
import { expect, it } from 'vitest';
import type { ColumnChoice } from '../../src/data/columns.js';
import { readParquet } from '../../src/data/parquet.js';
import { rejectionOf } from '../failure.js';

const fixture = (name: string) => `test/fixtures/parquet/${name}.parquet`;
const read = (name: string, choice: ColumnChoice) => readParquet(fixture(name), choice);
async function inputsOf(name: string, choice: ColumnChoice) {
  const { inputNames, data } = await read(name, choice);
  return [inputNames, [...data.inputs]];
}
const labelled = async (name: string, label: string) => {
  const { classNames, data } = await read(name, { label, inputs: ['a'] });
  return [classNames, [...(data.classes ?? [])]];
};

it.each([
  ['index-range', [1, 2, 3, 4]],
  ['index-unnamed', [3, 1, 4, 2]],
  ['index-named', [1, 2, 3, 4]],
  ['index-levels', [1, 2, 3, 4]],
  ['index-dates', [1, 2, 3, 4]],
])('the index of a data frame is no input: %s', async (name, values) => {
  expect(await inputsOf(name, { label: 'y' })).toEqual([['a'], values]);
});

it('the index of a data frame is an input or a class when the call names it', async () => {
  expect(await inputsOf('index-unnamed', { label: 'y', inputs: ['a', '__index_level_0__'] })).toEqual([
    ['a', '__index_level_0__'],
    [3, 2, 1, 0, 4, 3, 2, 1],
  ]);
  expect((await read('index-named', { label: 'id', exclude: ['y'] })).classNames).toEqual([
    '7',
    '8',
    '9',
    '10',
  ]);
  expect(await inputsOf('index-named', { target: 'id', exclude: ['y'] })).toEqual([['a'], [1, 2, 3, 4]]);
});

it('a column with the name of an index is refused where the file does not say what it is', async () => {
  expect(await rejectionOf(read('index-without-metadata', { label: 'y' }))).toMatch(
    /^invalid_data: expected inputs with names in .*, received column 3, "__index_level_0__": that is how row numbers are written/,
  );
  expect(await inputsOf('index-without-metadata', { label: 'y', exclude: ['__index_level_0__'] })).toEqual([
    ['a'],
    [3, 1, 4, 2],
  ]);
});

it('metadata of pandas that cannot be read are an error where they decide, and only there', async () => {
  expect(await rejectionOf(read('index-damaged-metadata', { label: 'y' }))).toMatch(
    /^file_corrupt: expected JSON under the key "pandas" in the metadata of .*, which names the index: .*\. Name the columns to learn from in inputs$/,
  );
  expect(await inputsOf('index-damaged-metadata', { label: 'y', inputs: ['a'] })).toEqual([
    ['a'],
    [3, 1, 4, 2],
  ]);
});

it('dates and times are names of classes in ISO 8601, in the order of time', async () => {
  expect(await labelled('times', 'days')).toEqual([
    ['1969-12-31', '2020-01-02', '2020-01-03'],
    [2, 1, 0, 2],
  ]);
  expect(await labelled('times', 'date')).toEqual([
    ['1969-12-31', '2020-01-02', '2020-01-03'],
    [2, 1, 0, 2],
  ]);
  expect(await labelled('times', 'local')).toEqual([
    ['1969-12-31T23:59:59.999999', '2020-01-03T10:00:00', '2020-01-03T10:00:00.25', '2020-01-03T10:00:00.5'],
    [3, 1, 0, 2],
  ]);
  expect(await labelled('times', 'zoned')).toEqual([
    ['2020-01-03', '2020-01-03T15:00:00Z', '2020-01-03T15:00:00.5Z', '2020-06-03T14:00:00Z'],
    [2, 1, 3, 0],
  ]);
  expect(await labelled('times', 'clock')).toEqual([
    ['09:30:01', '10:00:00', '10:00:00.000005'],
    [1, 0, 2, 1],
  ]);
  expect(await labelled('times-int96', 'days')).toEqual(await labelled('times', 'days'));
  expect(await labelled('times-int96', 'zoned')).toEqual(await labelled('times', 'zoned'));
});

it('categories are classes by their values', async () => {
  expect(await labelled('categories', 'size')).toEqual([
    ['hi', 'lo', 'mid'],
    [1, 0, 1, 2],
  ]);
  expect(await labelled('categories', 'count')).toEqual([
    ['2', '10'],
    [1, 0, 1, 0],
  ]);
});

it('decimal numbers are read as their text is, however many digits they have', async () => {
  const long = Number('12345678901234567890.123456789');
  expect(await inputsOf('decimals', { label: 'y' })).toEqual([
    ['a', 'b'],
    [-99.99, long, 1.1, -long, 0.07, 0.1, -0.01, -1e-9],
  ]);
  expect((await read('decimals', { label: 'a', inputs: ['b'] })).classNames).toEqual([
    '-99.99',
    '-0.01',
    '0.07',
    '1.10',
  ]);
});

it('reads numbers of 16 bits', async () => {
  expect(await inputsOf('half', { label: 'y' })).toEqual([['a'], [1.5, -0.25, 65504, 2 ** -24]]);
});

it('reads lists of one length as features', async () => {
  expect(await inputsOf('lists', { label: 'y' })).toEqual([
    ['v[0]', 'v[1]'],
    [1, 2, 3, 4, 5, 6, 7, 8],
  ]);
  expect(await inputsOf('lists-fixed', { label: 'y' })).toEqual([
    ['v[0]', 'v[1]'],
    [0, 1, 2, 3, 4, 5, 6, 7],
  ]);
  const [names, values] = await inputsOf('lists-nested', { label: 'y' });
  expect(names).toEqual(['v[0][0]', 'v[0][1]', 'v[1][0]', 'v[1][1]']);
  expect(values?.slice(0, 8)).toEqual([1, 2, 3, 4, 1, 2, 3, 4]);
});

const leftOut = 'or name the columns to learn from in inputs';
it.each([
  [
    'lists-ragged',
    'y',
    'row 1 of FILE: expected a list of 2 numbers in column "v", as in the first row, received a list of 1. Correct it, or leave the row or the column out',
  ],
  [
    'lists-empty',
    'y',
    'row 1 of FILE: expected a list of 2 numbers in column "v", as in the first row, received a list of 0. Correct it, or leave the row or the column out',
  ],
  [
    'lists-null',
    'y',
    'row 1 of FILE: expected a list of 2 numbers in column "v", as in the first row, received nothing. Correct it, or leave the row or the column out',
  ],
  [
    'lists-null-inside',
    'y',
    'row 1 of FILE: expected a finite number in column "v[1]", received nothing, a missing value. Fill it in, or leave the row or the column out',
  ],
  [
    'lists',
    'v',
    'expected names or numbers of classes in column "v" of FILE, received lists of numbers. Write one name per row',
  ],
  [
    'structs',
    'y',
    `expected numbers in column "v" of FILE, received structs of x, z. Write its fields as columns of their own. Leave the column out with exclude: ["v"], ${leftOut}`,
  ],
  [
    'spark-vectors',
    'y',
    `expected numbers in column "features" of FILE, received vectors of Spark. Write lists of numbers, with vector_to_array of pyspark.ml.functions. Leave the column out with exclude: ["features"], ${leftOut}`,
  ],
  [
    'maps',
    'y',
    `expected numbers in column "m" of FILE, received maps. Leave the column out with exclude: ["m"], ${leftOut}`,
  ],
  [
    'times',
    'a',
    `expected numbers in column "days" of FILE, received timestamps. Write what is to be learned from it as a number, such as days since a date or the hour of the day. Leave the column out with exclude: ["days"], ${leftOut}`,
  ],
  [
    'bytes',
    'text',
    `expected numbers in column "binary" of FILE, received bytes. Leave the column out with exclude: ["binary"], ${leftOut}`,
  ],
  [
    'not-utf8',
    'y',
    'row 1 of FILE: expected a class in column "y", received bytes that are not valid UTF-8 (6d fc). Correct it, or leave the row or the column out',
  ],
  [
    'nulls',
    'y',
    'row 0 of FILE: expected a finite number in column "n", received nothing, a missing value. Fill it in, or leave the row or the column out',
  ],
])('%s with label %s is refused', async (name, label, message) => {
  expect(await rejectionOf(read(name, { label }))).toBe(
    `invalid_data: ${message.replace('FILE', fixture(name))}`,
  );
});

it('differences of times are refused as inputs and as classes', async () => {
  expect(await rejectionOf(read('times', { label: 'days', inputs: ['duration'] }))).toMatch(
    /received differences of times \(timedelta64\)\. Write them as numbers, such as \.dt\.total_seconds\(\) of pandas\. Leave/,
  );
  expect(await rejectionOf(read('times', { label: 'duration', inputs: ['a'] }))).toMatch(
    /^invalid_data: expected names or numbers of classes in column "duration" of .*, received differences of times/,
  );
});

it('bytes are names of classes where they are text', async () => {
  expect(await labelled('bytes', 'text')).toEqual([
    ['cat', 'dog'],
    [0, 1, 0, 1],
  ]);
  expect(await rejectionOf(read('bytes', { label: 'binary', inputs: ['a'] }))).toMatch(
    /row 1 of .*: expected a class in column "binary", received bytes that are not valid UTF-8 \(ff fe\)/,
  );
  expect(await rejectionOf(read('bytes', { label: 'packed', inputs: ['a'] }))).toMatch(
    /row 0 of .*: expected a class in column "packed", received bytes that are no text \(01 00 00 00\)/,
  );
});
