/** Run directories of many records, in the format of a sweep: checksums agree, nothing was trained. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeRecord, recordFile, sealRecord, trialFolder } from '../../../src/sweep/directory/record.js';
import { openRunDirectory } from '../../../src/sweep/directory/run-directory.js';
import { sha256 } from '../../../src/sweep/directory/sha256.js';
import { arraysFile, encodeArrays } from '../../../src/sweep/directory/trial-arrays.js';
import type { Protocol } from '../../../src/sweep/protocol/protocol-schema.js';
import { expand } from '../../../src/sweep/protocol/trials.js';
import { syntheticFailure, syntheticOutcome } from '../../report/synthetic-run.js';
import { generator } from '../../report/synthetic-trials.js';
import { smallProtocol } from '../small-protocol.js';

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
 */
export async function writeManyRecords(directory: string, records: number, seed: number): Promise<void> {
  const protocol = manyTrialsProtocol(records);
  await openRunDirectory(directory, protocol);
  const random = generator(seed);
  let finished = firstFinish;
  for (const trial of expand(protocol)) {
    const { record, arrays } = random() < failureRate ? syntheticFailure(trial) : syntheticOutcome(trial);
    finished += Math.round(2000 * pace * random());
    const folder = trialFolder(directory, trial.key);
    const bytes = encodeArrays(trial.key, arrays);
    const dated = { ...record, finishedAt: new Date(finished).toISOString() };
    await mkdir(folder);
    await writeFile(join(folder, arraysFile), bytes);
    await writeFile(join(folder, recordFile), encodeRecord(sealRecord(dated, sha256(bytes))));
  }
}
