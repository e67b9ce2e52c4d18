/** Excel writes CSV in Windows-1252: classroom50 #742, csv-viewer-online #4. Two classes became one. */
import { expect, it } from 'vitest';
import { readCsv } from '../../src/data/csv.js';
import { fileOf } from '../data/files.js';
import { rejectionOf } from '../failure.js';

const labels = Buffer.from('a,b,label\n1,2,m\xfcller\n3,4,m\xf6ller\n5,6,meier\n7,8,m\xfcller\n', 'latin1');
const names = Buffer.from('l\xe4nge,l\xf6nge,label\n1,2,x\n3,4,y\n', 'latin1');

it.each(['t.csv', 't.csv.gz'])(
  'a CSV file in ISO-8859-1 is refused with line and column: %s',
  async (name) => {
    const file = await fileOf(name, labels);
    expect(await rejectionOf(readCsv(file, { label: 'label' }))).toBe(
      `file_unsupported: ${file} is not UTF-8: line 2, column 6 has the byte 0xfc after "1,2,m". It may be in ISO-8859-1 or ` +
        'Windows-1252, as Excel writes CSV: save it as UTF-8 ("CSV UTF-8" in Excel; iconv -f WINDOWS-1252 -t UTF-8)',
    );
  },
);

it('names of columns in ISO-8859-1 are refused with line and column', async () => {
  const file = await fileOf('t.csv', names);
  expect(await rejectionOf(readCsv(file, { label: 'label' }))).toContain(
    `${file} is not UTF-8: line 1, column 2 has the byte 0xe4 after "l"`,
  );
});

it('the same text in UTF-8 is read with its three classes', async () => {
  const file = await fileOf('t.csv', labels.toString('latin1'));
  const { classNames, data } = await readCsv(file, { label: 'label' });
  expect(classNames).toEqual(['meier', 'möller', 'müller']);
  expect([...(data.classes ?? [])]).toEqual([2, 1, 0, 2]);
});
