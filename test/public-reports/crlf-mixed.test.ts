/** Half of a file has been through git's autocrlf: its line ends are mixed. */
import { expect, it } from 'vitest';
import { readCsv } from '../../src/data/csv.js';
import { fileOf } from '../data/files.js';

it.each([
  ['\\r\\n, then \\n', 'a,b,label\r\n1,2,x\n3,4,y\r\n'],
  ['\\n, then \\r\\n', 'a,b,label\n1,2,x\r\n3,4,y'],
  ['\\r alone', 'a,b,label\r1,2,x\r3,4,y\r'],
  ['all three, and blank lines', 'a,b,label\r1,2,x\n\n\r\n \r3,4,y\r\r\n'],
])('a CSV file whose lines end with %s is read as by csv.reader of Python', async (_, text) => {
  const { data, classNames } = await readCsv(await fileOf('t.csv', text), { label: 'label' });
  expect([...data.inputs]).toEqual([1, 2, 3, 4]);
  expect([classNames, [...(data.classes ?? [])]]).toEqual([
    ['x', 'y'],
    [0, 1],
  ]);
});

it('line ends within quotes are part of the text', async () => {
  const file = await fileOf('t.csv', 'a,label\r\n1,"x\ny"\n2,"x\r\ny"\r\n');
  expect((await readCsv(file, { label: 'label' })).classNames).toEqual(['x\ny', 'x\r\ny']);
});
