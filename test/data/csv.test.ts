import { expect, it } from 'vitest';
import { type CsvOptions, readCsv } from '../../src/data/csv.js';
import { rejectionOf } from '../failure.js';
import { fileOf } from './files.js';

const flowers = `sepal,"petal, cm",species
5.1,1.4,setosa
7e0, -4.7 ,"versi ""c"" color"
.5,+6,setosa
`;

it.each(['flowers.csv', 'flowers.csv.gz'])('reads a label column of names: %s', async (name) => {
  const table = await readCsv(await fileOf(name, `\uFEFF${flowers.replaceAll('\n', '\r\n')}`), {
    label: 'species',
  });
  expect(table.inputNames).toEqual(['sepal', 'petal, cm']);
  expect(table.classNames).toEqual(['setosa', 'versi "c" color']);
  expect([...table.data.inputs]).toEqual([5.1, 1.4, 7, -4.7, 0.5, 6]);
  expect([...(table.data.classes ?? [])]).toEqual([0, 1, 0]);
});

it('reads target columns, and inputs in the given order', async () => {
  const file = await fileOf('a.csv', 'a;b;c;d\n1;2;3;x\n4;5;6;y\n');
  const { data, inputNames, classNames } = await readCsv(file, {
    target: ['b'],
    inputs: ['c', 'a'],
    delimiter: ';',
  });
  expect([...data.inputs]).toEqual([3, 1, 6, 4]);
  expect([...(data.targets ?? [])]).toEqual([2, 5]);
  expect([inputNames, classNames]).toEqual([['c', 'a'], undefined]);
});

it('sorts classes that are numbers numerically, or takes the given names', async () => {
  const file = await fileOf('a.csv', 'x,y\n1,10\n2,9\n3,10\n');
  expect((await readCsv(file, { label: 'y' })).classNames).toEqual(['9', '10']);
  const given = await readCsv(file, { label: 'y', classNames: ['10', '11', '9'] });
  expect([...(given.data.classes ?? [])]).toEqual([0, 2, 0]);
});

it('reads more rows than its first buffer holds', async () => {
  const lines = Array.from({ length: 5000 }, (_, i) => `${i},${-i}`);
  const { data } = await readCsv(await fileOf('a.csv', `a,b\n${lines.join('\n')}`), { target: 'b' });
  expect([data.samples, data.inputs[4999], data.targets?.[4999]]).toEqual([5000, 4999, -4999]);
});

const refusals: [string, string, CsvOptions, string][] = [
  [
    'a missing value',
    'a,b\n1,2\n3,\n',
    { target: 'b' },
    'invalid_data: line 3 of FILE: expected a finite number in column "b", received nothing, a missing value. Fill it in, or ' +
      'leave the row or the column out',
  ],
  [
    'a missing class',
    'a,b\n1,\n',
    { label: 'b' },
    'invalid_data: line 2 of FILE: expected a class in column "b", received nothing, a missing value. Fill it in, or leave the row out',
  ],
  [
    'a value that is no number',
    'a,b\n1,2\n\nNA,4\n',
    { target: 'b' },
    'invalid_data: line 4 of FILE: expected a finite number in column "a", received "NA", a missing value. Fill it in, or ' +
      'leave the row or the column out',
  ],
  [
    'a value that is not finite',
    'a,b\n1,2\n1e999,4\n',
    { target: 'b' },
    'invalid_data: line 3 of FILE: expected a finite number in column "a", received "1e999". It is beyond the range of ' +
      '64-bit floating point',
  ],
  [
    'a wrong column',
    'a,species\n1,x\n',
    { label: 'speices' },
    'invalid_data: expected a column "speices" in FILE, received "a", "species". Did you mean "species"?',
  ],
  [
    'a class that is none of those given',
    'a,b\n1,x\n2,y\n',
    { label: 'b', classNames: ['x', 'z'] },
    'invalid_data: line 3 of FILE: expected one of the classes x, z in column "b", received "y". If it is a class, list it in classNames',
  ],
  [
    'a line of another length',
    'a,b\n1,2\n3,4,5\n',
    { label: 'b' },
    'file_corrupt: line 3 of FILE is not readable CSV: expected 2 fields, as the header has, received 3',
  ],
  [
    'a first line of another length',
    'a,b\n3,4,5\n',
    { label: 'b' },
    'file_corrupt: line 2 of FILE is not readable CSV: expected 2 fields, as the header has, received 3. If rows begin with their ' +
      'number or name, as R writes them, give that column a name in the header',
  ],
  [
    'two columns of one name',
    'a,a\n1,2\n',
    {},
    'invalid_data: expected columns of different names in FILE, received "a" twice. Rename one, or leave both out with exclude',
  ],
  [
    'an input that is learned from',
    'a,b\n1,2\n',
    { target: 'b', inputs: ['a', 'b'] },
    'invalid_data: expected other inputs than what is learned from FILE, received "b"',
  ],
  ['no inputs', 'b\n1\n', { label: 'b' }, 'invalid_data: expected at least one column of inputs in FILE'],
  ['no rows', 'a,b\n', {}, 'invalid_data: expected rows in FILE, received the header alone'],
  ['nothing', '', {}, 'invalid_data: expected a header line in FILE, received an empty file'],
  [
    'label and target',
    'a,b\n1,2\n',
    { label: 'a', target: 'b' },
    'invalid_argument: expected label or target for readCsv, received both',
  ],
];
it.each(refusals)('%s is refused', async (_, text, options, message) => {
  const file = await fileOf('data.csv', text);
  expect(await rejectionOf(readCsv(file, options))).toBe(message.replace('FILE', file));
});

it('names the line of a quote that is not closed', async () => {
  const file = await fileOf('data.csv', 'a,b\n1,2\n3,"4\n');
  expect(await rejectionOf(readCsv(file))).toMatch(
    /^file_corrupt: line 3 of .* is not readable CSV: a quote opens a field there, and none closes it before the end of the file$/,
  );
  expect(await rejectionOf(readCsv('no-such.csv'))).toMatch(
    /^file_unreadable: cannot read no-such\.csv: ENOENT/,
  );
});
