/**
 * The index of a pandas frame becomes a column: pandas #51664, milvus #33197, polars #7291. As an input it gives away the order of
 * the rows, and with it the labels of sorted data. What the file's own description names as index in Parquet is read in
 * test/data/parquet.test.ts.
 */

import { expect, it } from 'vitest';
import { readCsv } from '../../src/data/csv.js';
import { sweep } from '../../src/sweep.js';
import { fileOf, temporaryPath } from '../data/files.js';
import { rejectionOf } from '../failure.js';
import { fileProtocol } from '../sweep/files/file-protocol.js';

/** As frame.to_csv() writes it. */
const rows = (name: string) =>
  [
    `${name},a,b,label`,
    ...Array.from({ length: 60 }, (_, i) => `${i},${i % 7},${i % 5},${i < 30 ? 'x' : 'y'}`),
  ].join('\n');
const end =
  ': that is how row numbers are written, such as the index of pandas. Leave it out with exclude: ["NAME"], or name the columns to ' +
  'learn from in inputs';

it.each([
  ['', 'column 1 without a name', 'Unnamed: 0'],
  ['""', 'column 1 without a name', 'Unnamed: 0'],
  ['Unnamed: 0', 'column 1, "Unnamed: 0"', 'Unnamed: 0'],
  ['Unnamed: 0.1', 'column 1, "Unnamed: 0.1"', 'Unnamed: 0.1'],
  ['__index_level_0__', 'column 1, "__index_level_0__"', '__index_level_0__'],
])(
  'a first column called %j is refused as an input, and can be left out',
  async (name, received, excluded) => {
    const file = await fileOf('t.csv', rows(name));
    expect(await rejectionOf(readCsv(file, { label: 'label' }))).toBe(
      `invalid_data: expected inputs with names in ${file}, received ${received}${end.replace('NAME', excluded)}`,
    );
    const { inputNames } = await readCsv(file, { label: 'label', exclude: [excluded] });
    expect(inputNames).toEqual(['a', 'b']);
    expect((await readCsv(file, { label: 'label', inputs: ['b'] })).inputNames).toEqual(['b']);
    expect((await readCsv(file, { label: 'label', inputs: [excluded, 'a'] })).inputNames).toEqual([
      excluded,
      'a',
    ]);
  },
);

it('a sweep refuses it before anything is trained, and takes exclude', async () => {
  const csv = { file: await fileOf('t.csv', rows('')), label: 'label' };
  const small = { epochs: 1, trials: 1, student: { width: 3, secondWidth: 2 } };
  const run = async (data: object) =>
    sweep(fileProtocol({ csv: data }, small), { directory: await temporaryPath('run') });
  expect(await rejectionOf(run(csv))).toContain('invalid_data: expected inputs with names in ');
  expect((await run({ ...csv, exclude: ['Unnamed: 0'] })).trained).toBe(2);
});
