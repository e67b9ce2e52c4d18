/** Run directories of many records, in the format of a sweep: checksums agree, nothing was trained. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { problemOf } from '../../../src/experiments/teacher-student/protocol/problem.js';
import type { Protocol } from '../../../src/experiments/teacher-student/protocol/schema.js';
import { encodeSafetensors, safeTensor } from '../../../src/files/safetensors.js';
import { encodeRecord, recordFile, trialFolder } from '../../../src/runs/record.js';
import { openRunDirectory } from '../../../src/runs/run-directory.js';
import { sha256 } from '../../../src/runs/sha256.js';
import { arraysFile } from '../../../src/runs/trial-arrays.js';
import { checkpointFile } from '../../../src/runs/trial-checkpoint.js';
import { syntheticFailure, syntheticOutcome } from '../../report/synthetic-run.js';
import { generator } from '../../report/synthetic-trials.js';
import { smallProtocol } from '../../sweep/small-protocol.js';
import { encodeStudentArrays, sealStudent } from '../../sweep/student-records.js';
import type { ShortTrial as StudentTrial } from '../../sweep/student-trials.js';
import { expand } from '../../sweep/student-trials.js';

/** Of trials; failures are spread by chance. */
const failureRate = 0.01;
/** Seconds from one finished trial to the next, on average. */
const pace = 2;
const firstFinish = Date.UTC(2026, 0, 1);

/** Twenty widths and both arms: `records` trials in all. */
export function manyTrialsProtocol(records: number): Protocol {
  const widths = Array.from({ length: 20 }, (_, i) => 3 * (i + 1));
  if (records % 40 !== 0) throw new RangeError(`expected a multiple of 40 records, received ${records}`);
  return smallProtocol({
    teacher: { inputs: 3, teacherSize: 4, secondWidth: 2 },
    student: { width: widths, secondWidth: 2 },
    trials: records / 40,
  });
}

/**
 * Fills `directory` with every record of manyTrialsProtocol(records), as plain files: no fsync, which would take most
 * of the time. The same seed writes the same bytes.
 * @param begun so many trials, the first ones, have a checkpoint in place of a record
 */
export async function writeManyRecords(
  directory: string,
  records: number,
  seed: number,
  { begun = 0 }: { readonly begun?: number } = {},
): Promise<void> {
  const protocol = manyTrialsProtocol(records);
  await openRunDirectory(directory, protocol);
  const random = generator(seed);
  let finished = firstFinish;
  for (const [i, trial] of expand(protocol).entries()) {
    if (i < begun) {
      await writeCheckpoint(directory, trial, 1 + (i % 17));
      continue;
    }
    const { record, arrays } = random() < failureRate ? syntheticFailure(trial) : syntheticOutcome(trial);
    finished += Math.round(2000 * pace * random());
    const folder = trialFolder(directory, trial.key);
    const bytes = encodeStudentArrays(trial.key, arrays);
    const dated = { ...record, finishedAt: new Date(finished).toISOString() };
    await mkdir(folder);
    await writeFile(join(folder, arraysFile), bytes);
    await writeFile(join(folder, recordFile), encodeRecord(sealStudent(dated, sha256(bytes))));
  }
}

/** As large as one of a student of this width is; its numbers are 0. */
async function writeCheckpoint(directory: string, trial: StudentTrial, steps: number): Promise<void> {
  const folder = trialFolder(directory, trial.key);
  const { student } = trial.protocol;
  const parameters = student.width * (problemOf(trial.protocol).inputs + 1 + student.secondWidth);
  const blocks = ['parameters', 'firstMoment', 'secondMoment'];
  const tensors = new Map(
    blocks.map((name) => [`students.0.${name}`, safeTensor(new Float32Array(parameters))] as const),
  );
  const identity = JSON.stringify({ engine: 'synthetic', students: [trial.protocol] });
  const metadata = { checkpoint: '1', identity, steps: JSON.stringify([steps]), key: trial.key };
  await mkdir(folder);
  await writeFile(join(folder, checkpointFile), encodeSafetensors(tensors, metadata));
}
