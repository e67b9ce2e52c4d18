import fc from 'fast-check';
import { expect, it } from 'vitest';
import { tableFrom } from '../../src/data/csv.js';
import { rejectionOf } from '../failure.js';
import { inPieces, labelColumn, table, writeCsv, writing } from './random-tables.js';

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
const seed = 1; // arbitrary

it('a table comes back from every encoding, line end and quoting, whatever the sizes of the pieces', async () => {
  await fc.assert(
    fc.asyncProperty(table, writing, sizes, async (wanted, how, pieces) => {
      const bytes = writeCsv(wanted, how);
      const { data, inputNames, classNames } = await tableFrom('t.csv', inPieces(bytes, pieces), {
        label: labelColumn,
        delimiter: how.delimiter,
      });
      expect(inputNames).toEqual(wanted.columns);
      expect([...data.inputs]).toEqual(wanted.rows.flatMap(({ numbers }) => numbers.map(Number)));
      const labels = [...(data.classes ?? [])].map((index) => classNames?.[index]);
      expect(labels).toEqual(wanted.rows.map(({ label }) => label));
      expect(new Set(classNames).size).toBe(classNames?.length);
    }),
    { seed, numRuns: 150 },
  );
});

it('names the line in which the row of an invalid number begins', async () => {
  await fc.assert(
    fc.asyncProperty(table, writing, sizes, fc.nat(), async (wanted, how, pieces, at) => {
      const row = at % wanted.rows.length;
      const rows = wanted.rows.map((each, i) =>
        i === row ? { ...each, numbers: ['wrong', ...each.numbers.slice(1)] } : each,
      );
      const bytes = writeCsv({ ...wanted, rows }, { ...how, encoding: 'utf-8', delimiter: ';' });
      const before = bytes.toString().split(/"?wrong/)[0] as string;
      const line = before.split(/\r\n|\n|\r/).length;
      const choice = { label: labelColumn, delimiter: ';' };
      expect(await rejectionOf(tableFrom('t.csv', inPieces(bytes, pieces), choice))).toContain(
        `invalid_data: line ${line} of t.csv: expected a finite number in column`,
      );
    }),
    { seed, numRuns: 100 },
  );
});
