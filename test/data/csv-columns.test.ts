/** Which columns of a table are inputs, what their cells may be, and how classes are named. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type CsvOptions, readCsv } from '../../src/data/csv.js';
import { rejectionOf } from '../failure.js';
import { fileOf } from './files.js';

const read = async (text: string, options: CsvOptions = { label: 'y' }) => {
  const { data, ...names } = await readCsv(await fileOf('t.csv', text), options);
  return {
    inputs: [...data.inputs],
    classes: [...(data.classes ?? [])],
    targets: [...(data.targets ?? [])],
    ...names,
  };
};
const refusal = async (text: string, options: CsvOptions = { label: 'y' }) => {
  const file = await fileOf('t.csv', text);
  return (await rejectionOf(readCsv(file, options))).replaceAll(file, 'FILE');
};

it('reads True and False as 1 and 0 in a column of booleans, in the spellings of pandas', async () => {
  const text = 'a,b,y\nTrue,1,x\nFALSE,0,x\ntrue,1,z\nfalse,0,z\nTRUE,1,x\nFalse,0,z\n';
  expect((await read(text)).inputs).toEqual([1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0]);
  expect((await read('a,b\n1,True\n2,False\n', { target: 'b' })).targets).toEqual([1, 0]);
});

it('a column of both numbers and True or False is refused', async () => {
  expect(await refusal('a,y\nTrue,x\n1,z\n')).toBe(
    'invalid_data: line 3 of FILE: expected true or false in column "a", as in line 2, received "1". Write one of both in the ' +
      'whole column',
  );
  expect(await refusal('a,y\n0,x\n\n1,x\nTrue,z\n')).toBe(
    'invalid_data: line 5 of FILE: expected a number in column "a", as in line 2, received "True". Write one of both in the ' +
      'whole column',
  );
});

const other =
  'A column of something else is left out by naming it in exclude, or by naming the others as inputs';
it.each([
  [
    '9007199254740993',
    'As a 64-bit floating-point number it would become 9007199254740992. If it is an identifier, leave the column out with exclude',
  ],
  ['inf', 'Infinity cannot be learned from: leave the row or the column out'],
  ['-Infinity', 'Infinity cannot be learned from: leave the row or the column out'],
  ['1e999', 'It is beyond the range of 64-bit floating point'],
  ['0x1F', 'Write hexadecimal numbers in decimal notation'],
  ['1,5', 'Write it with a decimal point, and without a separator between thousands'],
  ['1.234,5', 'Write it with a decimal point, and without a separator between thousands'],
  ['1,234,567.5', 'Write it with a decimal point, and without a separator between thousands'],
  ['1 234', 'Write it without a separator between thousands'],
  ['1_000', 'Write it without a separator between thousands'],
  ["1'234.5", 'Write it without a separator between thousands'],
  ['1.234.567', 'Write it without a separator between thousands'],
  ['5%', 'Write the number without its unit'],
  ['$3.50', 'Write the number without its unit'],
  ['2020-01-02', other],
  ['setosa', other],
])('the number %s is refused with advice', async (cell, advice) => {
  expect(await refusal(`a,b,y\n1,2,x\n1,"${cell}",z\n`)).toBe(
    `invalid_data: line 3 of FILE: expected a finite number in column "b", received ${JSON.stringify(cell)}. ${advice}`,
  );
});

it.each([
  [';', 'a;b;y\n1,5;2,5;x\n', '";": give delimiter: ";"'],
  [';', 'a;b;y\n1;2;x\n', '";": give delimiter: ";"'],
  ['\t', 'a\tb\ty\n1\t2\tx\n', 'a tab: give delimiter: "\\t"'],
  ['|', 'a|b|y\n1|2|x\n', '"|": give delimiter: "|"'],
])(
  'a file whose separator is %j is refused with the option that sets it',
  async (delimiter, text, advice) => {
    const header = text.split('\n')[0];
    expect(await refusal(text)).toBe(
      `invalid_data: expected columns between "," in FILE, received one, "${header}". The separator looks like ${advice}`,
    );
    const numbers = text.replaceAll('1,5', '1').replaceAll('2,5', '2');
    expect((await read(numbers, { label: 'y', delimiter })).inputs).toEqual([1, 2]);
  },
);

it.each([
  [
    { label: 'y' },
    'a, cm;b, cm;y\n1;2;x\n',
    /expected a column "y" in FILE, .*The separator looks like ";": give delimiter: ";"$/,
  ],
  [
    { label: 'y', delimiter: ';' },
    'a,b,y\n1,2,x\n',
    /between ";" in FILE, received one, "a,b,y"\. The separator looks like ","/,
  ],
  [
    { label: 'y' },
    'sep=;\na;y\n1;x\n',
    /^invalid_data: line 1 of FILE: expected the names of columns, received the note sep=; to Excel\. Delete/,
  ],
  [
    { delimiter: '' },
    'a\n1\n',
    /^invalid_argument: expected what stands between two fields, as in ";" for delimiter of readCsv, received ""$/,
  ],
  [
    { delimiter: '\\t' },
    'a\n1\n',
    /received "\\\\t"\. A tab is one character: in YAML "\\t" in double quotes$/,
  ],
  [
    { label: 'y' },
    'a,y\n1,x,\n',
    /line 2 of FILE is not readable CSV: expected 2 fields, .* received 3\. The line ends with a separator, and the header does not$/,
  ],
  [
    { label: 'y' },
    'a,y\n1,"x"z\n',
    /^file_corrupt: line 2 of FILE is not readable CSV: text follows the quote that closes a field\. A quote within/,
  ],
  [
    { label: 'y', exclude: ['b'], inputs: ['a'] },
    'a,b,y\n',
    /^invalid_argument: expected inputs or exclude for readCsv, received both$/,
  ],
  [
    { target: 'a', targets: ['b'] },
    'a,b,y\n',
    /^invalid_argument: expected target or targets for readCsv, received both$/,
  ],
  [
    { label: 'y', exclude: ['bb'] },
    'a,b,y\n1,2,x\n',
    /^invalid_data: expected a column "bb" in FILE, received "a", "b", "y"\. Did you mean "b"\?$/,
  ],
  [
    { label: 'y', classNames: ['x', 'x'] },
    'a,y\n1,x\n',
    /^invalid_argument: expected different names in classNames of readCsv, received "x" twice$/,
  ],
  [
    { label: 'y', inputs: ['a', 'a'] },
    'a,y\n1,x\n',
    /^invalid_data: expected each column of FILE to be named once, received "a" twice$/,
  ],
  [
    { label: 'y' },
    'a," a ",y\n1,2,x\n',
    /^invalid_data: expected columns of different names in FILE, received "a" twice/,
  ],
  [
    { label: 'y' },
    'a,y,\n1,x,\n',
    /received column 3 without a name: .*Leave it out with exclude: \["Unnamed: 2"\]/,
  ],
  [
    { label: 'y' },
    ',,a,y\n0,0,1,x\n',
    /received column 1 without a name: .*exclude: \["Unnamed: 0", "Unnamed: 1"\]/,
  ],
])('%j is refused for %j', async (options, text, message) => {
  expect(await refusal(text, options)).toMatch(message);
});

it('two columns of one name do not matter where neither is used', async () => {
  const text = 'a,a,b,y\n1,2,3,x\n4,5,6,z\n';
  expect((await read(text, { label: 'y', inputs: ['b'] })).inputs).toEqual([3, 6]);
  expect((await read(text, { label: 'y', exclude: ['a'] })).inputs).toEqual([3, 6]);
});

it('accepts targets in place of target', async () => {
  expect((await read('a,b,c\n1,2,3\n', { targets: ['c', 'b'] })).targets).toEqual([3, 2]);
  expect((await read('a,b,c\n1,2,3\n', { targets: 'c' })).targets).toEqual([3]);
});

it('keeps a quote within a field without quotes', async () => {
  expect((await read('a,y\n1,5" pipe\n2,x "z" w\n')).classNames).toEqual(['5" pipe', 'x "z" w']);
});

it('classes are in the order of their numbers, then in that of their code points, as in sorted() of Python', async () => {
  const names = ['10', '9', '-1', '2.5', '1e1x', '5a', '\uFF01', '😀', 'é', 'e', 'Z', '-'];
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray(names, { minLength: names.length }), async (shuffled) => {
      const { classNames, classes } = await read(`a,y\n${shuffled.map((name) => `1,${name}\n`).join('')}`);
      expect(classNames).toEqual(['-1', '2.5', '9', '10', '-', '1e1x', '5a', 'Z', 'e', 'é', '\uFF01', '😀']);
      expect(classes.map((index) => classNames?.[index])).toEqual(shuffled);
    }),
    { seed: 4, numRuns: 30 },
  );
});

it.each([
  ['1', '1.0'],
  ['10', '1e1'],
  ['True', 'TRUE'],
])('classes %s and %s are one value in two spellings, which is refused', async (one, two) => {
  expect(await refusal(`a,y\n1,${one}\n2,7\n3,${two}\n`)).toBe(
    `invalid_data: line 4 of FILE: expected one spelling per class in column "y", received "${two}" here and "${one}" in line 2. ` +
      'Write them alike; if they are two classes, list all classes in classNames',
  );
  expect((await read(`a,y\n1,${one}\n3,${two}\n`, { label: 'y', classNames: [two, one] })).classes).toEqual([
    1, 0,
  ]);
  expect((await read(`a,y\n1,${one}\n2,other\n3,${two}\n`)).classNames).toHaveLength(3); // a column of text
});
