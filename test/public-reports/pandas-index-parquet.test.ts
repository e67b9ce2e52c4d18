/** pandas #51664, polars #7291: the index of a shuffled frame was taken for data. Inputs are noise, labels were sorted. */

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readParquet } from '../../src/data/parquet.js';
import { isFinished } from '../../src/runs/record.js';
import { readRecords, sweep } from '../../src/sweep.js';
import { fileProtocol } from '../sweep/files/file-protocol.js';
import { readProtocol } from '../sweep/student-trials.js';

const folder = 'test/fixtures/public-reports/pandas-index';

it.each(['shuffled', 'plain'])('the frame has four inputs: %s', async (name) => {
  const { inputNames } = await readParquet(`${folder}/${name}.parquet`, { label: 'label' });
  expect(inputNames).toEqual(['a', 'b', 'c', 'd']);
});

it('a student of noise is right in about half of the cases, with an index in the file', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'eigenstudent-index-'));
  const parquet = { file: `${folder}/shuffled.parquet`, label: 'label' };
  const arms = { direct: { optimizer: { adam: { learningRate: 0.01 } }, batchSize: 50 } };
  const changes = { student: { width: 20, secondWidth: 10 }, arms, epochs: 60 };
  await sweep(fileProtocol({ parquet, validation: 0.2, test: 0.25 }, changes), { directory });
  expect((await readProtocol(directory)).data).toMatchObject({ found: { inputs: 4, classes: 2 } });
  const records = (await readRecords(directory)).filter(isFinished);
  expect(records).toHaveLength(2);
  for (const { scalars } of records) expect(scalars.testAccuracy).toBeLessThan(0.7);
});
