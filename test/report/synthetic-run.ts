import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { problemOf, teacherSizeOf } from '../../src/experiments/teacher-student/protocol/problem.js';
import type { Protocol } from '../../src/experiments/teacher-student/protocol/schema.js';
import type { LossHistory, PartialArrays } from '../../src/experiments/teacher-student/record/arrays.js';
import { studentLayers } from '../../src/experiments/teacher-student/run/student.js';
import { parameterCount } from '../../src/network/layout.js';
import { Network } from '../../src/network/network.js';
import { networkSpec } from '../../src/network/spec.js';
import { openRunDirectory } from '../../src/runs/run-directory.js';
import { preset } from '../../src/sweep.js';
import {
  type FailedStudentToSeal,
  type FinishedStudentToSeal,
  type StudentToSeal,
  writeStudent,
} from '../sweep/student-records.js';
import type {
  ShortProtocol as StudentProtocol,
  ShortTrial as StudentTrial,
} from '../sweep/student-trials.js';
import { expand } from '../sweep/student-trials.js';
import { syntheticTrial } from './synthetic-trials.js';

export interface SyntheticRun {
  readonly protocol?: Protocol;
  /** Which trials to write; all unless given. */
  readonly has?: (trial: StudentProtocol) => boolean;
  /** Which of them diverged. */
  readonly fails?: (trial: StudentProtocol) => boolean;
}

/** A run directory of made-up trials, written by the sweep's own writer. Nothing in it was trained. */
export async function syntheticRun(options: SyntheticRun = {}): Promise<string> {
  const { protocol = preset('quick'), has = () => true, fails = () => false } = options;
  const directory = await mkdtemp(join(tmpdir(), 'eigenstudent-synthetic-run-'));
  await openRunDirectory(directory, protocol);
  for (const trial of expand(protocol)) {
    if (!has(trial.protocol)) continue;
    const { record, arrays } = fails(trial.protocol) ? syntheticFailure(trial) : syntheticOutcome(trial);
    await writeStudent(directory, record, arrays);
  }
  return directory;
}

/** What a trial leaves behind. */
export interface SyntheticOutcome {
  readonly record: StudentToSeal;
  readonly arrays: PartialArrays;
}

export function syntheticOutcome({ key, protocol }: StudentTrial): SyntheticOutcome {
  const { parametrization, student, trial } = protocol;
  const made = syntheticTrial(parametrization, teacherSizeOf(protocol), student.width, trial);
  const relevance = Float64Array.from(made.relevance);
  const pruningLosses = Float64Array.from(made.pruningLosses);
  const record: FinishedStudentToSeal = {
    ...header(key, protocol),
    scalars: {
      ...known(protocol),
      criterion: made.criterion,
      trainLoss: made.trainLoss,
      validationLoss: made.testLoss,
      testLoss: made.testLoss,
      initialTestLoss: 20,
      labelVariance: 3.41,
      effectiveSize: made.effectiveSize,
      maximumRelevance: Math.max(...relevance),
      prunedLoss: pruningLosses[made.effectiveSize] as number,
    },
  };
  return { record, arrays: { network: network(protocol), relevance, pruningLosses, lossHistory } };
}

/** Of a trial that diverged. */
export function syntheticFailure({ key, protocol }: StudentTrial): SyntheticOutcome {
  const message = 'its loss was not finite at step 412, learning rate 0.005; lower the learning rate';
  const error = { code: 'diverged', message, step: 412, layer: -1, learningRate: 0.005 };
  const record: FailedStudentToSeal = { ...header(key, protocol), scalars: known(protocol), error };
  return { record, arrays: { network: network(protocol), lossHistory } };
}

function header(key: string, protocol: StudentProtocol): Omit<FailedStudentToSeal, 'scalars' | 'error'> {
  const { student, trial, seed, dtype } = protocol;
  return {
    schema: 2,
    key,
    experiment: 'teacher-student',
    trial,
    seed,
    protocol,
    seconds: student.width / 10,
    steps: 54_000,
    engine: 'synthetic',
    dtype,
    versions: { eigenstudent: '0.0.0-synthetic', node: '20.0.0' },
    finishedAt: '2000-01-01T00:00:00.000Z',
  };
}

/** What is known of a trial before it trains, and its epochs. */
function known(protocol: StudentProtocol) {
  const { parametrization, student, evaluation, epochs, arm } = protocol;
  return {
    parametrization,
    teacherSize: teacherSizeOf(protocol),
    width: student.width,
    threshold: evaluation.threshold,
    criterion: parametrization === 'spectral' ? ('L' as const) : ('M' as const),
    batchSize: arm.batchSize,
    epochs,
  };
}

function network(protocol: StudentProtocol): Network {
  const spec = networkSpec({
    inputs: problemOf(protocol).inputs,
    layers: studentLayers(protocol),
    loss: 'mse',
  });
  return Network.from(spec, new Float32Array(parameterCount(spec)));
}

const lossHistory: LossHistory = {
  epoch: Float64Array.of(1000, 2000),
  trainLoss: Float64Array.of(0.02, 0.01),
  validationLoss: Float64Array.of(0.02, 0.01),
  effectiveSize: Float64Array.of(30, 22),
};
