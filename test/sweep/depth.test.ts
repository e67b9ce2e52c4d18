import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { effectiveSize } from '../../src/analysis/effective-size.js';
import type { StudentTrial } from '../../src/experiments/teacher-student/protocol/trial.js';
import { readArrays } from '../../src/experiments/teacher-student/record/arrays.js';
import { SharedData } from '../../src/experiments/teacher-student/run/shared-data.js';
import { studentLayers } from '../../src/experiments/teacher-student/run/student.js';
import { usefulOperations } from '../../src/experiments/teacher-student/run/useful-operations.js';
import { pruningCurve } from '../../src/pruning/curve.js';
import { relevance } from '../../src/pruning/relevance.js';
import { type FinishedRecord, readRecords, sweep } from '../../src/sweep.js';
import { smallProtocol } from './small-protocol.js';
import { expand } from './student-trials.js';

/** 3 inputs -> 4 -> 5 -> 6 -> 1 */
const deep = (student: object = {}) =>
  smallProtocol({
    teacher: { inputs: 3, teacherSize: 2, secondWidth: 3, thirdWidth: 4, activation: 'tanh' },
    student: { width: 4, secondWidth: 5, thirdWidth: 6, spectralLayers: 'all', ...student },
    trials: 1,
  });

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'eigenstudent-deep-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it('students have the layers of the protocol, in both arms', () => {
  const [spectral, direct] = expand(deep()) as [StudentTrial, StudentTrial];
  const shape = (trial: StudentTrial) =>
    studentLayers(trial.protocol).map(({ kind, width }) => `${kind} ${width}`);
  const layers = ['spectral 4', 'spectral 5', 'spectral 6', 'dense 1'];
  expect(shape(spectral)).toEqual(layers);
  expect(shape(direct)).toEqual(layers);
  const trained = ({ protocol }: StudentTrial) =>
    studentLayers(protocol).map(({ tensors }) =>
      Object.entries(tensors ?? {}).flatMap(([name, { trainable }]) => (trainable ? [name] : [])),
    );
  expect(trained(spectral)[1]).toEqual(['eigenvectors', 'eigenvaluesOut']);
  expect(trained(direct)[1]).toEqual(['eigenvectors']);
  const [mixed] = expand(deep({ spectralLayers: 'first' })) as [StudentTrial];
  expect(shape(mixed)).toEqual(['spectral 4', 'dense 5', 'dense 6', 'dense 1']);
});

it('records have the effective size of each spectral hidden layer', async () => {
  await sweep(deep(), { directory });
  const records = (await readRecords(directory)) as FinishedRecord[];
  expect(records).toHaveLength(2);
  for (const record of records) {
    const { network, furtherLayers, ...first } = await readArrays(directory, record);
    const { test } = await new SharedData().of(record.protocol);
    const layers = [first, ...(furtherLayers ?? [])];
    expect(layers).toHaveLength(3);
    for (const [layer, { relevance: kept, pruningLosses }] of layers.entries()) {
      expect(kept).toEqual(relevance(network, layer, record.scalars.criterion));
      const { losses } = await pruningCurve(network, test, { layer, relevance: kept });
      losses.forEach((loss, nodes) => {
        expect(pruningLosses[nodes]).toBeCloseTo(loss, 5); // one is of float32 students, one of a float64 network
      });
    }
    expect(record.scalars.effectiveSizes).toEqual(layers.map((each) => effectiveSize(each.relevance)));
    expect(record.scalars.effectiveSizes?.[0]).toBe(record.scalars.effectiveSize);
  }
});

it('records of students with one spectral layer have no effective sizes of further layers', async () => {
  await sweep(deep({ spectralLayers: 'first' }), { directory });
  for (const record of (await readRecords(directory)) as FinishedRecord[]) {
    expect(record).not.toHaveProperty('effectiveSizes');
    expect(await readArrays(directory, record)).not.toHaveProperty('furtherLayers');
  }
});

it('the cost contains the matrix products of every layer', () => {
  const [{ protocol }] = expand(deep()) as [StudentTrial];
  // 3 -> 4 forward and gradient of weights; 4 -> 5 and 5 -> 6 also gradient of inputs
  const multiplyAdds = 2 * 3 * 4 + 3 * 4 * 5 + 3 * 5 * 6;
  expect(usefulOperations(protocol)).toBe(2 * multiplyAdds * 6 * 40);
});
