/** Numbers of Parquet that a double holds otherwise than they are written. */
import { expect, it } from 'vitest';
import { readCsv } from '../../src/data/csv.js';
import { readParquet } from '../../src/data/parquet.js';
import { fileOf } from '../data/files.js';
import { rejectionOf } from '../failure.js';

const folder = 'test/fixtures/public-reports/parquet-inexact';

it('decimal numbers are those that CSV reads', async () => {
  const { data } = await readParquet(`${folder}/p-dec5.parquet`, { label: 'label' });
  const csv = await fileOf('decimals.csv', 'd,label\n-1.25,0\n3.50,1\n0.00,1\n-99.99,0\n');
  expect([...data.inputs]).toEqual([-1.25, 3.5, 0, -99.99]);
  expect(data.inputs).toEqual((await readCsv(csv, { label: 'label' })).data.inputs);
});

it('an integer that would become another one is refused as an input, and is a class by its digits', async () => {
  const file = `${folder}/p-i64big.parquet`;
  expect(await rejectionOf(readParquet(file, { label: 'label' }))).toBe(
    `invalid_data: row 0 of ${file}: expected a finite number in column "i64", received 9007199254740993. As a 64-bit ` +
      'floating-point number it would become 9007199254740992. If it is an identifier, leave the column out with exclude',
  );
  const { classNames } = await readParquet(file, { label: 'i64' });
  expect(classNames).toEqual(['-9007199254740993', '0', '1', '9007199254740993']);
});
