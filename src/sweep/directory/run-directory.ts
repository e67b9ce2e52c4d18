/** A run directory: protocol.yaml, trials/<key>/, summary.json. See DESIGN.md for the whole of it. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from '../../arguments.js';
import { EigenstudentError } from '../../errors.js';
import { writeAtomically } from '../../network/atomic-write.js';
import { formatPath, formatProtocol, parseProtocol } from '../protocol/protocol.js';
import type { Protocol } from '../protocol/protocol-schema.js';
import type { Trial } from '../protocol/trials.js';
import { makeFolder } from './make-folder.js';
import { isMissing, readBytes } from './read-bytes.js';
import {
  encodeRecord,
  readRecord,
  recordFile,
  type TrialRecord,
  trialFolder,
  type UnsealedRecord,
} from './record.js';
import { arraysFile, checkArrays, encodeArrays, type PartialArrays, sha256 } from './trial-arrays.js';

export const protocolFile = 'protocol.yaml';

/** A trial whose files are there but cannot be trusted, and why. */
export interface DamagedTrial {
  readonly key: string;
  readonly reason: string;
}

/**
 * Makes `directory` the run directory of `protocol`, or checks that it already is.
 * @throws run_directory_conflict naming the first field that differs; file_unwritable; invalid_protocol when the
 *   protocol.yaml there was edited into something else
 */
export async function openRunDirectory(directory: string, protocol: Protocol): Promise<void> {
  await makeFolder(join(directory, 'trials'));
  const present = await readProtocolIfThere(directory);
  if (present === undefined) {
    await writeAtomically(join(directory, protocolFile), formatProtocol(protocol));
    return;
  }
  const difference = firstDifference(comparable(present), comparable(protocol));
  if (difference === undefined) return;
  const { path, first, second } = difference;
  throw new EigenstudentError(
    'run_directory_conflict',
    `${directory} already holds another protocol: ${formatPath(path)} is ${show(first)} there and ${show(second)} ` +
      `here. Choose another directory, or run the protocol it holds (${join(directory, protocolFile)})`,
  );
}

async function readProtocolIfThere(directory: string): Promise<Protocol | undefined> {
  const path = join(directory, protocolFile);
  let bytes: Buffer;
  try {
    bytes = await readBytes(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  return parseProtocol(bytes.toString('utf8'), path);
}

/** @throws file_unreadable when there is no run in the directory */
export async function readProtocol(directory: string): Promise<Protocol> {
  const protocol = await readProtocolIfThere(directory);
  if (protocol) return protocol;
  throw new EigenstudentError(
    'file_unreadable',
    `${directory} is not a run directory: it has no ${protocolFile}. \`eigenstudent reproduce --out DIR\` makes one`,
  );
}

/** `width: 20` and `width: [20]` are the same grid. */
function comparable({ teacher, student, ...rest }: Protocol): object {
  return {
    ...rest,
    teacher: { ...teacher, teacherSize: [teacher.teacherSize].flat() },
    student: { ...student, width: [student.width].flat() },
  };
}

interface Difference {
  readonly path: (string | number)[];
  readonly first: unknown;
  readonly second: unknown;
}

function firstDifference(
  first: unknown,
  second: unknown,
  path: (string | number)[] = [],
): Difference | undefined {
  if (isObject(first) && isObject(second)) {
    for (const key of new Set([...Object.keys(first), ...Object.keys(second)])) {
      const difference = firstDifference(first[key], second[key], [...path, key]);
      if (difference) return difference;
    }
    return undefined;
  }
  return JSON.stringify(first) === JSON.stringify(second) ? undefined : { path, first, second };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  if (value === undefined) return 'absent';
  if (Array.isArray(value)) return JSON.stringify(value);
  return isObject(value) ? 'present' : describe(value);
}

/**
 * Which of the trials are done, and which have files that are to be made again: a record without its arrays or the
 * reverse, a checksum that is wrong.
 */
export async function survey(
  directory: string,
  trials: readonly Trial[],
): Promise<{ records: Map<string, TrialRecord>; damaged: DamagedTrial[] }> {
  const present = new Set(await listKeys(directory));
  const records = new Map<string, TrialRecord>();
  const damaged: DamagedTrial[] = [];
  for (const { key } of trials) {
    if (!present.has(key)) continue;
    try {
      const record = await readRecord(directory, key);
      await checkArrays(directory, record);
      records.set(key, record);
    } catch (error) {
      if (!(error instanceof EigenstudentError)) throw error;
      if ((await readdir(trialFolder(directory, key))).length > 0)
        damaged.push({ key, reason: error.message });
    }
  }
  return { records, damaged };
}

/**
 * Names of the folders under trials/, sorted.
 * @throws file_unreadable when it is not a run directory
 */
export async function listKeys(directory: string): Promise<string[]> {
  try {
    return (await readdir(join(directory, 'trials'))).sort();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EigenstudentError('file_unreadable', `${directory} is not a run directory: ${reason}`, {
      cause,
    });
  }
}

/**
 * Every record in a run directory, by key; trials in the making and damaged ones are left out.
 * @throws file_unreadable when it is not a run directory
 */
export async function readRecords(directory: string): Promise<TrialRecord[]> {
  const records: TrialRecord[] = [];
  for (const key of await listKeys(directory)) {
    try {
      records.push(await readRecord(directory, key));
    } catch (error) {
      if (!(error instanceof EigenstudentError)) throw error;
    }
  }
  return records;
}

/**
 * Writes a trial: first its arrays, then the record that vouches for them, so that what a crash leaves is never taken
 * for a finished trial.
 * @throws file_unwritable; nothing that was there before is touched
 */
export async function writeTrial(
  directory: string,
  record: UnsealedRecord,
  arrays: PartialArrays,
): Promise<TrialRecord> {
  const folder = trialFolder(directory, record.key);
  const bytes = encodeArrays(record.key, arrays);
  const complete = { ...record, arraysSha256: sha256(bytes) } as TrialRecord;
  try {
    // Whatever lies here failed the survey: pieces of a trial, temporary files of a process that was killed.
    await rm(folder, { recursive: true, force: true });
    await makeFolder(folder);
    await writeAtomically(join(folder, arraysFile), bytes);
    await writeAtomically(join(folder, recordFile), encodeRecord(complete));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EigenstudentError(
      'file_unwritable',
      `${reason}. Records of finished trials are intact; make room, then run the same again to go on`,
      { cause },
    );
  }
  return complete;
}
