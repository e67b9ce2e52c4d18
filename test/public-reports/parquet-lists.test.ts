/** petastorm #425, dgl PR #5098: columns of vectors could not be read. */

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sweep } from '../../src/sweep.js';
import { rejectionOf } from '../failure.js';
import { fileProtocol } from '../sweep/files/file-protocol.js';
import { readProtocol } from '../sweep/student-trials.js';

const file = (name: string) => `test/fixtures/parquet/${name}.parquet`;
const protocol = (test: string) =>
  fileProtocol(
    { parquet: { file: file('lists'), testFile: file(test), label: 'y' }, validation: 1, stratified: false },
    { epochs: 2, arms: { direct: { optimizer: { adam: { learningRate: 0.01 } }, batchSize: 2 } } },
  );
const newFolder = () => mkdtemp(join(tmpdir(), 'eigenstudent-lists-'));

it('a sweep learns from a column of vectors, and tests with one of another file', async () => {
  const directory = await newFolder();
  const { trained } = await sweep(protocol('lists-fixed'), { directory });
  expect(trained).toBe(4);
  expect((await readProtocol(directory)).data).toMatchObject({
    found: { samples: 4, inputs: 2, testSamples: 4 },
  });
});

it('vectors of another length in the test file are refused', async () => {
  expect(await rejectionOf(sweep(protocol('lists-longer'), { directory: await newFolder() }))).toMatch(
    /^invalid_data: expected 2 inputs per sample, as the data to train on have, received 3 in the test files$/,
  );
});
