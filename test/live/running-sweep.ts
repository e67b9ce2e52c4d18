/** A run directory as it looks in the middle of a sweep: files in a sweep's format, of which no number was trained. */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { teacherSizeOf } from '../../src/experiments/teacher-student/protocol/problem.js';
import type { Protocol } from '../../src/experiments/teacher-student/protocol/schema.js';
import { historyTensors, type LossHistory } from '../../src/experiments/teacher-student/record/arrays.js';
import { encodeSafetensors } from '../../src/files/safetensors.js';
import { encodeRecord, recordFile, trialFolder } from '../../src/runs/record.js';
import { openRunDirectory } from '../../src/runs/run-directory.js';
import { sha256 } from '../../src/runs/sha256.js';
import { arraysFile } from '../../src/runs/trial-arrays.js';
import { checkpointFile } from '../../src/runs/trial-checkpoint.js';
import { TrialLocks } from '../../src/runs/trial-locks.js';
import { syntheticFailure, syntheticOutcome } from '../report/synthetic-run.js';
import { generator } from '../report/synthetic-trials.js';
import { encodeStudentArrays, type StudentToSeal, sealStudent } from '../sweep/student-records.js';
import type { ShortTrial as StudentTrial } from '../sweep/student-trials.js';
import { expand } from '../sweep/student-trials.js';

export class RunningSweep {
  #locks: TrialLocks | undefined;

  private constructor(
    readonly directory: string,
    readonly protocol: Protocol,
    readonly trials: readonly StudentTrial[],
  ) {}

  /** Nothing of it is there yet. */
  static async of(protocol: Protocol): Promise<RunningSweep> {
    const parent = await mkdtemp(join(tmpdir(), 'eigenstudent-running-sweep-'));
    return new RunningSweep(join(parent, 'run'), protocol, expand(protocol));
  }

  async begin(): Promise<void> {
    await openRunDirectory(this.directory, this.protocol);
  }

  /** This process takes a trial, as one of a sweep does. */
  async claim(i: number): Promise<void> {
    this.#locks ??= await TrialLocks.enter(this.directory);
    await this.#locks.claim(this.at(i).key);
  }

  /** Keeps a trial's history up to a share of its epochs. */
  async reach(i: number, share: number): Promise<void> {
    await this.write(i, historyOf(this.at(i), share));
  }

  /** Keeps a history of an unfinished trial. */
  async write(i: number, history: LossHistory): Promise<void> {
    const trial = this.at(i);
    const tensors = new Map(historyTensors(history));
    await this.#write(trial, checkpointFile, encodeSafetensors(tensors, { key: trial.key }));
  }

  async finish(i: number): Promise<void> {
    const trial = this.at(i);
    const { record, arrays } = syntheticOutcome(trial);
    const bytes = encodeStudentArrays(trial.key, { ...arrays, lossHistory: historyOf(trial, 1) });
    await this.#end(trial, record, bytes);
  }

  async fail(i: number): Promise<void> {
    const trial = this.at(i);
    const { record, arrays } = syntheticFailure(trial);
    const bytes = encodeStudentArrays(trial.key, { ...arrays, lossHistory: historyOf(trial, 0.5) });
    await this.#end(trial, record, bytes);
  }

  /** The process leaves its trials. */
  async leave(): Promise<void> {
    await this.#locks?.leave();
    this.#locks = undefined;
  }

  async remove(): Promise<void> {
    await this.leave();
    await rm(join(this.directory, '..'), { recursive: true, force: true });
  }

  at(i: number): StudentTrial {
    return this.trials[i] as StudentTrial;
  }

  async #end(trial: StudentTrial, record: StudentToSeal, bytes: Buffer): Promise<void> {
    await this.#write(trial, arraysFile, bytes);
    await this.#write(trial, recordFile, encodeRecord(sealStudent(record, sha256(bytes))));
    await rm(join(trialFolder(this.directory, trial.key), checkpointFile), { force: true });
    await this.#locks?.release(trial.key);
  }

  async #write(trial: StudentTrial, name: string, data: string | Buffer): Promise<void> {
    const folder = trialFolder(this.directory, trial.key);
    await mkdir(folder, { recursive: true });
    await rm(join(folder, name), { force: true }); // so that the folder's time changes, as by a renamed file
    await writeFile(join(folder, name), data);
  }
}

/** Forty evaluations from the first epoch to the last: losses fall, effective sizes settle. */
function historyOf({ protocol }: StudentTrial, share: number): LossHistory {
  const { parametrization, student, trial, epochs } = protocol;
  const random = generator(student.width * 100 + trial);
  const length = Math.round(40 * share);
  const of = (value: (passed: number) => number) =>
    Float64Array.from({ length }, (_, i) => value((i + 1) / 40));
  const end =
    parametrization === 'spectral' ? Math.min(student.width, 1.2 * teacherSizeOf(protocol)) : student.width;
  return {
    epoch: of((passed) => Math.round(passed * epochs)),
    trainLoss: of((passed) => (0.01 + Math.exp(-8 * passed)) * (0.8 + 0.4 * random())),
    validationLoss: of((passed) => (0.012 + Math.exp(-8 * passed)) * (0.8 + 0.4 * random())),
    effectiveSize: of((passed) => Math.round(end + (student.width - end) * Math.exp(-6 * passed))),
  };
}
