/** Students that tell two classes apart by one sigmoid output, and learn 0 and 1 as numbers. */

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DatasetFiles } from '../../../src/experiments/teacher-student/files/dataset-files.js';
import { readArrays } from '../../../src/experiments/teacher-student/record/arrays.js';
import { SharedData } from '../../../src/experiments/teacher-student/run/shared-data.js';
import { prune } from '../../../src/pruning/prune.js';
import { isFinished } from '../../../src/runs/record.js';
import { type FinishedRecord, readRecords, sweep } from '../../../src/sweep.js';
import { call } from '../../cli/captured-terminal.js';
import { fileOf } from '../../data/files.js';
import { failureOf } from '../../failure.js';
import { readProtocol } from '../student-trials.js';
import { fileProtocol } from './file-protocol.js';

/** Two numbers that are apart by their sum, and the target: 0 or `one`. */
const table = (one: number) =>
  fileOf(
    'two.csv',
    [
      'a,b,y',
      ...Array.from({ length: 120 }, (_, i) =>
        [i % 11, (i * i) % 7, (i % 11) + ((i * i) % 7) > 7 ? one : 0].join(','),
      ),
      '',
    ].join('\n'),
  );
const student = { width: [8, 12], secondWidth: 6, outputActivation: 'sigmoid' };

async function swept(
  one: number,
  changes: object,
): Promise<{ directory: string; records: FinishedRecord[] }> {
  const directory = await mkdtemp(join(tmpdir(), 'eigenstudent-one-sigmoid-'));
  const data = { csv: { file: await table(one), target: 'y' }, validation: 30, test: 30 };
  await sweep(fileProtocol(data, { epochs: 40, ...changes }), { directory });
  return { directory, records: (await readRecords(directory)).filter(isFinished) };
}

describe('one sigmoid output', () => {
  it('has accuracies in its records that equal those of its outputs', async () => {
    const { directory, records } = await swept(1, { student });
    expect(records).toHaveLength(8);
    const data = new SharedData(new DatasetFiles(await readProtocol(directory)));
    for (const record of records) {
      const { validation, test } = await data.of(record.protocol);
      const { network } = await readArrays(directory, record);
      expect(network.spec).toMatchObject({
        loss: 'mse',
        layers: [{}, {}, { width: 1, activation: 'sigmoid' }],
      });
      const share = async (one: typeof network, of: typeof test) => {
        const answers = Array.from(await one.predict(of));
        return (
          answers.filter((answer, i) => answer > 0.5 === (of.targets?.[i] === 1)).length / answers.length
        );
      };
      const pruned = prune(network, {
        layer: 0,
        criterion: record.scalars.criterion,
        keep: Math.max(1, record.scalars.effectiveSize),
      });
      expect(record.scalars).toMatchObject({
        validationAccuracy: await share(network, validation),
        testAccuracy: await share(network, test),
        prunedAccuracy: await share(pruned, test),
      });
    }
    // The classes can be told apart.
    expect(Math.max(...records.map(({ scalars: { testAccuracy = 0 } }) => testAccuracy))).toBeGreaterThan(
      0.8,
    );
    const { stdout } = await call('collect', directory);
    expect(stdout).toContain('test accuracy');
  });

  it('has no accuracy on targets other than 0 and 1, and neither has a linear output', async () => {
    for (const { records } of [
      await swept(0.9, { student }),
      await swept(1, { student: { width: 8, secondWidth: 6 } }),
    ]) {
      expect(records.length).toBeGreaterThan(0);
      for (const record of records) expect(record.scalars.testAccuracy).toBeUndefined();
    }
  });

  it('is refused for classes, and with the teacher of the paper', async () => {
    const csv = { file: await table(1), label: 'y' };
    expect(failureOf(() => fileProtocol({ csv }, { student }))).toMatch(
      /^invalid_protocol: .*student\.outputActivation: expected none, received "sigmoid": classes are learned by a softmax over one output per class\. To tell two classes apart by one sigmoid output, write them as targets of 0 and 1$/,
    );
    const paper = { teacher: { inputs: 3, teacherSize: 2, secondWidth: 2 }, student };
    expect(failureOf(() => fileProtocol({ train: 40, validation: 16, test: 24 }, paper))).toMatch(
      /student\.outputActivation: expected none, received "sigmoid": students of the paper's teacher end in its frozen sum$/,
    );
  });
});
