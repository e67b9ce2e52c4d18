/** scikit-learn #17794, #19527, #19726: a column of equal numbers got a scale made of rounding. */

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { gaussianInputs } from '../../src/data/gaussian.js';
import { fitNormalization } from '../../src/data/normalization.js';
import { Dataset } from '../../src/network/dataset.js';
import { isFinished } from '../../src/runs/record.js';
import { readRecords, sweep } from '../../src/sweep.js';
import { fileOf } from '../data/files.js';
import { fileProtocol } from '../sweep/files/file-protocol.js';

/** An NPY file of float64. */
function npyBytes(shape: readonly number[], values: Float64Array): Buffer {
  const header = `{'descr': '<f8', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`.padEnd(117);
  const start = Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), Buffer.alloc(2)]);
  start.writeUInt16LE(header.length + 1, 8);
  return Buffer.concat([start, Buffer.from(`${header}\n`), new Uint8Array(values.buffer)]);
}

/** Two normal inputs, a third that is `constant`, in every hundredth sample `stray`, and what is learned from the first two. */
async function filesOf(samples: number, constant: number, stray: number) {
  const normal = gaussianInputs({ samples, features: 2, seed: samples, purpose: 'train' });
  const inputs = new Float64Array(3 * samples);
  const targets = new Float64Array(samples);
  for (let i = 0; i < samples; ++i) {
    const [a, b] = [normal[2 * i] as number, normal[2 * i + 1] as number];
    inputs.set([a, b, i % 100 === 0 ? stray : constant], 3 * i);
    targets[i] = a - 2 * b;
  }
  return {
    inputs: await fileOf('x.npy', npyBytes([samples, 3], inputs)),
    targets: await fileOf('y.npy', npyBytes([samples], targets)),
  };
}

async function lossesWith(constant: number): Promise<readonly number[]> {
  const train = await filesOf(111_111, constant, constant);
  const test = await filesOf(5000, constant, constant - 1.5);
  const data = {
    npy: { ...train, testInputs: test.inputs, testTargets: test.targets },
    validation: 11_111,
  };
  const arms = { direct: { optimizer: { adam: { learningRate: 0.01 } }, batchSize: 300 } };
  const directory = await mkdtemp(join(tmpdir(), 'eigenstudent-constant-'));
  const changes = { student: { width: 8, secondWidth: 4 }, arms, epochs: 1, trials: 1 };
  await sweep(fileProtocol(data, changes), { directory });
  const [record] = (await readRecords(directory)).filter(isFinished);
  return [record?.scalars.trainLoss as number, record?.scalars.testLoss as number];
}

it('a column of 37.5 trains and tests to the bits of a column of 0', async () => {
  const [moved, asItIs] = [await lossesWith(0), await lossesWith(37.5)];
  expect(asItIs).toEqual(moved);
  expect(asItIs[1]).toBeLessThan(10);
}, 60_000);

it.each([
  [48_000, 37],
  [100_000, 37.5],
])('the scale of a column of %d equal numbers, %d, is 1', (samples, value) => {
  const data = Dataset.create({ inputs: new Float64Array(samples).fill(value), inputCount: 1 });
  expect([...fitNormalization(data, 'standard').scale]).toEqual([1]);
});
