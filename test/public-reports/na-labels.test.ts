/** R and pandas write NA and NaN for a missing value: virion #46, healthcareai-r PR #87. They became classes. */
import { expect, it } from 'vitest';
import { readCsv } from '../../src/data/csv.js';
import { fileOf } from '../data/files.js';
import { rejectionOf } from '../failure.js';

/** The values that pandas.read_csv takes for missing by default. */
const words = [
  '',
  '#N/A',
  '#N/A N/A',
  '#NA',
  '-1.#IND',
  '-1.#QNAN',
  '-NaN',
  '-nan',
  '1.#IND',
  '1.#QNAN',
  '<NA>',
  'N/A',
].concat(['NA', 'NULL', 'NaN', 'None', 'n/a', 'nan', 'null', ' ', '"NA"']);

it.each(words)('the label %j is a missing value, with its line and column', async (word) => {
  const file = await fileOf('t.csv', `a,b,label\n1,2,x\n3,4,${word}\n5,6,y\n`);
  const name = word.replaceAll('"', '').trim();
  const advice = name && `; if "${name}" is the name of a class, list all classes in classNames`;
  expect(await rejectionOf(readCsv(file, { label: 'label' }))).toBe(
    `invalid_data: line 3 of ${file}: expected a class in column "label", received ${name ? `"${name}"` : 'nothing'}, a missing ` +
      `value. Fill it in, or leave the row out${advice}`,
  );
});

it.each(words)('the number %j is a missing value, with its line and column', async (word) => {
  const file = await fileOf('t.csv', `a,b,label\n1,2,x\n3,${word},y\n`);
  const message = await rejectionOf(readCsv(file, { label: 'label' }));
  expect(message).toContain(
    `invalid_data: line 3 of ${file}: expected a finite number in column "b", received `,
  );
  expect(message).toContain(', a missing value. Fill it in, or leave the row or the column out');
});

it.each(['-', '?', 'none', 'na', 'Nan', 'missing', 'nil'])(
  'the label %j is a class, as for pandas',
  async (word) => {
    const file = await fileOf('t.csv', `a,label\n1,x\n3,${word}\n`);
    expect((await readCsv(file, { label: 'label' })).classNames).toContain(word);
  },
);

it('a class called NA, such as Namibia, is read where it is listed', async () => {
  const file = await fileOf('t.csv', 'a,country\n1,ZA\n2,NA\n3,"NA"\n');
  const { data } = await readCsv(file, { label: 'country', classNames: ['NA', 'ZA'] });
  expect([...(data.classes ?? [])]).toEqual([1, 0, 0]);
});
